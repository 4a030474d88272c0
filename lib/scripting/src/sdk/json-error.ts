/** The error of text that is not JSON: Postman's, which comes from liquid-json and shows the place in the text. */

import { expose } from '../core/expose.js';
import { native } from '../core/native.js';

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

/** liquid-json recurses, and its message quotes the line: beyond this the parser's own message serves. */
const maxLength = 10_000;

export function jsonError(error: unknown, text: string): unknown {
  if (!(error instanceof SyntaxError)) return error;
  if (text.length <= maxLength) {
    try {
      (native.loadBundle('liquid-json') as { parse(text: string): unknown }).parse(text);
    } catch (told) {
      if ((told as Error).name === 'JSONError') return new JSONError((told as Error).message);
    }
  }
  return new JSONError(error.message);
}
