/** `pm.execution`, `pm.visualizer`, `pm.vault`. */

import { expose } from './expose.js';
import { native } from './native.js';

function location(): string[] & { current: string | undefined } {
  const [, , , requestName] = native.info();
  const path = requestName === '' ? [] : [requestName];
  return Object.defineProperty(path, 'current', { value: path.at(-1), enumerable: false }) as string[] & {
    current: string | undefined;
  };
}

export const execution = expose({
  setNextRequest(request: unknown): void {
    native.setNextRequest(request === null || request === undefined ? null : String(request));
  },
  skipRequest(): void {
    native.skipRequest();
  },
  get location(): string[] {
    return location();
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

const noVault = (): Promise<never> => Promise.reject(new Error('Vault access denied'));

export const vault = expose({ get: noVault, set: noVault, unset: noVault });
