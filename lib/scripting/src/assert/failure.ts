/**
 * How chai fails, in a third of the time: a server under load that answers with errors fails a test per response. Message and error are
 * chai's own, which test/scripting compares; what is rare is left to chai.
 */

import type { ChaiAssertion, ChaiModule } from './chai.js';

type Assert = (this: ChaiAssertion, ...args: unknown[]) => void;

const placeholder = /#\{(this|act|exp)\}/g;
const plainText = /^[ !#-&(-[\]-~]*$/;
/** Longer texts may be shortened. */
const shortLength = 30;

/** As chai shows a value, or undefined where chai must. */
function shown(value: unknown): string | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) && value !== 0 ? String(value) : undefined;
    case 'boolean':
      return String(value);
    case 'string':
      return value.length <= shortLength && plainText.test(value) ? `'${value}'` : undefined;
    default:
      return undefined;
  }
}

/** What chai compares deeply, in its words. */
const nameable = ['Array', 'Object', 'function'];
const isObject = (value: unknown): boolean =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

/** What fails: the subject, and those of chai's flags that a message depends on. */
export interface Failing {
  negate: boolean;
  object: unknown;
  message: unknown;
  operator?: unknown;
}

function operatorOf(template: string, expected: unknown): string | undefined {
  if (template === '' || template.includes(' have ')) return undefined;
  if (template.includes(' not ')) return isObject(expected) ? 'notDeepStrictEqual' : 'notStrictEqual';
  return isObject(expected) ? 'deepStrictEqual' : 'strictEqual';
}

/** The error of an assertion that was put as `args` to chai's `assert`: whether it holds, two templates, and the expected and the actual value. */
export function failureOf(
  { AssertionError, util }: ChaiModule,
  { negate, object, message, operator }: Failing,
  args: readonly unknown[],
): Error {
  const template = String(args[negate ? 2 : 1] ?? '');
  const expected = args[3];
  const actual = args.length > 4 ? args[4] : object;
  const values: Record<string, unknown> = { this: object, act: actual, exp: expected };
  const text = template.replace(
    placeholder,
    (_, name: string) => shown(values[name]) ?? util.objDisplay(values[name]),
  );
  const prefixed = message ? `${message as string}: ${text}` : text;
  const found = operator || operatorOf(template, expected);
  return {
    __proto__: AssertionError.prototype as object,
    message: prefixed || 'Unspecified AssertionError',
    showDiff: args[5] !== false && (expected !== undefined || args[4] !== undefined),
    actual,
    expected,
    ...(found ? { operator: found } : undefined),
    stack: new Error().stack,
  } as unknown as Error;
}

/** Replaces the `assert` that all of chai's assertions end in. */
export function failFast(module: ChaiModule): void {
  const prototype = module.Assertion.prototype as ChaiAssertion;
  const usual = prototype.assert as Assert;
  const { flag, type } = module.util;
  const assert: Assert = function (...args) {
    const negate = Boolean(flag(this, 'negate'));
    if (Boolean(args[0]) !== negate) return;
    // A message that is made on demand, and what calls itself something else than it is, such as the arguments of a function.
    if (
      typeof args[negate ? 2 : 1] !== 'string' ||
      (isObject(args[3]) && !nameable.includes(type(args[3])))
    ) {
      Reflect.apply(usual, this, args);
      return;
    }
    throw failureOf(
      module,
      {
        negate,
        object: flag(this, 'object'),
        message: flag(this, 'message'),
        operator: flag(this, 'operator'),
      },
      args,
    );
  };
  prototype.assert = assert;
}
