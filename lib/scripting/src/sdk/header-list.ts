/** Header lists. Besides the list's methods, `headers['name']` reads a header and, on requests, assigning to it sets one. */

import { expose, exposeProxy } from '../core/expose.js';
import { native, type FlatPairs } from '../core/native.js';
import { PropertyList, type ListTraits } from './property-list.js';

export interface Header {
  key: string;
  value: string;
  disabled?: boolean;
}

const asText = (value: unknown): string => (value === undefined || value === null ? '' : String(value));

export function parseHeaderLines(text: string): Header[] {
  const headers: Header[] = [];
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('HTTP/')) {
      headers.push(new HeaderItem(line.slice(0, colon).trim(), line.slice(colon + 1).trim()));
    }
  }
  return headers;
}

export class HeaderItem implements Header {
  constructor(
    public key: string,
    public value: string,
  ) {}

  declare disabled?: boolean;

  valueOf(): string {
    return this.value;
  }

  toString(): string {
    return `${this.key}: ${this.value}`;
  }

  toJSON(): { key: string; value: string } {
    return { ...this };
  }
}
expose(HeaderItem);

function parseHeader(source: unknown): Header | undefined {
  if (source instanceof HeaderItem) return source;
  if (typeof source === 'string') return parseHeaderLines(source)[0];
  if (typeof source !== 'object' || source === null) return undefined;
  const { key, name, value, disabled } = source as {
    key?: unknown;
    name?: unknown;
    value?: unknown;
    disabled?: unknown;
  };
  const header = new HeaderItem(asText(key ?? name), asText(value));
  if (disabled) header.disabled = true;
  return header;
}

const traits: ListTraits<Header> = {
  ignoreCase: true,
  multiple: true,
  parse: parseHeader,
  parseAll: parseHeaderLines,
  stringify: (items) =>
    items
      .filter((item) => !item.disabled)
      .map((item) => `${item.key}: ${item.value}\r\n`)
      .join(''),
};

export function headersFromPairs(pairs: FlatPairs): Header[] {
  const headers: Header[] = [];
  for (let i = 0; i + 1 < pairs.length; i += 2) headers.push(new HeaderItem(pairs[i]!, pairs[i + 1]!));
  return headers;
}

export class HeaderList extends PropertyList<Header> {
  constructor(items: Header[], onChange?: () => void) {
    super(items, traits);
    Object.defineProperty(this, '_onChange', { value: onChange, enumerable: false });
  }

  declare protected _onChange?: () => void;

  protected override changed(): void {
    this._onChange?.();
  }

  contentSize(): number {
    return this.toString().length;
  }

  toPairs(): FlatPairs {
    const pairs: FlatPairs = [];
    for (const item of this.members)
      if (!item.disabled && item.key !== '') pairs.push(asText(item.key), asText(item.value));
    return pairs;
  }
}

/** The response's headers: looked up in the raw block until someone wants the list. */
export class ResponseHeaderList extends HeaderList {
  constructor() {
    super([]);
    Object.defineProperty(this, '_read', { value: false, writable: true, enumerable: false });
  }

  declare private _read: boolean;

  override get members(): Header[] {
    if (!this._read) {
      this._read = true;
      this._items = headersFromPairs(native.responseHeaders());
    }
    return this._items;
  }

  override get(name: string): unknown {
    if (this._read || typeof name !== 'string') return super.get(name);
    return native.responseHeader(name);
  }

  override has(item: unknown, value?: unknown): boolean {
    if (arguments.length > 1) return super.has(item, value);
    return this._read || typeof item !== 'string'
      ? super.has(item)
      : native.responseHeader(item) !== undefined;
  }
}

/**
 * Puts a proxy behind the class: only names that the list itself does not have reach it, so its methods cost nothing extra.
 */
function answerHeaderNames(prototype: object): void {
  for (const key of Reflect.ownKeys(PropertyList.prototype)) {
    if (Object.hasOwn(prototype, key)) continue;
    Object.defineProperty(prototype, key, Object.getOwnPropertyDescriptor(PropertyList.prototype, key)!);
  }
  const fallback = exposeProxy(
    new Proxy(PropertyList.prototype as object, {
      get(target, key, receiver: unknown) {
        if (typeof key !== 'string' || key in target || !(receiver instanceof HeaderList))
          return Reflect.get(target, key, receiver);
        return receiver.get(key);
      },
      set(_target, key, value: unknown, receiver: object) {
        if (typeof key !== 'string' || !(receiver instanceof HeaderList)) {
          return Reflect.defineProperty(receiver, key, {
            value,
            writable: true,
            enumerable: true,
            configurable: true,
          });
        }
        receiver.upsert({ key, value });
        return true;
      },
      setPrototypeOf: () => false,
      defineProperty: () => false,
      deleteProperty: () => false,
    }),
  );
  Object.setPrototypeOf(prototype, fallback);
}
answerHeaderNames(HeaderList.prototype);
expose(HeaderList);
expose(ResponseHeaderList);
