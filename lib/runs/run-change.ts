import type { LoadModel } from '../engine/types.js';
import { describeValue, invalidInput, type Problem } from '../model/errors.js';
import { maxConcurrency, maxRate } from '../model/run-config.js';

/** A change to a run under way; `rate` is another name for `targetRps`. */
export interface RunChange {
  targetRps?: number;
  rate?: number;
  concurrency?: number;
}

/** The change as the engine takes it. Throws `bad_request` where the run's model has no such thing. */
export function checkChange(model: LoadModel, change: RunChange): { rate: number } | { concurrency: number } {
  const rate = change.targetRps ?? change.rate;
  const { concurrency } = change;
  const problems: Problem[] = [];
  if (model.kind === 'rate') {
    if (concurrency !== undefined)
      problems.push({
        field: 'concurrency',
        expected: '"targetRps", because the run has a rate',
        actual: '"concurrency"',
      });
    if (rate === undefined)
      problems.push({ field: 'targetRps', expected: 'requests per second', actual: 'nothing' });
    else if (!Number.isFinite(rate) || rate < 0 || rate > maxRate) {
      problems.push({
        field: 'targetRps',
        expected: `a number from 0 to ${maxRate}`,
        actual: describeValue(rate),
      });
    }
    if (problems.length === 0 && rate !== undefined) return { rate };
  } else {
    if (rate !== undefined)
      problems.push({
        field: 'targetRps',
        expected: '"concurrency", because the run has one',
        actual: '"targetRps"',
      });
    if (concurrency === undefined)
      problems.push({ field: 'concurrency', expected: 'a number of requests in flight', actual: 'nothing' });
    else if (!Number.isInteger(concurrency) || concurrency < 0 || concurrency > maxConcurrency) {
      problems.push({
        field: 'concurrency',
        expected: `a whole number from 0 to ${maxConcurrency}`,
        actual: describeValue(concurrency),
      });
    }
    if (problems.length === 0 && concurrency !== undefined) return { concurrency };
  }
  throw invalidInput(problems);
}
