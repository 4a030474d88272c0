/** `require`: the libraries that Postman bundles, each loaded when a script first asks for it. */

import { expose } from '../core/expose.js';
import { native } from '../core/native.js';
import { loadOwnBundle } from '../core/own-bundle.js';
import { state } from '../core/state.js';
import { bundleOf } from './catalogue.js';

/** Loaded ahead of the script: the realm goes back to this state when the script is done. */
const preloaded = new Map<string, unknown>();

function load(known: Map<string, unknown>, bundle: string, from: (name: string) => unknown): unknown {
  // While it loads, a library may look for an earlier version of itself in a global (`_`, `Backbone`): there is none.
  known.set(bundle, undefined);
  const module = from(bundle);
  known.set(bundle, module);
  return module;
}

/** One instance per execution: libraries hold state of their own (`moment.locale`, `_.mixin`), which must not outlive a script. */
export function library(bundle: string): unknown {
  if (preloaded.has(bundle)) return preloaded.get(bundle);
  const known = (state.libraries ??= new Map<string, unknown>());
  return known.has(bundle) ? known.get(bundle) : load(known, bundle, native.loadLibrary);
}

/** Loads ahead what scripts are known to use: a library by its bundle's name, or with `*` before it a bundle of this library's own. */
export function preload(name: string): void {
  if (name.startsWith('*')) loadOwnBundle(name.slice(1));
  else load(preloaded, name, native.loadBundle);
}

export const requireLibrary = expose(function require(name: unknown): unknown {
  const bundle = typeof name === 'string' ? bundleOf(name) : undefined;
  if (bundle === undefined) throw new Error(`Cannot find module '${String(name)}'`);
  return bundle === '' ? {} : library(bundle);
});
