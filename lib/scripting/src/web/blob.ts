/** `Blob` and `File`. */

import { expose } from '../core/expose.js';
import { native } from '../core/native.js';

function bytesOf(part: unknown): Uint8Array {
  if (part instanceof Blob) return part.bytesNow();
  if (part instanceof ArrayBuffer) return new Uint8Array(part);
  if (ArrayBuffer.isView(part))
    return new Uint8Array(part.buffer as ArrayBuffer, part.byteOffset, part.byteLength);
  return new Uint8Array(native.utf8Encode(String(part)));
}

export class Blob {
  #bytes: Uint8Array;
  readonly type: string;

  constructor(parts: Iterable<unknown> = [], options?: { type?: string }) {
    const pieces = [...parts].map(bytesOf);
    this.#bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of pieces) {
      this.#bytes.set(piece, at);
      at += piece.length;
    }
    this.type = options?.type === undefined ? '' : String(options.type).toLowerCase();
  }

  get size(): number {
    return this.#bytes.length;
  }

  bytesNow(): Uint8Array {
    return this.#bytes.slice();
  }

  slice(start?: number, end?: number, type?: string): Blob {
    return new Blob([this.#bytes.slice(start, end)], type === undefined ? {} : { type });
  }

  text(): Promise<string> {
    return Promise.resolve(native.utf8Decode(this.#bytes));
  }

  arrayBuffer(): Promise<ArrayBufferLike> {
    return Promise.resolve(this.bytesNow().buffer);
  }
}
expose(Blob);

export class File extends Blob {
  readonly name: string;
  readonly lastModified: number;

  constructor(parts: Iterable<unknown>, name: unknown, options?: { type?: string; lastModified?: number }) {
    super(parts, options);
    this.name = String(name);
    this.lastModified = options?.lastModified ?? Date.now();
  }
}
expose(File);
