/** `pm.response`, and the responses of `pm.sendRequest`. Reads from the engine only what is asked for. */

import { Assertion } from '../assert/assertion.js';
import { expose } from '../core/expose.js';
import { native } from '../core/native.js';
import { contentInfo, type ContentInfo } from './content-info.js';
import { CookieList, parseSetCookie, type Cookie } from './cookie-list.js';
import type { HeaderList } from './header-list.js';
import { ResponseHeaderList, type Header } from './header-list.js';
import { describeToChai } from './inspection.js';
import { jsonError } from './json-error.js';
import { reasonPhrase, statusDetails, type StatusDetails } from './status-codes.js';

export interface ResponseSize {
  body: number;
  header: number;
  total: number;
}

/** Where a response's facts come from: the exchange under way, or one that was handed over. */
export interface ResponseSource {
  code(): number;
  status(): string;
  headers(): HeaderList;
  text(): string;
  json(): unknown;
  bytes(): ArrayBuffer;
  timeMs(): number;
  bodyBytes(): number;
}

export const exchangeSource: ResponseSource = {
  code: () => native.responseStatus(),
  status: () => native.responseStatusText(),
  headers: () => new ResponseHeaderList(),
  text: () => native.responseText(),
  json: () => native.responseJson(),
  bytes: () => native.responseBytes(),
  timeMs: () => native.responseTimeMs(),
  bodyBytes: () => native.responseBodyBytes(),
};

export class Response {
  constructor(source: ResponseSource) {
    Object.defineProperty(this, '_source', { value: source, enumerable: false });
  }

  declare readonly _source: ResponseSource;
  declare _headers: HeaderList | undefined;
  declare _cookies: CookieList | undefined;
  declare _id: string | undefined;

  get code(): number {
    return this._source.code();
  }

  get status(): string {
    return this._source.status() || reasonPhrase(this.code);
  }

  get headers(): HeaderList {
    if (this._headers === undefined) remember(this, '_headers', this._source.headers());
    return this._headers!;
  }

  get cookies(): CookieList {
    if (this._cookies === undefined) {
      const cookies: Cookie[] = [];
      this.headers.each((header: Header) => {
        const cookie = header.key.toLowerCase() === 'set-cookie' ? parseSetCookie(header.value) : undefined;
        if (cookie) cookies.push(cookie);
      });
      remember(this, '_cookies', new CookieList(cookies));
    }
    return this._cookies!;
  }

  get responseTime(): number {
    return this._source.timeMs();
  }

  get time(): number {
    return this._source.timeMs();
  }

  get responseSize(): number {
    return this._source.bodyBytes();
  }

  get id(): string {
    if (this._id === undefined) remember(this, '_id', native.dynamicValue('$guid'));
    return this._id!;
  }

  get body(): string {
    return this._source.text();
  }

  get stream(): unknown {
    const { Buffer } = native.loadBundle('buffer') as { Buffer: { from(bytes: ArrayBuffer): unknown } };
    return Buffer.from(this._source.bytes());
  }

  get to(): Assertion {
    return new Assertion(this, undefined, 0);
  }

  text(): string {
    return this._source.text();
  }

  json(reviver?: unknown): unknown {
    let value: unknown;
    try {
      value = this._source.json();
    } catch (error) {
      throw jsonError(error, this._source.text());
    }
    if (typeof reviver !== 'function') return value;
    return JSON.parse(
      this._source.text(),
      reviver as (this: unknown, key: string, value: unknown) => unknown,
    );
  }

  jsonp(reviver?: unknown): unknown {
    const inner = /^\s*[\w$.]+\s*\(([\s\S]*)\)\s*;?\s*$/.exec(this.text());
    return JSON.parse(
      inner ? inner[1]! : this.text(),
      reviver as (this: unknown, key: string, value: unknown) => unknown,
    );
  }

  reason(): string {
    return this.status || 'Unknown';
  }

  details(): StatusDetails {
    return statusDetails(this.code, this._source.status());
  }

  size(): ResponseSize {
    const body = this._source.bodyBytes();
    const statusLine = `HTTP/1.1 ${this.code} ${this.status}\r\n`;
    const header = statusLine.length + this.headers.contentSize() + 2;
    return { body, header, total: body + header };
  }

  encoding(): { format: string | undefined; source: string | undefined } {
    const encoding = this.headers.get('Content-Encoding');
    return typeof encoding === 'string'
      ? { format: encoding, source: 'header' }
      : { format: undefined, source: undefined };
  }

  contentInfo(): ContentInfo {
    return contentInfo(this.headers.get('Content-Type'), this.headers.get('Content-Disposition'));
  }

  mime(): never {
    throw new Error('`Response#mime` has been discontinued, use `Response#contentInfo` instead.');
  }

  dataURI(): string {
    const { contentType } = this.contentInfo();
    return `data:${contentType};base64, ${native.base64Encode(this._source.bytes())}`;
  }

  toJSON(): Record<string, unknown> {
    return {
      id: this.id,
      status: this.status,
      code: this.code,
      header: this.headers.toJSON(),
      cookie: this.cookies.toJSON(),
      responseTime: this.responseTime,
      responseSize: this.responseSize,
      body: this.body,
    };
  }

  static isResponse(value: unknown): boolean {
    return value instanceof Response;
  }
}
describeToChai(Response, 'PostmanResponse', 10);
expose(Response);

function remember(holder: object, name: string, value: unknown): void {
  Object.defineProperty(holder, name, { value, writable: true, configurable: true, enumerable: false });
}
