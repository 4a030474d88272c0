/** Sets a realm up: defines the globals, freezes what executions share, and hands the engine its entry points. */

import { finishChains } from '../assert/assertion.js';
import '../assert/postman.js';
import { dynamicValue } from './dynamic.js';
import { exposed } from './expose.js';
import { defineGlobals } from './globals.js';
import { harden } from './harden.js';
import { installJson } from './json.js';
import { native } from './native.js';
import { pmPrototype } from './pm.js';
import { preload } from '../libraries/require.js';
import { resetState, runEndings, state } from './state.js';

const scope: object = globalThis;

installJson();
defineGlobals(scope);
finishChains();

if (native.hardened) {
  harden([scope, ...exposed], scope);
}

/** What stays on the global object: it cannot be moved. */
const fixed = new Set<PropertyKey>(['NaN', 'Infinity', 'undefined']);

/**
 * Moves the built-ins behind the global object, which is left empty: reads still find them, while whatever a script defines or
 * assigns lands on the global object itself, where the engine sees and removes it.
 */
function moveBuiltins(): void {
  // Taken out beforehand: on the way, the names themselves are gone.
  const { ownKeys, deleteProperty } = Reflect;
  const { create, defineProperty, freeze, getOwnPropertyDescriptor, prototype } = Object;
  const builtins = create(prototype) as object;
  for (const key of ownKeys(scope)) {
    if (fixed.has(key)) continue;
    defineProperty(builtins, key, getOwnPropertyDescriptor(scope, key)!);
    deleteProperty(scope, key);
  }
  freeze(builtins);
  native.guardGlobals(builtins);
}
moveBuiltins();

export function begin(): object {
  resetState();
  const pm = Object.create(pmPrototype) as object;
  state.pm = pm;
  return pm;
}

export function end(): void {
  runEndings();
}

export { dynamicValue, preload };
