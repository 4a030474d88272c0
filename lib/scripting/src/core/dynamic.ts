/** Dynamic variables that need word lists: from the faker bundle, loaded on first use. */

import { native } from './native.js';

type Generators = Record<string, () => unknown>;

let generators: Generators | undefined;

export function dynamicValue(name: string): string | undefined {
  generators ??= native.loadBundle('faker') as Generators;
  const key = name.slice(1);
  return Object.hasOwn(generators, key) ? String(generators[key]!()) : undefined;
}
