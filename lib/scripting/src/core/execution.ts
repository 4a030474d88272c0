/** `pm.execution`, `pm.visualizer`, `pm.vault`. */

import type { Response } from '../sdk/response.js';
import { expose } from './expose.js';
import { native } from './native.js';
import { answering } from './send-request.js';
import { state } from './state.js';
import { scopeIndex, scopeView, shareObjects, type VariableScope } from './variables.js';

type Location = string[] & { readonly current?: string };

function location(): Location {
  const [current, ...path] = native.location();
  return current === '' ? path : Object.defineProperty(path, 'current', { value: current });
}

const kinds: Partial<Record<string, number>> = { string: 0, number: 1, boolean: 2 };

/** Name, kind and text of each variable, as the engine's scopes hold them. */
function overrides(variables: unknown): (string | number)[] {
  if (typeof variables !== 'object' || variables === null) return [];
  return Object.entries(variables).flatMap(([name, value]: [string, unknown]) => {
    if (value === null) return [name, 3, 'null'];
    const kind = kinds[typeof value];
    return kind === undefined ? [name, 4, JSON.stringify(value) ?? ''] : [name, kind, String(value)];
  });
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
  runRequest(id?: unknown, options?: { variables?: unknown } | null): Promise<Response | null> {
    return new Promise((resolve, reject) => {
      if (!id) {
        reject(new Error('runRequest: collection request id not provided'));
        return;
      }
      const takeBack = shareObjects();
      const answer = answering(resolve, reject);
      const refusal = native.runReference(String(id), overrides(options?.variables), (...given) => {
        takeBack();
        answer(...given);
      });
      if (refusal !== undefined) reject(new Error(refusal));
    });
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
