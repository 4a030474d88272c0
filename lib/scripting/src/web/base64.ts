/** `atob` and `btoa`. */

import { expose } from '../core/expose.js';
import { native } from '../core/native.js';

function invalidCharacter(message: string): Error {
  return Object.defineProperty(new Error(message), 'name', {
    value: 'InvalidCharacterError',
    configurable: true,
    writable: true,
  });
}

function requireArgument(count: number): void {
  if (count === 0) throw new TypeError('The "data" argument must be specified');
}

export const btoa = expose(function btoa(data: unknown): string {
  requireArgument(arguments.length);
  const text = String(data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; ++i) {
    const code = text.charCodeAt(i);
    if (code > 255) throw invalidCharacter('Invalid character');
    bytes[i] = code;
  }
  return native.base64Encode(bytes);
});

export const atob = expose(function atob(data: unknown): string {
  requireArgument(arguments.length);
  const digits = String(data).replaceAll(/[\t\n\f\r ]/g, '');
  const content = digits.length % 4 === 0 ? digits.replace(/={1,2}$/, '') : digits;
  if (content.length % 4 === 1 || /[^A-Za-z0-9+/]/.test(content)) {
    throw invalidCharacter('The string to be decoded is not correctly encoded.');
  }
  const bytes = new Uint8Array(native.base64Decode(content));
  let text = '';
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return text;
});
