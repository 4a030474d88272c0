/** The error of `pm.response.json()` on a body that is not JSON: Postman's, which shows the place in the text. */

import { expose } from '../core/expose.js';

export class JSONError extends Error {
  constructor(message: string) {
    super(message);
    Object.defineProperty(this, 'name', {
      value: 'JSONError',
      writable: true,
      configurable: true,
      enumerable: false,
    });
  }
}
expose(JSONError);

function positionOf(message: string, text: string): number | undefined {
  const named = /at position (\d+)/.exec(message);
  if (named) return Number(named[1]);
  if (/end of JSON input/.test(message)) return text.length;
  const token = /^Unexpected token '(.+?)', (?:\.\.\.)?"([\s\S]*?)"(?:\.\.\.)? is not valid JSON$/.exec(
    message,
  );
  if (!token) return undefined;
  const [, char = '', excerpt = ''] = token;
  const start = text.indexOf(excerpt);
  const within =
    excerpt.length <= 10
      ? excerpt.indexOf(char)
      : message.includes('..."') || start === 0
        ? excerpt.indexOf(char)
        : 10;
  return start < 0 ? undefined : start + Math.max(0, within);
}

export function jsonError(error: unknown, text: string, _strict?: boolean): unknown {
  if (!(error instanceof SyntaxError)) return error;
  const at = positionOf(error.message, text);
  if (at === undefined) return new JSONError(error.message);
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf('\n') + 1;
  const lineNumber = before.split('\n').length;
  const lineEnd = text.indexOf('\n', at);
  const line = text.slice(lineStart, lineEnd < 0 ? text.length : lineEnd);
  const column = at - lineStart + 1;
  const what = at >= text.length ? 'Unexpected end of input' : `Unexpected token '${text[at]}'`;
  return new JSONError(`${what} at ${lineNumber}:${column}\n${line}\n${' '.repeat(column - 1)}^`);
}
