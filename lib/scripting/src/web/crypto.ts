/** `crypto`: random values, and SHA digests. */

import { expose } from '../core/expose.js';
import { native } from '../core/native.js';

interface HashSpec {
  name?: unknown;
}

const subtle = expose({
  digest(algorithm: unknown, data: ArrayBuffer | ArrayBufferView): Promise<ArrayBuffer> {
    return new Promise((resolve) => {
      const name = String(
        typeof algorithm === 'object' && algorithm !== null ? (algorithm as HashSpec).name : algorithm,
      ).toUpperCase();
      resolve(native.digest(name, data));
    });
  },
});

export const crypto = expose({
  getRandomValues<T extends ArrayBufferView>(view: T): T {
    if (!ArrayBuffer.isView(view))
      throw new TypeError('The "typedArray" argument must be an integer-type TypedArray');
    if (view.byteLength > 65536) {
      const error = new Error(`The requested length exceeds 65,536 bytes`);
      error.name = 'QuotaExceededError';
      throw error;
    }
    new Uint8Array(view.buffer as ArrayBuffer, view.byteOffset, view.byteLength).set(
      new Uint8Array(native.randomBytes(view.byteLength)),
    );
    return view;
  },
  randomUUID(): string {
    return native.dynamicValue('$guid')!;
  },
  subtle,
});
