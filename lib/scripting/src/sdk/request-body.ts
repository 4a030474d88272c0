/** `pm.request.body`. */

import { expose } from '../core/expose.js';
import { parseQuery, queryTraits, stringifyQuery, type QueryParam } from './url.js';
import { PropertyList } from './property-list.js';

const unescape = (text: string | null): string => {
  try {
    return decodeURIComponent((text ?? '').replaceAll('+', ' '));
  } catch {
    return text ?? '';
  }
};

type BodyMode = 'raw' | 'urlencoded' | 'formdata' | 'file' | 'graphql';

export class RequestBody {
  constructor(source: unknown, contentType?: unknown) {
    this.update(source, contentType);
  }

  declare mode: BodyMode | undefined;
  declare raw: string | undefined;
  declare urlencoded: PropertyList<QueryParam> | undefined;
  declare formdata: PropertyList<QueryParam> | undefined;
  declare file: unknown;
  declare graphql: unknown;
  declare options: unknown;

  update(source: unknown, contentType?: unknown): void {
    if (typeof source === 'string') {
      if (typeof contentType === 'string' && contentType.startsWith('application/x-www-form-urlencoded')) {
        this.mode = 'urlencoded';
        this.urlencoded = new PropertyList<QueryParam>(
          parseQuery(source).map(({ key, value }) => ({ key: unescape(key), value: unescape(value) })),
          queryTraits,
        );
      } else {
        this.mode = 'raw';
        this.raw = source;
      }
      return;
    }
    if (typeof source !== 'object' || source === null) return;
    const given = source as Record<string, unknown>;
    this.mode = given['mode'] as BodyMode | undefined;
    if (given['raw'] !== undefined) this.raw = String(given['raw']);
    if (given['urlencoded'] !== undefined) this.urlencoded = fieldList(given['urlencoded']);
    if (given['formdata'] !== undefined) this.formdata = fieldList(given['formdata']);
    if (given['file'] !== undefined) this.file = given['file'];
    if (given['graphql'] !== undefined) this.graphql = given['graphql'];
    if (given['options'] !== undefined) this.options = given['options'];
  }

  isEmpty(): boolean {
    const content = this.mode === undefined ? undefined : this[this.mode];
    if (content === undefined || content === null || content === '') return true;
    return content instanceof PropertyList && content.count() === 0;
  }

  /** The body as it is sent. */
  toString(): string {
    switch (this.mode) {
      case 'raw':
        return this.raw ?? '';
      case 'urlencoded':
        return stringifyQuery(
          (this.urlencoded?.all() ?? []).map((item) => ({
            ...item,
            key: encodeURIComponent(item.key ?? ''),
            value: encodeURIComponent(item.value ?? ''),
          })),
        );
      case 'graphql':
        return typeof this.graphql === 'string' ? this.graphql : JSON.stringify(this.graphql);
      default:
        return this.raw ?? '';
    }
  }

  toJSON(): Record<string, unknown> {
    const json: Record<string, unknown> = { mode: this.mode };
    for (const key of ['raw', 'file', 'graphql', 'options'] as const)
      if (this[key] !== undefined) json[key] = this[key];
    if (this.urlencoded) json['urlencoded'] = this.urlencoded.toJSON();
    if (this.formdata) json['formdata'] = this.formdata.toJSON();
    return json;
  }
}
expose(RequestBody);

function fieldList(source: unknown): PropertyList<QueryParam> {
  const list = new PropertyList<QueryParam>([], queryTraits);
  list.populate(source);
  return list;
}
