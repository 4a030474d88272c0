/** `TextEncoder` and `TextDecoder`, UTF-8. */

import { expose } from '../core/expose.js';
import { native } from '../core/native.js';

export class TextEncoder {
  get encoding(): string {
    return 'utf-8';
  }

  encode(text: unknown = ''): Uint8Array {
    return new Uint8Array(native.utf8Encode(String(text)));
  }
}
expose(TextEncoder);

export class TextDecoder {
  constructor(label: unknown = 'utf-8') {
    const name = String(label).toLowerCase();
    if (name !== 'utf-8' && name !== 'utf8') throw new RangeError(`The "${name}" encoding is not supported`);
  }

  get encoding(): string {
    return 'utf-8';
  }

  decode(bytes?: ArrayBuffer | ArrayBufferView): string {
    return bytes === undefined ? '' : native.utf8Decode(bytes);
  }
}
expose(TextDecoder);
