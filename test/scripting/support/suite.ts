import { after, before, describe, it } from 'node:test';
import { Comparison, type Situation } from './compare.js';
import { show } from './situations.js';

/** A script, which may call `show`. */
export type ComparedScript = [name: string, code: string, situation?: Situation | undefined];

/** A suite of scripts that must do here what they do in Postman's sandbox. */
export function describeCompared(title: string, scripts: readonly ComparedScript[]): void {
  describe(title, () => {
    let comparison: Comparison;
    before(async () => {
      comparison = await Comparison.open();
    });
    after(() => comparison.close());

    for (const [name, code, situation] of scripts) it(name, () => comparison.same(show + code, situation));
  });
}
