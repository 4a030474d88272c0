/** `require`: the libraries that Postman bundles, each loaded when a script first asks for it. */

import { expose } from '../core/expose.js';
import { native } from '../core/native.js';
import { state } from '../core/state.js';
import { bundleOf } from './catalogue.js';

/** One instance per execution: libraries hold state of their own (`moment.locale`, `_.mixin`), which must not outlive a script. */
export function library(bundle: string): unknown {
  const known = (state.libraries ??= new Map<string, unknown>());
  if (!known.has(bundle)) {
    // While it loads, a library may look for an earlier version of itself in a global (`_`, `Backbone`): there is none.
    known.set(bundle, undefined);
    known.set(bundle, native.loadBundle(bundle));
  }
  return known.get(bundle);
}

export const requireLibrary = expose(function require(name: unknown): unknown {
  const bundle = typeof name === 'string' ? bundleOf(name) : undefined;
  if (bundle === undefined) throw new Error(`Cannot find module '${String(name)}'`);
  return bundle === '' ? {} : library(bundle);
});
