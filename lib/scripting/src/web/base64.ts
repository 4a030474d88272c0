/** `atob` and `btoa`. */

import { expose } from '../core/expose.js';
import { native } from '../core/native.js';

export const btoa = expose(function btoa(data: unknown): string {
  const text = String(data);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; ++i) {
    const code = text.charCodeAt(i);
    if (code > 255) throw new Error('Invalid character');
    bytes[i] = code;
  }
  return native.base64Encode(bytes);
});

export const atob = expose(function atob(data: unknown): string {
  const bytes = new Uint8Array(native.base64Decode(String(data)));
  let text = '';
  for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  return text;
});
