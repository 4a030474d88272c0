/**
 * Freezes everything that executions share: the built-ins and this library.
 *
 * A frozen property of a prototype cannot be shadowed by assignment (`error.name = 'X'` would do nothing, or throw in strict code).
 * The properties that scripts and libraries do shadow become accessors that define the property on the receiver.
 */

import { untouchable } from './expose.js';

const { defineProperty, freeze, getOwnPropertyDescriptor, getPrototypeOf } = Object;
const ownKeys = Reflect.ownKeys;
const hasOwn = Object.hasOwn;

function makeOverridable(holder: object, key: PropertyKey): void {
  const descriptor = getOwnPropertyDescriptor(holder, key);
  if (!descriptor?.configurable || !('value' in descriptor)) return;
  const value: unknown = descriptor.value;
  defineProperty(holder, key, {
    get() {
      return value;
    },
    set(this: object, next: unknown) {
      if (this === holder) throw new TypeError(`Cannot assign to read only property '${String(key)}'`);
      if (hasOwn(this, key)) {
        (this as Record<PropertyKey, unknown>)[key] = next;
      } else {
        defineProperty(this, key, { value: next, writable: true, enumerable: true, configurable: true });
      }
    },
    enumerable: descriptor.enumerable ?? false,
    configurable: false,
  });
}

const typedArrayPrototype: unknown = getPrototypeOf(Uint8Array.prototype);

const isErrorPrototype = (holder: object): boolean =>
  holder === Error.prototype || Error.prototype.isPrototypeOf(holder);

function overridableKeys(holder: object): PropertyKey[] {
  if (holder === Object.prototype || isErrorPrototype(holder)) {
    return ownKeys(holder).filter((key) => key !== '__proto__');
  }
  const keys: PropertyKey[] = [];
  if (typeof holder !== 'function' && holder !== typedArrayPrototype && hasOwn(holder, 'constructor'))
    keys.push('constructor');
  if (holder === Array.prototype || holder === Function.prototype) keys.push('toString');
  if (holder === Array.prototype) keys.push('concat', 'indexOf', 'push', 'pop', 'slice', 'filter', 'map');
  if (holder === typedArrayPrototype) keys.push(...ownKeys(holder).filter((key) => typeof key === 'string'));
  if (holder === Date.prototype) keys.push('toString', 'valueOf', 'toJSON');
  return keys;
}

/** The prototypes that no global names. */
function hiddenIntrinsics(): object[] {
  const found: (object | null)[] = [
    getPrototypeOf(Uint8Array),
    getPrototypeOf(getPrototypeOf([][Symbol.iterator]())),
    getPrototypeOf([][Symbol.iterator]()),
    getPrototypeOf(''[Symbol.iterator]()),
    getPrototypeOf(new Map()[Symbol.iterator]()),
    getPrototypeOf(new Set()[Symbol.iterator]()),
    getPrototypeOf('x'.matchAll(/x/g)),
    getPrototypeOf(function* () {}),
    getPrototypeOf(async function () {}),
    getPrototypeOf(async function* () {}),
  ];
  return found.filter((value): value is object => value !== null);
}

/** Freezes what the roots lead to, save `except`. Only these objects' own accessors and values are walked; values behind a getter are not asked for. */
export function harden(roots: object[], except?: object): void {
  const seen = new Set<object>();
  const pending: object[] = [...roots, ...hiddenIntrinsics()];
  const visit = (value: unknown): void => {
    if ((typeof value === 'object' && value !== null) || typeof value === 'function') {
      if (!seen.has(value) && !untouchable.has(value)) {
        seen.add(value);
        pending.push(value);
      }
    }
  };
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    seen.add(next);
    for (const key of ownKeys(next)) {
      const descriptor = getOwnPropertyDescriptor(next, key);
      if (!descriptor) continue;
      visit(descriptor.value);
      visit(descriptor.get);
      visit(descriptor.set);
    }
    visit(getPrototypeOf(next));
  }
  // Accessors first: once something is frozen its properties stay what they are.
  for (const holder of seen) for (const key of overridableKeys(holder)) makeOverridable(holder, key);
  for (const holder of seen) {
    if (holder !== except && !ArrayBuffer.isView(holder)) freeze(holder);
  }
}
