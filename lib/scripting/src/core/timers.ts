/** Timers, fired by the worker between its other work. */

import { expose } from './expose.js';
import { native } from './native.js';

function start(callback: unknown, delayMs: unknown, args: unknown[], repeats: boolean): number {
  if (typeof callback !== 'function') throw new TypeError('The "callback" argument must be of type function');
  const call = callback as (...values: unknown[]) => void;
  return native.setTimer(
    args.length === 0 ? () => call() : () => call(...args),
    Number(delayMs ?? 0),
    repeats,
  );
}

const stop = (id: unknown): void => {
  if (typeof id === 'number') native.clearTimer(id);
};

export const timers = expose({
  setTimeout: (callback: unknown, delayMs?: unknown, ...args: unknown[]): number =>
    start(callback, delayMs, args, false),
  setInterval: (callback: unknown, delayMs?: unknown, ...args: unknown[]): number =>
    start(callback, delayMs, args, true),
  setImmediate: (callback: unknown, ...args: unknown[]): number => start(callback, 0, args, false),
  clearTimeout: stop,
  clearInterval: stop,
  clearImmediate: stop,
  queueMicrotask(callback: unknown): void {
    if (typeof callback !== 'function')
      throw new TypeError('The "callback" argument must be of type function');
    void Promise.resolve().then(callback as () => void);
  },
});
