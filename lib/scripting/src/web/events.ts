/** `Event`, `EventTarget`, `AbortController`, `AbortSignal`. */

import { expose } from '../core/expose.js';

export class Event {
  readonly type: string;
  readonly cancelable: boolean;
  readonly bubbles: boolean;
  readonly timeStamp = 0;
  defaultPrevented = false;
  target: unknown = null;
  currentTarget: unknown = null;

  constructor(type: unknown, options?: { cancelable?: boolean; bubbles?: boolean }) {
    this.type = String(type);
    this.cancelable = Boolean(options?.cancelable);
    this.bubbles = Boolean(options?.bubbles);
  }

  preventDefault(): void {
    if (this.cancelable) this.defaultPrevented = true;
  }

  stopPropagation(): void {}
  stopImmediatePropagation(): void {}
}
expose(Event);

type Listener = ((event: Event) => void) | { handleEvent(event: Event): void };

export class EventTarget {
  #listeners = new Map<string, { listener: Listener; once: boolean }[]>();

  addEventListener(type: string, listener: Listener | null, options?: { once?: boolean } | boolean): void {
    if (listener === null) return;
    const list = this.#listeners.get(type) ?? [];
    if (!list.some((entry) => entry.listener === listener)) {
      list.push({ listener, once: typeof options === 'object' && Boolean(options.once) });
    }
    this.#listeners.set(type, list);
  }

  removeEventListener(type: string, listener: Listener): void {
    this.#listeners.set(
      type,
      (this.#listeners.get(type) ?? []).filter((entry) => entry.listener !== listener),
    );
  }

  dispatchEvent(event: Event): boolean {
    event.target = this;
    event.currentTarget = this;
    for (const { listener, once } of [...(this.#listeners.get(event.type) ?? [])]) {
      if (once) this.removeEventListener(event.type, listener);
      if (typeof listener === 'function') listener.call(this, event);
      else listener.handleEvent(event);
    }
    return !event.defaultPrevented;
  }
}
expose(EventTarget);

function namedError(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

export class AbortSignal extends EventTarget {
  aborted = false;
  reason: unknown = undefined;
  onabort: ((event: Event) => void) | null = null;

  throwIfAborted(): void {
    if (this.aborted) throw this.reason;
  }

  static abort(reason?: unknown): AbortSignal {
    const controller = new AbortController();
    controller.abort(reason);
    return controller.signal;
  }

  static timeout(delayMs: number): AbortSignal {
    const controller = new AbortController();
    setTimeout(
      () => controller.abort(namedError('TimeoutError', 'The operation was aborted due to timeout')),
      delayMs,
    );
    return controller.signal;
  }
}
expose(AbortSignal);

declare function setTimeout(callback: () => void, delayMs: number): number;

export class AbortController {
  readonly signal = new AbortSignal();

  abort(reason: unknown = namedError('AbortError', 'This operation was aborted')): void {
    const { signal } = this;
    if (signal.aborted) return;
    signal.aborted = true;
    signal.reason = reason;
    const event = new Event('abort');
    signal.onabort?.(event);
    signal.dispatchEvent(event);
  }
}
expose(AbortController);
