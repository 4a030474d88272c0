/** An ordered list of keyed items, as the Postman collection SDK has it: headers, query parameters, cookies, form fields, variables. */

import { expose } from '../core/expose.js';

export interface KeyedItem {
  key?: string | undefined;
  value?: unknown;
  disabled?: boolean | undefined;
}

export interface ListTraits<T> {
  /** Keys compare without case. */
  ignoreCase?: boolean;
  /** Equal keys may repeat: `toObject` then lists all of their values. */
  multiple?: boolean;
  /** The field that is the key. Default `key`. */
  keyField?: string;
  /** Turns what callers hand over into an item. */
  parse?: (source: unknown) => T | undefined;
  /** Splits one text into items, for `populate('a=1&b=2')`. */
  parseAll?: (text: string) => T[];
  /** The list as one text. */
  stringify?: (items: T[]) => string;
}

type Rule<T> = ((item: T, index: number, all: T[]) => unknown) | string | T | Record<string, unknown>;

export class PropertyList<T extends object> {
  constructor(items: T[] | undefined, traits: ListTraits<T>) {
    Object.defineProperty(this, '_items', { value: items ?? [], writable: true, enumerable: false });
    Object.defineProperty(this, '_traits', { value: traits, writable: true, enumerable: false });
  }

  declare protected _items: T[];
  declare protected _traits: ListTraits<T>;

  get members(): T[] {
    return this._items;
  }

  /** Called after every change. */
  protected changed(): void {}

  protected keyOf(item: T): string | undefined {
    const key = (item as Record<string, unknown>)[this._traits.keyField ?? 'key'];
    return key === undefined || key === null ? undefined : String(key);
  }

  private sameKey(a: string | undefined, b: string | undefined): boolean {
    if (a === b) return true;
    if (!this._traits.ignoreCase || a === undefined || b === undefined) return false;
    return a.length === b.length && a.toLowerCase() === b.toLowerCase();
  }

  protected parse(source: unknown): T | undefined {
    if (this._traits.parse) return this._traits.parse(source);
    return typeof source === 'object' && source !== null ? (source as T) : undefined;
  }

  private position(of: unknown): number {
    if (typeof of === 'string') {
      for (let i = this.members.length - 1; i >= 0; --i) {
        if (this.sameKey(this.keyOf(this.members[i]!), of)) return i;
      }
      return -1;
    }
    if (typeof of === 'object' && of !== null) {
      const exact = this.members.indexOf(of as T);
      if (exact >= 0) return exact;
      const key = this.keyOf(of as T);
      return key === undefined ? -1 : this.position(key);
    }
    return -1;
  }

  add(source: unknown): void {
    const item = this.parse(source);
    if (item === undefined) return;
    this.members.push(item);
    this.changed();
  }

  append(source: unknown): void {
    const item = this.parse(source);
    if (item === undefined) return;
    this.detach(item);
    this.members.push(item);
    this.changed();
  }

  prepend(source: unknown): void {
    const item = this.parse(source);
    if (item === undefined) return;
    this.detach(item);
    this.members.unshift(item);
    this.changed();
  }

  insert(source: unknown, before?: unknown): void {
    this.insertAt(source, before, 0);
  }

  insertAfter(source: unknown, after?: unknown): void {
    this.insertAt(source, after, 1);
  }

  private insertAt(source: unknown, anchor: unknown, offset: number): void {
    const item = this.parse(source);
    if (item === undefined) return;
    this.detach(item);
    const at = anchor === undefined ? -1 : this.position(anchor);
    if (at < 0) this.members.push(item);
    else this.members.splice(at + offset, 0, item);
    this.changed();
  }

  private detach(item: T): void {
    const at = this.members.indexOf(item);
    if (at >= 0) this.members.splice(at, 1);
  }

  upsert(source: unknown): boolean | null {
    const item = this.parse(source);
    if (item === undefined) return null;
    const key = this.keyOf(item);
    const at = key === undefined ? -1 : this.position(key);
    if (at < 0) {
      this.members.push(item);
      this.changed();
      return true;
    }
    Object.assign(this.members[at]!, item);
    this.changed();
    return false;
  }

  remove(rule: Rule<T>, context?: unknown): void {
    if (typeof rule === 'function') {
      this.members.splice(
        0,
        this.members.length,
        ...this.members.filter((item, i, all) => !rule.call(context, item, i, all)),
      );
    } else if (typeof rule === 'string') {
      const kept = this.members.filter((item) => !this.sameKey(this.keyOf(item), rule));
      this.members.splice(0, this.members.length, ...kept);
    } else {
      const at = this.position(rule);
      if (at >= 0) this.members.splice(at, 1);
    }
    this.changed();
  }

  clear(): void {
    this.members.length = 0;
    this.changed();
  }

  populate(items: unknown): void {
    if (typeof items === 'string') {
      const parsed = this._traits.parseAll?.(items) ?? [];
      this.members.push(...parsed);
    } else if (Array.isArray(items)) {
      for (const source of items as unknown[]) {
        const item = this.parse(source);
        if (item !== undefined) this.members.push(item);
      }
    } else if (items instanceof PropertyList) {
      for (const source of items.all()) {
        const item = this.parse(source);
        if (item !== undefined) this.members.push(item);
      }
    } else if (typeof items === 'object' && items !== null) {
      for (const key of Object.keys(items)) {
        const item = this.parse({ key, value: (items as Record<string, unknown>)[key] });
        if (item !== undefined) this.members.push(item);
      }
    }
    this.changed();
  }

  repopulate(items: unknown): void {
    this.members.length = 0;
    this.populate(items);
  }

  assimilate(source: unknown, prune?: boolean): void {
    const items =
      source instanceof PropertyList
        ? (source.all() as unknown[])
        : Array.isArray(source)
          ? (source as unknown[])
          : [];
    if (prune) this.members.length = 0;
    for (const item of items) this.upsert(item);
  }

  one(key: string): T | undefined {
    const at = typeof key === 'string' ? this.position(key) : -1;
    return at < 0 ? undefined : this.members[at];
  }

  get(key: string): unknown {
    const item = this.one(key) as { value?: unknown } | undefined;
    return item?.value;
  }

  has(item: unknown, value?: unknown): boolean {
    const at = this.position(item);
    if (at < 0) return false;
    if (arguments.length === 1) return true;
    const key = typeof item === 'string' ? item : this.keyOf(item as T);
    return this.members.some(
      (member) => this.sameKey(this.keyOf(member), key) && (member as { value?: unknown }).value === value,
    );
  }

  all(): T[] {
    return [...this.members];
  }

  idx(index: number): T | undefined {
    return this.members[index];
  }

  indexOf(item: unknown): number {
    return this.position(item);
  }

  count(): number {
    return this.members.length;
  }

  each(iterator: (item: T, index: number, all: T[]) => void, context?: unknown): void {
    this.members.forEach((item, i, all) => iterator.call(context ?? this, item, i, all));
  }

  map<R>(iterator: (item: T, index: number, all: T[]) => R, context?: unknown): R[] {
    return this.members.map((item, i, all) => iterator.call(context ?? this, item, i, all));
  }

  reduce<R>(
    iterator: (accumulator: R, item: T, index: number, all: T[]) => R,
    initial: R,
    context?: unknown,
  ): R {
    return this.members.reduce(
      (sum, item, i, all) => iterator.call(context ?? this, sum, item, i, all),
      initial,
    );
  }

  private matcher(rule: Rule<T>, context: unknown): (item: T, index: number, all: T[]) => boolean {
    if (typeof rule === 'function')
      return (item, i, all) => Boolean(rule.call(context ?? this, item, i, all));
    if (typeof rule === 'string') return (item) => Boolean((item as Record<string, unknown>)[rule]);
    const wanted = Object.entries(rule as Record<string, unknown>);
    return (item) => wanted.every(([key, value]) => (item as Record<string, unknown>)[key] === value);
  }

  filter(rule: Rule<T>, context?: unknown): T[] {
    return this.members.filter(this.matcher(rule, context));
  }

  find(rule: Rule<T>, context?: unknown): T | undefined {
    return this.members.find(this.matcher(rule, context));
  }

  toObject(
    excludeDisabled?: boolean,
    caseSensitive?: boolean,
    multiValue?: boolean,
    sanitizeKeys?: boolean,
  ): Record<string, unknown> {
    const result: Record<string, unknown> = {};
    for (const item of this.members) {
      const { disabled, value } = item as { disabled?: boolean; value?: unknown };
      let key = this.keyOf(item);
      if (key === undefined || (excludeDisabled && disabled) || (sanitizeKeys && key === '')) continue;
      if (this._traits.ignoreCase && !caseSensitive) key = key.toLowerCase();
      if ((multiValue || this._traits.multiple) && Object.hasOwn(result, key)) {
        const known = result[key];
        if (Array.isArray(known)) known.push(value);
        else result[key] = [known, value];
      } else {
        result[key] = value;
      }
    }
    return result;
  }

  toString(): string {
    return this._traits.stringify ? this._traits.stringify(this.members) : String(this.members);
  }

  toJSON(): unknown[] {
    return this.members.map((item) => {
      const convert = (item as { toJSON?: () => unknown }).toJSON;
      return typeof convert === 'function' ? convert.call(item) : { ...item };
    });
  }

  [Symbol.iterator](): Iterator<T> {
    return this.members[Symbol.iterator]();
  }
}
expose(PropertyList);
