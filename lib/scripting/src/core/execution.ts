/** `pm.execution`, `pm.visualizer`, `pm.vault`. */

import { expose } from './expose.js';
import { native } from './native.js';
import { state } from './state.js';
import { scopeIndex, scopeView, type VariableScope } from './variables.js';

type Location = string[] & { readonly current?: string };

function location(): Location {
  const [current, ...path] = native.location();
  return current === '' ? path : Object.defineProperty(path, 'current', { value: current });
}

export const execution = expose({
  setNextRequest(request: unknown): void {
    native.setNextRequest(request === null || request === undefined ? null : String(request));
  },
  skipRequest(): void {
    native.skipRequest();
  },
  get location(): Location {
    return (state.location ??= location()) as Location;
  },
  runRequest(id?: unknown): Promise<never> {
    if (typeof id !== 'string' || id === '') {
      return Promise.reject(new Error('runRequest: collection request id not provided'));
    }
    return Promise.reject(new Error('runRequest: requests of a collection cannot be run from a script here'));
  },
});

const shape = (value: unknown, name: string): void => {
  if (value && typeof value !== 'object') {
    throw new Error(`Invalid ${name.toLowerCase()}. ${name} must be an object, found ${typeof value}`);
  }
};

export const visualizer = expose({
  set(template: unknown, data?: unknown, options?: unknown): void {
    if (typeof template !== 'string') {
      throw new Error(`Invalid template. Template must be of type string, found ${typeof template}`);
    }
    shape(data, 'Data');
    shape(options, 'Options');
    native.setVisualizer(JSON.stringify({ template, data, options }));
  },
  clear(): void {
    native.setVisualizer(undefined);
  },
});

/** What is done to the vault, or the refusal of one that nobody gave. */
function withVault<T>(use: (vault: VariableScope) => T): Promise<T> {
  if (!native.hasVault()) return Promise.reject(new Error('Vault access denied'));
  return new Promise((resolve) => resolve(use(scopeView(scopeIndex.vault))));
}

/** Secrets are texts: what else there is of a value is kept as JSON. */
const secretOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : value;

export const vault = expose({
  get: (name: string): Promise<unknown> => withVault((scope) => scope.get(name)),
  set: (name: string, value?: unknown): Promise<void> =>
    withVault((scope) => scope.set(name, secretOf(value))),
  unset: (name: string): Promise<void> => withVault((scope) => scope.unset(name)),
});
