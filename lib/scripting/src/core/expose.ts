/** Objects that scripts can reach from values made during an execution: frozen with the built-ins. */

export const exposed: object[] = [];

export function expose<T extends object>(value: T): T {
  exposed.push(value);
  return value;
}

/** Proxies among them: their traps keep them as they are, and freezing would only run the traps. */
export const untouchable = new Set<object>();

export function exposeProxy<T extends object>(proxy: T): T {
  untouchable.add(proxy);
  return proxy;
}

/** Defines a lazily computed, read-only member. */
export function lazy(target: object, name: string, get: () => unknown): void {
  Object.defineProperty(target, name, { get, enumerable: true, configurable: true });
}

/** Defines methods that do not show up in enumerations. */
export function hidden(target: object, members: Record<string, unknown>): void {
  for (const name of Object.keys(members)) {
    Object.defineProperty(target, name, {
      value: members[name],
      writable: true,
      configurable: true,
      enumerable: false,
    });
  }
}
