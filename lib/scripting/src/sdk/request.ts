/** `pm.request` and the requests of `pm.sendRequest`. */

import { Assertion } from '../assert/assertion.js';
import { expose } from '../core/expose.js';
import { native, type FlatPairs } from '../core/native.js';
import { atEnd, state } from '../core/state.js';
import { HeaderList, headersFromPairs, type Header } from './header-list.js';
import { describeToChai } from './inspection.js';
import { RequestBody } from './request-body.js';
import { Url } from './url.js';

export interface WireRequest {
  method: string;
  url: string;
  headers: FlatPairs;
  body: string | ArrayBuffer;
}

function authFrom(headers: HeaderList): unknown {
  const value = headers.get('Authorization');
  if (typeof value !== 'string') return undefined;
  const [scheme = '', credentials = ''] = value.split(' ');
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return { type: 'bearer', bearer: [{ key: 'token', value: credentials, type: 'string' }] };
    case 'basic':
      return { type: 'basic' };
    case 'digest':
      return { type: 'digest' };
    default:
      return undefined;
  }
}

export class Request {
  constructor(source: unknown) {
    this.update(source);
  }

  declare _url: Url;
  declare _body: RequestBody | undefined;
  declare _auth: unknown;
  declare _headers: HeaderList;
  declare method: string;

  get url(): Url {
    return this._url;
  }

  set url(value: unknown) {
    this._url = value instanceof Url ? value : new Url(value);
  }

  get body(): RequestBody | undefined {
    return this._body;
  }

  set body(value: unknown) {
    this._body =
      value === undefined || value === null || value instanceof RequestBody
        ? (value ?? undefined)
        : new RequestBody(value);
  }

  get headers(): HeaderList {
    return this._headers;
  }

  get auth(): unknown {
    return this._auth ?? authFrom(this._headers);
  }

  set auth(value: unknown) {
    this._auth = value;
  }

  get to(): Assertion {
    return new Assertion(this, undefined, 0);
  }

  update(source: unknown): void {
    const given = (
      typeof source === 'string' || source instanceof Url ? { url: source } : (source ?? {})
    ) as Record<string, unknown>;
    const headers = new HeaderList([]);
    const listed = given['header'] ?? given['headers'];
    if (listed !== undefined) headers.populate(listed);
    for (const [name, value] of [
      ['_url', new Url(given['url'] instanceof Url ? String(given['url']) : given['url'])],
      ['_headers', headers],
      [
        '_body',
        given['body'] === undefined || given['body'] === null
          ? undefined
          : new RequestBody(given['body'], headers.get('Content-Type')),
      ],
      ['_auth', given['auth']],
    ] as const) {
      Object.defineProperty(this, name, { value, writable: true, configurable: true, enumerable: false });
    }
    this.method = typeof given['method'] === 'string' ? given['method'].toUpperCase() : 'GET';
  }

  addHeader(header: unknown): void {
    this._headers.add(header);
  }

  upsertHeader(header: unknown): void {
    this._headers.upsert(header);
  }

  removeHeader(header: unknown, options?: { ignoreCase?: boolean }): void {
    const name = typeof header === 'string' ? header : (header as Header | undefined)?.key;
    if (name === undefined) return;
    if (options?.ignoreCase) this._headers.remove((item) => item.key.toLowerCase() === name.toLowerCase());
    else this._headers.remove((item) => item.key === name);
  }

  getHeaders(options?: {
    enabled?: boolean;
    ignoreCase?: boolean;
    multiValue?: boolean;
    sanitizeKeys?: boolean;
  }): Record<string, unknown> {
    return this._headers.toObject(
      options?.enabled,
      !options?.ignoreCase,
      options?.multiValue,
      options?.sanitizeKeys,
    );
  }

  forEachHeader(callback: (header: Header, request: Request) => void): void {
    this._headers.each((header) => callback(header, this));
  }

  addQueryParams(params: unknown): void {
    this._url.addQueryParams(params);
  }

  removeQueryParams(params: unknown): void {
    this._url.removeQueryParams(params);
  }

  authorizeUsing(type: unknown, options?: unknown): void {
    if (type === null || type === undefined) this._auth = undefined;
    else if (typeof type === 'object') this._auth = type;
    else this._auth = { type, [String(type)]: options };
  }

  clone(): Request {
    return new Request(this.toJSON());
  }

  size(): { body: number; header: number; total: number; source: string } {
    const body = this._body === undefined ? 0 : native.utf8Encode(this._body.toString()).byteLength;
    const line = `${this.method} ${this._url.getPathWithQuery()} HTTP/1.1\r\n\r\n`;
    const header = line.length + this._headers.contentSize();
    return { body, header, total: body + header, source: 'COMPUTED' };
  }

  toWire(): WireRequest {
    const body = this._body;
    const headers = this._headers.toPairs();
    if (body !== undefined && !this._headers.has('Content-Type')) {
      if (body.mode === 'urlencoded') headers.push('Content-Type', 'application/x-www-form-urlencoded');
      else if (body.mode === 'graphql') headers.push('Content-Type', 'application/json');
      else if (body.mode === 'raw' && languageOf(body) === 'json')
        headers.push('Content-Type', 'application/json');
    }
    const credentials = authorizationOf(this._auth);
    if (credentials !== undefined && !this._headers.has('Authorization'))
      headers.push('Authorization', credentials);
    return {
      method: this.method,
      url: this._url.toString(true),
      headers,
      body: body === undefined ? '' : body.toString(),
    };
  }

  toJSON(): Record<string, unknown> {
    const json: Record<string, unknown> = { url: this._url.toJSON(), method: this.method };
    if (this._headers.count() > 0) json['header'] = this._headers.toJSON();
    if (this._body !== undefined) json['body'] = this._body.toJSON();
    if (this._auth !== undefined) json['auth'] = this._auth;
    return json;
  }

  static isRequest(value: unknown): boolean {
    return value instanceof Request;
  }
}
describeToChai(Request, 'PostmanRequest', 4);
expose(Request);

function languageOf(body: RequestBody): unknown {
  return (body.options as { raw?: { language?: unknown } } | undefined)?.raw?.language;
}

/** The Authorization header of a Postman auth definition, for the kinds that need no challenge. */
function authorizationOf(auth: unknown): string | undefined {
  if (typeof auth !== 'object' || auth === null) return undefined;
  const definition = auth as Record<string, unknown>;
  const type = definition['type'];
  const raw = typeof type === 'string' ? definition[type] : undefined;
  const fields: Record<string, unknown> = {};
  if (Array.isArray(raw))
    for (const { key, value } of raw as { key: string; value: unknown }[]) fields[key] = value;
  else Object.assign(fields, raw);
  if (type === 'bearer') return `Bearer ${String(fields['token'] ?? '')}`;
  if (type === 'basic') {
    const pair = `${String(fields['username'] ?? '')}:${String(fields['password'] ?? '')}`;
    return `Basic ${native.base64Encode(native.utf8Encode(pair))}`;
  }
  return undefined;
}

interface Original {
  url: string;
  urlText: string;
  body: string;
  bodyText: string;
}
const originals = new WeakMap<Request, Original>();

/** The request of this execution; what the script changes is written back at the end. */
export function currentRequest(): Request {
  if (state.request === undefined) {
    const url = native.requestUrl();
    const request = new Request({ url, method: native.requestMethod() });
    const headers = new HeaderList(headersFromPairs(native.requestHeaders()));
    request.method = native.requestMethod();
    Object.defineProperty(request, '_headers', {
      value: headers,
      writable: true,
      configurable: true,
      enumerable: false,
    });
    const body = native.requestBody();
    if (body !== '') request.body = new RequestBody(body, headers.get('Content-Type'));
    originals.set(request, {
      url,
      urlText: request.url.toString(),
      body,
      bodyText: request.body?.toString() ?? '',
    });
    state.request = request;
    native.needEnd();
  }
  return state.request as Request;
}

atEnd(() => {
  const request = state.request as Request | undefined;
  if (request === undefined) return;
  const original = originals.get(request)!;
  const wire = request.toWire();
  // Taking a URL or a form apart and putting it together again may alter its spelling; that alone is no change.
  const url = request.url.toString() === original.urlText ? original.url : wire.url;
  const body = wire.body === original.bodyText ? original.body : wire.body;
  native.setRequest(wire.method, url, wire.headers, body);
});
