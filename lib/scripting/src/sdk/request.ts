/** `pm.request` and the requests of `pm.sendRequest`. */

import { Assertion } from '../assert/assertion.js';
import { expose } from '../core/expose.js';
import { native, type FlatPairs } from '../core/native.js';
import { atEnd, state } from '../core/state.js';
import { HeaderList, headersFromPairs, type Header } from './header-list.js';
import { describeToChai } from './inspection.js';
import { boundaryOf } from './multipart.js';
import { RequestAuth, authOfHeaders, authorizationOf } from './request-auth.js';
import { RequestBody } from './request-body.js';
import { Url } from './url.js';

export interface WireRequest {
  method: string;
  url: string;
  headers: FlatPairs;
  body: string | ArrayBuffer;
}

const authFrom = (value: unknown): RequestAuth | undefined =>
  typeof value !== 'object' || value === null
    ? undefined
    : value instanceof RequestAuth
      ? value
      : new RequestAuth(value);

export class Request {
  constructor(source: unknown) {
    this.become(source);
  }

  declare _url: Url;
  declare _body: RequestBody | undefined;
  declare _auth: RequestAuth | undefined;
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

  get auth(): RequestAuth | undefined {
    return this._auth ?? authOfHeaders(this._headers);
  }

  set auth(value: unknown) {
    this._auth = authFrom(value);
  }

  get to(): Assertion {
    return new Assertion(this, undefined, 0);
  }

  update(source: unknown): void {
    if (typeof source === 'object' && source !== null) this.become(source);
  }

  private become(source: unknown): void {
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
      ['_auth', authFrom(given['auth'])],
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
    this.auth = typeof type === 'object' || type === undefined ? type : { type, [String(type)]: options };
  }

  clone(): Request {
    const copy = new Request(this.toJSON());
    copy.body = this._body?.clone();
    return copy;
  }

  size(): { body: number; header: number; total: number; source: string } {
    const body = this._body === undefined ? 0 : native.utf8Encode(this._body.toString()).byteLength;
    const line = `${this.method} ${this._url.getPathWithQuery()} HTTP/1.1\r\n\r\n`;
    const header = line.length + this._headers.contentSize();
    return { body, header, total: body + header, source: 'COMPUTED' };
  }

  /** `withBody` false leaves the body and what goes with it out. */
  toWire(withBody = true): WireRequest {
    const given = this._headers.get('Content-Type');
    const body = withBody ? this._body?.encode(given) : undefined;
    const headers = this._headers.toPairs();
    if (body?.contentType !== undefined) {
      if (given === undefined) headers.push('Content-Type', body.contentType);
      // Without its boundary a form cannot be read.
      else if (this._body!.mode === 'formdata' && boundaryOf(given) === undefined)
        replaceValue(headers, 'content-type', body.contentType);
    }
    const credentials = authorizationOf(this._auth);
    if (credentials !== undefined && !this._headers.has('Authorization'))
      headers.push('Authorization', credentials);
    return {
      method: this.method,
      url: this._url.toString(true),
      headers,
      body: body?.content ?? '',
    };
  }

  toJSON(): Record<string, unknown> {
    const json: Record<string, unknown> = { url: this._url.toJSON(), method: this.method };
    if (this._headers.count() > 0) json['header'] = this._headers.toJSON();
    if (this._body !== undefined) json['body'] = this._body.toJSON();
    if (this._auth !== undefined) json['auth'] = this._auth.toJSON();
    return json;
  }

  static isRequest(value: unknown): boolean {
    return value instanceof Request;
  }
}
describeToChai(Request, 'PostmanRequest', 4);
expose(Request);

function replaceValue(pairs: FlatPairs, name: string, value: string): void {
  for (let at = 0; at < pairs.length; at += 2) if (pairs[at]!.toLowerCase() === name) pairs[at + 1] = value;
}

/** Content types that a body's mode brings with it, rather than somebody's choice. */
const typesOfModes = /^(application\/(json|x-www-form-urlencoded)|text\/plain|multipart\/form-data)\s*(;|$)/i;

interface Original {
  url: string;
  urlText: string;
  mode: string | undefined;
  /** Of its body, see {@link RequestBody.signature}. */
  signature: string | undefined;
  contentType: unknown;
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
    const contentType = headers.get('Content-Type');
    if (body !== '') request.body = new RequestBody(body, contentType, native.requestBytes);
    originals.set(request, {
      url,
      urlText: request.url.toString(),
      mode: request.body?.mode,
      signature: request.body?.signature(),
      contentType,
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
  const isSame = request.body?.signature() === original.signature;
  const { contentType } = original;
  if (
    request.body !== undefined &&
    original.mode !== undefined &&
    request.body.mode !== original.mode &&
    typeof contentType === 'string' &&
    typesOfModes.test(contentType) &&
    request.headers.get('Content-Type') === contentType
  ) {
    request.headers.remove('Content-Type');
  }
  const wire = isSame ? { ...request.toWire(false), body: undefined } : request.toWire();
  // Taking a URL or a form apart and putting it together again may alter its spelling; that alone is no change.
  const url = request.url.toString() === original.urlText ? original.url : wire.url;
  native.setRequest(wire.method, url, wire.headers, wire.body);
});
