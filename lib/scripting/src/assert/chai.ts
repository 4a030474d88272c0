/** The real chai: loaded the first time an assertion fails or needs more than the quick paths know. Never handed to scripts. */

import { harden } from '../core/harden.js';
import { native } from '../core/native.js';
import { ownBundle } from '../core/own-bundle.js';
import { failFast } from './failure.js';

export type ChaiAssertion = Record<string, unknown>;

export interface ChaiModule {
  Assertion: new (object: unknown, message?: string) => ChaiAssertion;
  AssertionError: new (message: string, properties?: object) => Error;
  expect: { fail: (...args: unknown[]) => never };
  util: {
    flag(assertion: ChaiAssertion, name: string, value?: unknown): unknown;
    transferFlags(from: ChaiAssertion, to: ChaiAssertion, includeAll: boolean): void;
    getMessage(assertion: ChaiAssertion, args: unknown[]): string;
    type(value: unknown): string;
    objDisplay(value: unknown): string;
    eql(a: unknown, b: unknown): boolean;
    inspect(value: unknown): string;
  };
}

export const chai = ownBundle<ChaiModule>('chai', (module) => {
  failFast(module);
  // Assertion errors reach scripts, and with them their class.
  if (native.hardened) harden([module.AssertionError]);
});
