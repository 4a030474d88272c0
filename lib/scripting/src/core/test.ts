/** `pm.test`: runs a test at once; one that takes `done` or returns a promise settles later. */

import { expose } from './expose.js';
import { native } from './native.js';
import { state } from './state.js';

type Done = (error?: unknown) => void;
type TestBody = (done?: Done) => unknown;

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

function runWithDone(name: string, body: TestBody): void {
  const slot = native.testStarted(name);
  let settled = false;
  const settle: Done = (error) => {
    if (settled) return;
    settled = true;
    native.testSettled(slot, error ? native.errorText(error) : undefined);
  };
  try {
    body(settle);
  } catch (error) {
    if (settled) throw error;
    settled = true;
    native.testSettled(slot, native.errorText(error));
  }
}

function awaitTest(name: string, result: PromiseLike<unknown>): void {
  const slot = native.testStarted(name);
  result.then(
    () => native.testSettled(slot),
    (error: unknown) => native.testSettled(slot, native.errorText(error)),
  );
}

export const test = expose(
  Object.assign(
    function test(name: unknown, body?: TestBody): object | undefined {
      const label = String(name);
      if (typeof body !== 'function') {
        native.testPassed(label);
      } else if (body.length > 0) {
        runWithDone(label, body);
      } else {
        try {
          const result = body();
          if (isThenable(result)) awaitTest(label, result);
          else native.testPassed(label);
        } catch (error) {
          native.testFailed(label, native.errorText(error));
        }
      }
      return state.pm;
    },
    {
      skip(name: unknown): object | undefined {
        native.testSkipped(String(name));
        return state.pm;
      },
      index(): number {
        return native.testCount();
      },
    },
  ),
);
