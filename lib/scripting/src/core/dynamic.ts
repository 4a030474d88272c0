/** Dynamic variables that need word lists: from the faker bundle, loaded on first use. Called in a realm where no script runs. */

import { native } from './native.js';
import { ownBundle } from './own-bundle.js';

interface Faker {
  generators: Record<string, () => unknown>;
  seed(value: number): void;
}

/** Its own seed is the time, which realms that are made together share. */
const faker = ownBundle<Faker>('faker', ({ seed }) => {
  seed(Math.floor(native.random() * 0x7fff_ffff));
});

export function dynamicValue(name: string): string | undefined {
  const { generators } = faker();
  const key = name.slice(1);
  return Object.hasOwn(generators, key) ? String(generators[key]!()) : undefined;
}
