import { InvalidArgumentError } from 'commander';

/** Parsers of option values. Each throws what commander turns into one line that names the option and the value. */

export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^[+-]?\d+$/.test(text.trim()) ? Number(text) : NaN;
    if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`Expected a whole number ${range}.`);
  };
}

/** A number above zero, or of zero and more. */
export function positiveNumber(options: { zero?: boolean } = {}): (text: string) => number {
  return (text) => {
    const value = text.trim() === '' ? NaN : Number(text);
    if (Number.isFinite(value) && (value > 0 || (value === 0 && options.zero === true))) return value;
    throw new InvalidArgumentError(
      `Expected a number ${options.zero === true ? 'of 0 or more' : 'above 0'}.`,
    );
  };
}

/** Collects the values of an option that may be given several times. */
export function repeated(text: string, earlier: string[] | undefined): string[] {
  return [...(earlier ?? []), text];
}

/** `name=value`, split at the first `=`. */
export function assignment(text: string): [name: string, value: string] {
  const at = text.indexOf('=');
  if (at <= 0) throw new InvalidArgumentError('Expected name=value.');
  return [text.slice(0, at), text.slice(at + 1)];
}

export function repeatedAssignment(
  text: string,
  earlier: [string, string][] | undefined,
): [string, string][] {
  return [...(earlier ?? []), assignment(text)];
}

/** `Name: value` as curl and hey take it. A name that ends in `;` has an empty value. */
export function headerLine(text: string): [name: string, value: string] {
  const at = text.indexOf(':');
  if (at > 0) {
    const name = text.slice(0, at).trim();
    if (/^[!#$%&'*+\-.^_`|~0-9A-Za-z{}]+$/.test(name)) return [name, text.slice(at + 1).trim()];
  }
  if (/^[\w-]+;$/.test(text)) return [text.slice(0, -1), ''];
  throw new InvalidArgumentError('Expected "Name: value".');
}

export function repeatedHeader(text: string, earlier: [string, string][] | undefined): [string, string][] {
  return [...(earlier ?? []), headerLine(text)];
}
