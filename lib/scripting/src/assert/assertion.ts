/**
 * `pm.expect(…)`: chai's assertions. The common ones are decided here when they hold; one that fails, and every rarer one, is put
 * to the real chai with the same flags, so outcomes and messages are chai's own.
 */

import { expose, exposeProxy } from '../core/expose.js';
import { chai, type ChaiAssertion } from './chai.js';
import { deepEqual } from './deep-equal.js';

/** chai's flags, a bit each. */
export const enum Flag {
  negate = 1,
  deep = 2,
  nested = 4,
  own = 8,
  ordered = 16,
  any = 32,
  all = 64,
  contains = 128,
  doLength = 256,
  itself = 512,
}

const flagNames: [Flag, string][] = [
  [1, 'negate'],
  [2, 'deep'],
  [4, 'nested'],
  [8, 'own'],
  [16, 'ordered'],
  [32, 'any'],
  [64, 'all'],
  [128, 'contains'],
  [256, 'doLength'],
  [512, 'itself'],
];

export class Assertion {
  constructor(object: unknown, message: unknown, flags: number) {
    this._obj = object;
    this._message = message;
    this._flags = flags;
  }

  _obj: unknown;
  _message: unknown;
  _flags: number;
  /** chai's own assertion that this one continues: it may carry flags that only chai knows (`increase(…).by(…)`). */
  declare _chai: ChaiAssertion | undefined;
}
Object.defineProperty(Assertion.prototype, '_chai', { value: undefined, writable: true, configurable: true });

export function toChai(assertion: Assertion): ChaiAssertion {
  const { Assertion: ChaiClass, util } = chai();
  const made = new ChaiClass(assertion._obj, assertion._message as string);
  if (assertion._chai !== undefined) util.transferFlags(assertion._chai, made, true);
  for (const [bit, name] of flagNames) if (assertion._flags & bit) util.flag(made, name, true);
  return made;
}

export function fromChai(result: unknown, from: Assertion): Assertion {
  const { Assertion: ChaiClass, util } = chai();
  if (!(result instanceof ChaiClass)) return from;
  let flags = 0;
  for (const [bit, name] of flagNames) if (util.flag(result, name)) flags |= bit;
  const next = new Assertion(util.flag(result, 'object'), util.flag(result, 'message'), flags);
  Object.defineProperty(next, '_chai', { value: result, writable: true, configurable: true });
  return next;
}

/** Lets chai decide, and throw. */
export function ask(assertion: Assertion, name: string, args: ArrayLike<unknown>): Assertion {
  const subject = toChai(assertion);
  const method = subject[name] as (...values: unknown[]) => unknown;
  return fromChai(Reflect.apply(method, subject, args), assertion);
}

function askProperty(assertion: Assertion, name: string): Assertion {
  return fromChai(toChai(assertion)[name], assertion);
}

/** A method: `quick` returns whether it holds, or undefined when chai must say. */
type Quick = (this: Assertion, value: unknown, extra: unknown) => boolean | undefined;

/** Flags under which no quick path applies. */
const special = ~Flag.negate;

function defineMethod(names: string[], quick: Quick | undefined, arity = 1): void {
  const [canonical = ''] = names;
  const method = quick
    ? function (this: Assertion, ...args: unknown[]): Assertion {
        const plain = args.length <= arity && (this._flags & special) === 0;
        const holds = plain ? quick.call(this, args[0], args[1]) : undefined;
        if (holds !== undefined && holds === ((this._flags & Flag.negate) === 0)) return this;
        return ask(this, canonical, args);
      }
    : function (this: Assertion, ...args: unknown[]): Assertion {
        return ask(this, canonical, args);
      };
  for (const name of names) {
    Object.defineProperty(Assertion.prototype, name, { value: method, writable: true, configurable: true });
  }
}

function defineProperty(name: string, quick: ((value: unknown) => boolean | undefined) | undefined): void {
  Object.defineProperty(Assertion.prototype, name, {
    get(this: Assertion): Assertion {
      if (quick !== undefined && (this._flags & special) === 0) {
        const holds = quick(this._obj);
        if (holds !== undefined && holds === ((this._flags & Flag.negate) === 0)) return this;
      }
      return askProperty(this, name);
    },
    configurable: true,
  });
}

const words = [
  'to',
  'be',
  'been',
  'is',
  'and',
  'has',
  'have',
  'with',
  'that',
  'which',
  'at',
  'of',
  'same',
  'but',
  'does',
  'still',
  'also',
];
for (const word of words) {
  Object.defineProperty(Assertion.prototype, word, {
    get(this: Assertion): Assertion {
      return this;
    },
    configurable: true,
  });
}

const setters: [name: string, set: number, clear: number][] = [
  ['not', Flag.negate, 0],
  ['deep', Flag.deep, 0],
  ['nested', Flag.nested, 0],
  ['own', Flag.own, 0],
  ['ordered', Flag.ordered, 0],
  ['any', Flag.any, Flag.all],
  ['all', Flag.all, Flag.any],
  ['itself', Flag.itself, 0],
];
for (const [name, set, clear] of setters) {
  Object.defineProperty(Assertion.prototype, name, {
    get(this: Assertion): Assertion {
      return new Assertion(this._obj, this._message, (this._flags & ~clear) | set);
    },
    configurable: true,
  });
}

defineProperty('ok', (value) => Boolean(value));
defineProperty('true', (value) => value === true);
defineProperty('false', (value) => value === false);
defineProperty('null', (value) => value === null);
defineProperty('undefined', (value) => value === undefined);
defineProperty('NaN', (value) => value !== value);
defineProperty('exist', (value) => value !== null && value !== undefined);
defineProperty('exists', (value) => value !== null && value !== undefined);
defineProperty('empty', (value) => {
  if (typeof value === 'string') return value.length === 0;
  if (typeof value !== 'object' || value === null) return undefined;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Array.prototype) return (value as unknown[]).length === 0;
  if (prototype === Object.prototype) return Object.keys(value).length === 0;
  return undefined;
});
defineProperty('finite', (value) => (typeof value === 'number' ? Number.isFinite(value) : undefined));
for (const name of ['arguments', 'Arguments', 'extensible', 'sealed', 'frozen'])
  defineProperty(name, undefined);

function strictlyEqual(this: Assertion, value: unknown): boolean {
  return this._obj === value;
}
defineMethod(['equal'], strictlyEqual);
defineMethod(['equals'], strictlyEqual);
defineMethod(['eq'], strictlyEqual);
for (const name of ['eql', 'eqls']) {
  defineMethod([name], function (value) {
    return deepEqual(this._obj, value);
  });
}

const bothNumbers = (a: unknown, b: unknown): boolean => typeof a === 'number' && typeof b === 'number';
const comparisons: [names: string[], holds: (a: number, b: number) => boolean][] = [
  [['above', 'gt', 'greaterThan'], (a, b) => a > b],
  [['least', 'gte', 'greaterThanOrEqual'], (a, b) => a >= b],
  [['below', 'lt', 'lessThan'], (a, b) => a < b],
  [['most', 'lte', 'lessThanOrEqual'], (a, b) => a <= b],
];
for (const [names, holds] of comparisons) {
  defineMethod(names, function (value) {
    return bothNumbers(this._obj, value) ? holds(this._obj as number, value as number) : undefined;
  });
}
defineMethod(
  ['within'],
  function (low, high) {
    const value = this._obj;
    return bothNumbers(value, low) && typeof high === 'number'
      ? (value as number) >= (low as number) && (value as number) <= high
      : undefined;
  },
  2,
);

for (const name of ['match', 'matches']) {
  defineMethod([name], function (pattern) {
    return pattern instanceof RegExp && !pattern.global && !pattern.sticky && typeof this._obj === 'string'
      ? pattern.test(this._obj)
      : undefined;
  });
}
defineMethod(['string'], function (text) {
  return typeof this._obj === 'string' && typeof text === 'string' ? this._obj.includes(text) : undefined;
});
defineMethod(['oneOf'], function (list) {
  return Array.isArray(list) ? list.includes(this._obj) : undefined;
});
for (const name of ['instanceof', 'instanceOf']) defineMethod([name], undefined);

Object.defineProperty(Assertion.prototype, 'property', {
  value: function (this: Assertion, name: unknown, value?: unknown, _message?: unknown): Assertion {
    const object = this._obj;
    if (typeof name === 'string' && this._flags === 0 && object !== null && object !== undefined) {
      const holder = Object(object) as Record<string, unknown>;
      if (name in holder) {
        const found = holder[name];
        if (arguments.length === 1 || (arguments.length === 2 && found === value))
          return new Assertion(found, this._message, 0);
      }
    } else if (
      typeof name === 'string' &&
      this._flags === Flag.negate &&
      arguments.length === 1 &&
      typeof object === 'object' &&
      object !== null &&
      !(name in object)
    ) {
      return new Assertion(undefined, this._message, this._flags);
    }
    // eslint-disable-next-line prefer-rest-params -- chai tells a missing value from an undefined one by their number
    return ask(this, 'property', arguments);
  },
  writable: true,
  configurable: true,
});

const plainMethods = [
  ['ownProperty', 'haveOwnProperty'],
  ['ownPropertyDescriptor', 'haveOwnPropertyDescriptor'],
  ['keys', 'key'],
  ['throw', 'throws', 'Throw'],
  ['respondTo', 'respondsTo'],
  ['satisfy', 'satisfies'],
  ['closeTo', 'approximately'],
  ['members'],
  ['change', 'changes'],
  ['increase', 'increases'],
  ['decrease', 'decreases'],
  ['by'],
];
for (const names of plainMethods) for (const name of names) defineMethod([name], undefined);

defineMethod(['assert'], undefined);

/** The four that are both a word of the chain and a method: `include.keys(…)`, `a('string')`, `length.above(2)`. */
let pending: Assertion;

function defineChainable(names: string[], quick: Quick, chaining: number): void {
  for (const name of names) {
    const callable = function (this: unknown, ...args: unknown[]): Assertion {
      const self = this instanceof Assertion ? this : pending;
      if (args.length === 1 && (self._flags & special) === 0) {
        const holds = quick.call(self, args[0], undefined);
        if (holds !== undefined && holds === ((self._flags & Flag.negate) === 0)) return self;
      }
      return ask(self, name, args);
    };
    delete (callable as { length?: unknown }).length;
    delete (callable as { name?: unknown }).name;
    const chain = Object.create(unknownChained(name)) as object;
    chains.push({ chain, chaining });
    Object.setPrototypeOf(callable, chain);
    Object.defineProperty(Assertion.prototype, name, {
      get(this: Assertion) {
        pending = this;
        return callable;
      },
      configurable: true,
    });
    expose(callable);
  }
}

/** Behind a chainable word's members: what chai says of one that does not exist. */
function unknownChained(word: string): object {
  return exposeProxy(
    new Proxy(Function.prototype as object, {
      get(target, key, receiver: unknown) {
        if (typeof key !== 'string' || key in target) return Reflect.get(target, key, receiver);
        return (toChai(pending)[word] as Record<string, unknown>)[key];
      },
      setPrototypeOf: () => false,
      defineProperty: () => false,
      deleteProperty: () => false,
    }),
  );
}

const chains: { chain: object; chaining: number }[] = [];

/** Makes every member of Assertion available behind the chainable words. Called once all members exist. */
export function finishChains(): void {
  const members = Reflect.ownKeys(Assertion.prototype).filter((key) => key !== 'constructor');
  for (const { chain, chaining } of chains) {
    for (const key of members) {
      Object.defineProperty(chain, key, {
        get(): unknown {
          const next = new Assertion(
            pending._obj,
            pending._message,
            pending._flags | chaining,
          ) as unknown as Record<PropertyKey, unknown>;
          const member = next[key];
          return typeof member === 'function' && !isChainable(key) ? (member.bind(next) as unknown) : member;
        },
        configurable: true,
      });
    }
  }
}

const chainableNames = new Set<PropertyKey>([
  'a',
  'an',
  'include',
  'includes',
  'contain',
  'contains',
  'length',
  'lengthOf',
]);
const isChainable = (key: PropertyKey): boolean => chainableNames.has(key);

function typeMatches(this: Assertion, type: unknown): boolean | undefined {
  if (typeof type !== 'string') return undefined;
  const value = this._obj;
  const wanted = type.toLowerCase();
  if (value === null) return wanted === 'null';
  if (typeof value !== 'object') return typeof value === wanted;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Array.prototype) return wanted === 'array';
  if (prototype === Object.prototype && !(Symbol.toStringTag in value)) return wanted === 'object';
  return undefined;
}
defineChainable(['a', 'an'], typeMatches, 0);

function includes(this: Assertion, value: unknown): boolean | undefined {
  const object = this._obj;
  if (typeof object === 'string') return typeof value === 'string' ? object.includes(value) : undefined;
  return Array.isArray(object) ? object.includes(value) : undefined;
}
defineChainable(['include', 'includes', 'contain', 'contains'], includes, Flag.contains);

function hasLength(this: Assertion, length: unknown): boolean | undefined {
  return typeof this._obj === 'string' || Array.isArray(this._obj) ? this._obj.length === length : undefined;
}
defineChainable(['length', 'lengthOf'], hasLength, Flag.doLength);

/** What chai's own proxy answers to a member that does not exist; only reached when nothing else has the name. */
const unknownMember = exposeProxy(
  new Proxy(Object.prototype as object, {
    get(target, key, receiver: unknown) {
      if (typeof key !== 'string' || key in target || ['then', 'catch', 'inspect', 'toJSON'].includes(key)) {
        return Reflect.get(target, key, receiver);
      }
      return receiver instanceof Assertion ? toChai(receiver)[key] : undefined;
    },
    setPrototypeOf: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
  }),
);
Object.setPrototypeOf(Assertion.prototype, unknownMember);
expose(Assertion);

export const expect = expose(
  Object.assign(
    function expect(value: unknown, message?: unknown): Assertion {
      return new Assertion(value, message, 0);
    },
    {
      fail(...args: unknown[]): never {
        return chai().expect.fail(...args);
      },
    },
  ),
);
