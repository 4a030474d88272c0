/** Bundles that this library itself uses: loaded on first use, once per realm, and never handed to scripts. */

import { native } from './native.js';

const loaders = new Map<string, () => unknown>();

/** `prepare` sees the module once. */
export function ownBundle<T>(name: string, prepare?: (module: T) => void): () => T {
  let module: T | undefined;
  const load = (): T => {
    if (module === undefined) {
      const fresh = native.loadBundle(name) as T;
      prepare?.(fresh);
      module = fresh;
    }
    return module;
  };
  loaders.set(name, load);
  return load;
}

/** Loads a bundle ahead of its first use. */
export function loadOwnBundle(name: string): void {
  loaders.get(name)?.();
}
