/** `pm.request.body`. */

import { expose, hidden } from '../core/expose.js';
import { native } from '../core/native.js';
import { filled } from '../core/variables.js';
import {
  boundaryOf,
  copyRow,
  encodeMultipart,
  newBoundary,
  parseMultipart,
  type FormParam,
} from './multipart.js';
import { parseQuery, queryTraits, stringifyQuery, type QueryParam } from './url.js';
import { PropertyList, type ListTraits } from './property-list.js';

const unescape = (text: string | null): string => {
  try {
    return decodeURIComponent((text ?? '').replaceAll('+', ' '));
  } catch {
    return text ?? '';
  }
};

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

type BodyMode = 'raw' | 'urlencoded' | 'formdata' | 'file' | 'graphql';

const formTraits: ListTraits<FormParam> = {
  multiple: true,
  parse: (source) => {
    if (typeof source === 'string') {
      const [pair] = parseQuery(source);
      return { key: pair?.key ?? '', value: pair?.value ?? '', type: 'text' };
    }
    if (typeof source !== 'object' || source === null) return undefined;
    const row = copyRow(source) as Partial<FormParam>;
    row.key = String(row.key ?? '');
    row.type = row.type === 'file' ? 'file' : 'text';
    if (row.value !== undefined && row.value !== null) row.value = asText(row.value);
    else if (row.type === 'text') row.value = '';
    return row as FormParam;
  },
  parseAll: (text) =>
    parseQuery(text).map(({ key, value }) => ({ key: key ?? '', value: value ?? '', type: 'text' })),
};

/** Scripts also put plain arrays, objects and texts where a list belongs. */
function listOf<T extends object>(source: unknown, traits: ListTraits<T>): PropertyList<T> {
  if (source instanceof PropertyList) return source as PropertyList<T>;
  const list = new PropertyList<T>([], traits);
  list.populate(source);
  return list;
}

/** A query whose variables are given as text is sent with them as JSON. */
function graphqlText(graphql: unknown): string {
  if (typeof graphql !== 'object' || graphql === null) return asText(graphql ?? '');
  const { variables, ...rest } = graphql as Record<string, unknown>;
  if (typeof variables !== 'string') return JSON.stringify(graphql);
  if (variables.trim() === '') return JSON.stringify(rest);
  try {
    return JSON.stringify({ ...rest, variables: JSON.parse(variables) as unknown });
  } catch {
    return JSON.stringify(graphql);
  }
}

/** Encodes no more than a form's own marks. */
const legible = (text: string): string =>
  text.replaceAll('&', '%26').replaceAll('#', '%23').replaceAll('=', '%3D');

const formText = (rows: QueryParam[], encode: (text: string) => string): string =>
  stringifyQuery(rows.map((row) => ({ ...row, key: encode(row.key ?? ''), value: encode(row.value ?? '') })));

const typesOfLanguages = new Map<unknown, string>([
  ['html', 'text/html'],
  ['javascript', 'application/javascript'],
  ['json', 'application/json'],
  ['xml', 'application/xml'],
]);

export interface EncodedBody {
  content: string | ArrayBuffer;
  /** What goes with it where the request says nothing itself. */
  contentType: string | undefined;
}

export class RequestBody {
  /** `bytes`: the same as they are sent, for a form that may hold files. */
  constructor(source: unknown, contentType?: unknown, bytes?: () => ArrayBuffer) {
    this.update(source, contentType, bytes);
  }

  declare mode: BodyMode | undefined;
  declare raw: unknown;
  declare urlencoded: unknown;
  declare formdata: unknown;
  declare file: unknown;
  declare graphql: unknown;
  declare options: unknown;
  /** What a text that came with the request was made from. */
  declare _sent: { text: string; bytes: () => ArrayBuffer } | undefined;

  update(source: unknown, contentType?: unknown, bytes?: () => ArrayBuffer): void {
    if (typeof source === 'string') {
      this.options = undefined;
      this.updateText(source, typeof contentType === 'string' ? contentType : '', bytes);
      return;
    }
    if (typeof source !== 'object' || source === null) return;
    const given = source as Record<string, unknown>;
    for (const field of ['raw', 'urlencoded', 'formdata', 'file', 'graphql', 'options'] as const) {
      if (this[field] !== undefined) this[field] = undefined;
    }
    this.mode = given['mode'] as BodyMode | undefined;
    if (given['raw'] !== undefined) this.raw = asText(given['raw']);
    if (given['urlencoded'] !== undefined) this.urlencoded = listOf(given['urlencoded'], queryTraits);
    if (given['formdata'] !== undefined) this.formdata = listOf(given['formdata'], formTraits);
    if (given['file'] !== undefined) this.file = given['file'];
    if (given['graphql'] !== undefined) this.graphql = given['graphql'];
    if (given['options'] !== undefined) this.options = given['options'];
  }

  private updateText(text: string, contentType: string, bytes: (() => ArrayBuffer) | undefined): void {
    if (contentType.startsWith('application/x-www-form-urlencoded')) {
      this.mode = 'urlencoded';
      this.urlencoded = new PropertyList<QueryParam>(
        parseQuery(text).map(({ key, value }) => ({ key: unescape(key), value: unescape(value) })),
        queryTraits,
      );
      return;
    }
    const boundary = boundaryOf(contentType);
    const params =
      boundary === undefined
        ? undefined
        : parseMultipart(new Uint8Array(bytes?.() ?? native.utf8Encode(text)), boundary);
    if (params === undefined) {
      this.mode = 'raw';
      this.raw = text;
      if (bytes !== undefined) hidden(this, { _sent: { text, bytes } });
    } else {
      this.mode = 'formdata';
      this.formdata = new PropertyList<FormParam>(params, formTraits);
    }
  }

  /** One that can be changed apart and sent as this one can, files included. */
  clone(): RequestBody {
    const copy = new RequestBody({
      ...this.toJSON(),
      ...(this.formdata === undefined ? {} : { formdata: listOf(this.formdata, formTraits).all() }),
    });
    if (this._sent !== undefined) hidden(copy, { _sent: this._sent });
    return copy;
  }

  isEmpty(): boolean {
    const content = this.mode === undefined ? undefined : this[this.mode];
    if (content === undefined || content === null || content === '') return true;
    return content instanceof PropertyList && content.count() === 0;
  }

  /** The rows of a form; nothing where the body is none. */
  fields(): PropertyList<QueryParam> | PropertyList<FormParam> | undefined {
    if (this.mode === 'urlencoded') return listOf(this.urlencoded, queryTraits);
    return this.mode === 'formdata' ? listOf(this.formdata, formTraits) : undefined;
  }

  /** The body as text; of a form with files, none. */
  toString(): string {
    switch (this.mode) {
      case 'urlencoded':
        return formText(listOf(this.urlencoded, queryTraits).all(), legible);
      case 'graphql':
        return graphqlText(this.graphql);
      case 'formdata':
        return '';
      case 'file':
        return fileText(this.file);
      default:
        return asText(this.raw ?? '');
    }
  }

  /** Equal as long as nothing has been changed. */
  signature(): string {
    return this.mode === 'formdata'
      ? `formdata ${JSON.stringify(listOf(this.formdata, formTraits))}`
      : `${this.mode} ${this.toString()}`;
  }

  /** As it is sent; `contentType` is what the request has. Throws for a file that a script would have to read. */
  encode(contentType: unknown): EncodedBody {
    switch (this.mode) {
      case 'formdata': {
        const boundary = boundaryOf(contentType) ?? newBoundary();
        return {
          content: encodeMultipart(listOf(this.formdata, formTraits).all(), boundary),
          contentType: `multipart/form-data; boundary=${boundary}`,
        };
      }
      case 'urlencoded':
        return {
          // Values are looked up before they are encoded: afterwards they could not be told from the form's own marks.
          content: formText(listOf(this.urlencoded, queryTraits).all(), (text) =>
            encodeURIComponent(filled(text)),
          ),
          contentType: 'application/x-www-form-urlencoded',
        };
      case 'graphql':
        return { content: this.toString(), contentType: 'application/json' };
      case 'file':
        if ((this.file as { src?: unknown } | undefined)?.src !== undefined && fileText(this.file) === '') {
          throw new Error("the body's file cannot be read by a script");
        }
        return { content: this.toString(), contentType: undefined };
      default: {
        const text = this.toString();
        // Bytes that are no text have left their mark in it.
        const isBytes = text === this._sent?.text && text.includes('\uFFFD');
        const content = isBytes ? this._sent!.bytes() : text;
        const language = (this.options as { raw?: { language?: unknown } } | undefined)?.raw?.language;
        return {
          content,
          contentType: text === '' || isBytes ? undefined : (typesOfLanguages.get(language) ?? 'text/plain'),
        };
      }
    }
  }

  toJSON(): Record<string, unknown> {
    const json: Record<string, unknown> = { mode: this.mode };
    for (const key of ['raw', 'file', 'graphql', 'options'] as const)
      if (this[key] !== undefined) json[key] = this[key];
    if (this.urlencoded) json['urlencoded'] = listOf(this.urlencoded, queryTraits).toJSON();
    if (this.formdata) json['formdata'] = listOf(this.formdata, formTraits).toJSON();
    return json;
  }
}
expose(RequestBody);

function fileText(file: unknown): string {
  const content = (file as { content?: unknown } | undefined)?.content;
  return typeof content === 'string' ? content : '';
}
