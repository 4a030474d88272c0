/** chai's deep equality for what JSON can hold. Everything else is left to chai itself. */

import { chai } from './chai.js';

const maxDepth = 100;

/** Undefined: not for this function to decide. */
function compare(a: unknown, b: unknown, depth: number): boolean | undefined {
  if (a === b) return a !== 0 || 1 / a === 1 / (b as number);
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    if (typeof a === 'function' || typeof b === 'function') return undefined;
    return a !== a && b !== b;
  }
  if (depth > maxDepth) return undefined;
  const prototype: unknown = Object.getPrototypeOf(a);
  if (prototype !== Object.getPrototypeOf(b)) return undefined;
  if (prototype === Array.prototype) {
    const left = a as unknown[];
    const right = b as unknown[];
    if (left.length !== right.length) return false;
    for (let i = 0; i < left.length; ++i) {
      const same = compare(left[i], right[i], depth + 1);
      if (same !== true) return same;
    }
    return true;
  }
  if (prototype !== Object.prototype) return undefined;
  const keys = Reflect.ownKeys(a);
  const others = Reflect.ownKeys(b);
  for (const key of keys) if (typeof key !== 'string') return undefined;
  for (const key of others) if (typeof key !== 'string') return undefined;
  if (keys.length !== others.length)
    return keys.length === Object.keys(a).length && others.length === Object.keys(b).length
      ? false
      : undefined;
  for (const key of keys as string[]) {
    if (!Object.hasOwn(b, key)) return false;
    const same = compare((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key], depth + 1);
    if (same !== true) return same;
  }
  return true;
}

export function deepEqual(a: unknown, b: unknown): boolean {
  const decided = compare(a, b, 0);
  return decided === undefined ? chai().util.eql(a, b) : decided;
}
