/** The error of text that is not JSON: Postman's, which comes from liquid-json and shows the place in the text. */

import { expose } from '../core/expose.js';
import { ownBundle } from '../core/own-bundle.js';

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

const liquidJson = ownBundle<{ parse(text: string): unknown }>('liquid-json');

/** liquid-json recurses, and its message quotes the line: beyond this the parser's own message serves. */
const maxLength = 10_000;

export function jsonError(error: unknown, text: string): unknown {
  if (!(error instanceof SyntaxError)) return error;
  if (text.length <= maxLength) {
    try {
      liquidJson().parse(text);
    } catch (told) {
      if (told instanceof SyntaxError) return new JSONError(told.message);
    }
  }
  return new JSONError(error.message);
}
