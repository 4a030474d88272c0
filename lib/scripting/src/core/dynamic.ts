/** Dynamic variables that need word lists: from the faker bundle, loaded on first use. */

import { native } from './native.js';
import { ownBundle } from './own-bundle.js';
import { state } from './state.js';

interface Faker {
  generators: Record<string, () => unknown>;
  seed(value: number): void;
}

const faker = ownBundle<Faker>('faker');

export function dynamicValue(name: string): string | undefined {
  const { generators, seed } = faker();
  const key = name.slice(1);
  if (!Object.hasOwn(generators, key)) return undefined;
  // A realm that goes back to an earlier state would draw the same values each time.
  if (native.isRewound() && !state.seeded) {
    state.seeded = true;
    seed(Math.floor(native.random() * 0x7fff_ffff));
  }
  return String(generators[key]!());
}
