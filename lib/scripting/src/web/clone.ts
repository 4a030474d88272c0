/** `structuredClone`, for what it can copy. */

import { expose } from '../core/expose.js';

function refuse(value: unknown): never {
  const error = new Error(
    `${typeof value === 'function' ? `function ${value.name}` : String(value)} could not be cloned.`,
  );
  error.name = 'DataCloneError';
  throw error;
}

function copy(value: unknown, seen: Map<object, unknown>): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return refuse(value);
  if (typeof value !== 'object' || value === null) return value;
  const known = seen.get(value);
  if (known !== undefined) return known;
  const keep = <T>(made: T): T => {
    seen.set(value, made);
    return made;
  };
  if (Array.isArray(value)) {
    const list: unknown[] = keep(new Array(value.length) as unknown[]);
    for (const key of Object.keys(value)) list[Number(key)] = copy(value[Number(key)], seen);
    return list;
  }
  if (value instanceof Date) return keep(new Date(value.getTime()));
  if (value instanceof RegExp) return keep(new RegExp(value.source, value.flags));
  if (value instanceof Map) {
    const map = keep(new Map<unknown, unknown>());
    for (const [key, item] of value) map.set(copy(key, seen), copy(item, seen));
    return map;
  }
  if (value instanceof Set) {
    const set = keep(new Set<unknown>());
    for (const item of value) set.add(copy(item, seen));
    return set;
  }
  if (value instanceof ArrayBuffer) return keep(value.slice(0));
  if (ArrayBuffer.isView(value)) {
    const view = value as Uint8Array;
    const buffer = copy(view.buffer, seen) as ArrayBuffer;
    const Type = view.constructor as new (buffer: ArrayBuffer, offset: number, length: number) => unknown;
    return keep(new Type(buffer, view.byteOffset, value instanceof DataView ? view.byteLength : view.length));
  }
  if (value instanceof Error) {
    const error = keep(new Error(value.message));
    error.name = value.name;
    return error;
  }
  if (value instanceof Promise || value instanceof WeakMap || value instanceof WeakSet) return refuse(value);
  const object: Record<string, unknown> = keep({});
  for (const key of Object.keys(value)) {
    const item = copy((value as Record<string, unknown>)[key], seen);
    Object.defineProperty(object, key, { value: item, writable: true, enumerable: true, configurable: true });
  }
  return object;
}

export const structuredClone = expose(function structuredClone(value: unknown): unknown {
  return copy(value, new Map());
});
