/** `URL` and `URLSearchParams`, for the special schemes that scripts meet (http, https, ws, wss, ftp, file) and opaque ones. */

import { expose } from '../core/expose.js';

const defaultPorts: Record<string, string> = {
  'http:': '80',
  'https:': '443',
  'ws:': '80',
  'wss:': '443',
  'ftp:': '21',
  'file:': '',
};

const encodeWith = (text: string, keep: RegExp): string =>
  [...text].map((char) => (keep.test(char) ? char : encodeURIComponent(char))).join('');
const pathKeep = /[A-Za-z0-9\-._~!$&'()*+,;=:@/%[\]|^\\]/;
const queryKeep = /[A-Za-z0-9\-._~!$&()*+,;=:@/?%[\]|^\\`{}]/;
const hashKeep = /[A-Za-z0-9\-._~!$&'()*+,;=:@/?%[\]|^\\{}#]/;

const formEncode = (text: string): string =>
  encodeURIComponent(text)
    .replace(/%20/g, '+')
    .replace(/[!'()~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

function formDecode(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced.replace(/%[0-9a-f]{2}/gi, (escape) => {
      try {
        return decodeURIComponent(escape);
      } catch {
        return '\ufffd';
      }
    });
  }
}

export class URLSearchParams {
  #pairs: [string, string][] = [];
  #changed: (() => void) | undefined;

  constructor(source: unknown = '') {
    if (typeof source === 'string') {
      this.#parse(source.startsWith('?') ? source.slice(1) : source);
    } else if (source instanceof URLSearchParams) {
      this.#pairs = [...source.#pairs];
    } else if (typeof source === 'object' && source !== null) {
      const entries =
        Symbol.iterator in source ? [...(source as Iterable<[unknown, unknown]>)] : Object.entries(source);
      for (const [name, value] of entries) this.#pairs.push([String(name), String(value)]);
    } else if (source !== null && source !== undefined) {
      this.#parse(String(source));
    }
  }

  static connected(query: string, changed: () => void): URLSearchParams {
    const params = new URLSearchParams(query);
    params.#changed = changed;
    return params;
  }

  replaceAllWith(query: string): void {
    this.#pairs = [];
    this.#parse(query);
  }

  #parse(text: string): void {
    for (const part of text.split('&')) {
      if (part === '') continue;
      const equals = part.indexOf('=');
      const name = equals < 0 ? part : part.slice(0, equals);
      this.#pairs.push([formDecode(name), equals < 0 ? '' : formDecode(part.slice(equals + 1))]);
    }
  }

  get size(): number {
    return this.#pairs.length;
  }

  append(name: unknown, value: unknown): void {
    this.#pairs.push([String(name), String(value)]);
    this.#changed?.();
  }

  delete(name: unknown, value?: unknown): void {
    this.#pairs = this.#pairs.filter(
      ([key, held]) => key !== String(name) || (value !== undefined && held !== String(value)),
    );
    this.#changed?.();
  }

  get(name: unknown): string | null {
    return this.#pairs.find(([key]) => key === String(name))?.[1] ?? null;
  }

  getAll(name: unknown): string[] {
    return this.#pairs.filter(([key]) => key === String(name)).map(([, value]) => value);
  }

  has(name: unknown, value?: unknown): boolean {
    return this.#pairs.some(
      ([key, held]) => key === String(name) && (value === undefined || held === String(value)),
    );
  }

  set(name: unknown, value: unknown): void {
    const key = String(name);
    const at = this.#pairs.findIndex(([held]) => held === key);
    if (at < 0) {
      this.#pairs.push([key, String(value)]);
    } else {
      this.#pairs[at] = [key, String(value)];
      this.#pairs = this.#pairs.filter(([held], i) => held !== key || i === at);
    }
    this.#changed?.();
  }

  sort(): void {
    this.#pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    this.#changed?.();
  }

  forEach(callback: (value: string, name: string, params: URLSearchParams) => void, context?: unknown): void {
    for (const [name, value] of this.#pairs) callback.call(context, value, name, this);
  }

  *entries(): IterableIterator<[string, string]> {
    for (const [name, value] of this.#pairs) yield [name, value];
  }

  *keys(): IterableIterator<string> {
    for (const [name] of this.#pairs) yield name;
  }

  *values(): IterableIterator<string> {
    for (const [, value] of this.#pairs) yield value;
  }

  [Symbol.iterator](): IterableIterator<[string, string]> {
    return this.entries();
  }

  toString(): string {
    return this.#pairs.map(([name, value]) => `${formEncode(name)}=${formEncode(value)}`).join('&');
  }
}
expose(URLSearchParams);

interface Parts {
  protocol: string;
  username: string;
  password: string;
  hostname: string;
  port: string;
  pathname: string;
  search: string;
  hash: string;
  opaque: boolean;
}

function normalisePath(path: string): string {
  const output: string[] = [];
  const segments = path.replaceAll('\\', '/').split('/');
  segments.shift();
  segments.forEach((segment, i) => {
    const bare = segment.toLowerCase().replaceAll('%2e', '.');
    const last = i === segments.length - 1;
    if (bare === '..') {
      output.pop();
      if (last) output.push('');
    } else if (bare === '.') {
      if (last) output.push('');
    } else {
      output.push(encodeWith(segment, pathKeep));
    }
  });
  return `/${output.join('/')}`;
}

function parseHost(host: string, input: string): string {
  if (host.startsWith('[')) return host.toLowerCase();
  let decoded = host;
  try {
    decoded = decodeURIComponent(host);
  } catch {
    throw invalid(input);
  }
  decoded = decoded.toLowerCase();
  if (decoded === '' || /[\s#/:<>?@[\\\]^|%]/.test(decoded)) throw invalid(input);
  return decoded;
}

function invalid(input: string): TypeError {
  const error = new TypeError('Invalid URL');
  Object.defineProperty(error, 'code', {
    value: 'ERR_INVALID_URL',
    enumerable: true,
    configurable: true,
    writable: true,
  });
  Object.defineProperty(error, 'input', {
    value: input,
    enumerable: true,
    configurable: true,
    writable: true,
  });
  return error;
}

function parse(input: string, base: Parts | undefined): Parts {
  let rest = input.trim().replace(/[\t\n\r]/g, '');
  let hash = '';
  let search = '';
  const hashAt = rest.indexOf('#');
  if (hashAt >= 0) {
    hash = encodeWith(rest.slice(hashAt), hashKeep);
    rest = rest.slice(0, hashAt);
  }
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(rest);
  const protocol = scheme ? scheme[0].toLowerCase() : base?.protocol;
  if (protocol === undefined) throw invalid(input);
  const special = Object.hasOwn(defaultPorts, protocol);
  const queryAt = rest.indexOf('?');
  if (queryAt >= 0) {
    search = encodeWith(rest.slice(queryAt), queryKeep);
    rest = rest.slice(0, queryAt);
  }
  if (hash === '#') hash = '';
  if (scheme) {
    rest = rest.slice(scheme[0].length);
    if (!special && !rest.startsWith('//')) {
      return {
        protocol,
        username: '',
        password: '',
        hostname: '',
        port: '',
        pathname: rest,
        search: search === '?' ? '' : search,
        hash,
        opaque: true,
      };
    }
    rest = special ? rest.replace(/^[/\\]*/, '//') : rest;
  }
  const emptied = search === '?' ? '' : search;
  if (special) rest = rest.replaceAll('\\', '/');
  if (!rest.startsWith('//')) {
    if (!base || base.opaque) throw invalid(input);
    if (rest === '') return { ...base, search: queryAt >= 0 ? emptied : base.search, hash };
    const path = rest.startsWith('/')
      ? rest
      : base.pathname.slice(0, base.pathname.lastIndexOf('/') + 1) + rest;
    return { ...base, pathname: normalisePath(path), search: emptied, hash };
  }
  rest = rest.slice(2);
  const slash = rest.indexOf('/');
  let authority = slash < 0 ? rest : rest.slice(0, slash);
  const path = slash < 0 ? '/' : rest.slice(slash);
  let username = '';
  let password = '';
  const at = authority.lastIndexOf('@');
  if (at >= 0) {
    const [user = '', ...secret] = authority.slice(0, at).split(':');
    username = encodeWith(user, /[A-Za-z0-9\-._~!$&'()*+,%]/);
    password = encodeWith(secret.join(':'), /[A-Za-z0-9\-._~!$&'()*+,%]/);
    authority = authority.slice(at + 1);
  }
  let port = '';
  const portMatch = /:(\d*)$/.exec(authority);
  if (portMatch) {
    if (Number(portMatch[1]) > 65535) throw invalid(input);
    port = portMatch[1] === '' ? '' : String(Number(portMatch[1]));
    authority = authority.slice(0, portMatch.index);
  } else if (/:[^\]]*$/.test(authority) && !authority.endsWith(']')) {
    throw invalid(input);
  }
  if (port === defaultPorts[protocol]) port = '';
  const hostname = protocol === 'file:' && authority === '' ? '' : parseHost(authority, input);
  return {
    protocol,
    username,
    password,
    hostname,
    port,
    pathname: normalisePath(path),
    search: emptied,
    hash,
    opaque: false,
  };
}

const prefixed = (text: string, prefix: string): string =>
  text === '' || text === prefix ? '' : text.startsWith(prefix) ? text : prefix + text;

export class URL {
  #parts: Parts;
  #params: URLSearchParams | undefined;

  constructor(input: unknown, base?: unknown) {
    this.#parts = parse(String(input), base === undefined ? undefined : parse(String(base), undefined));
  }

  static canParse(input: unknown, base?: unknown): boolean {
    try {
      new URL(input, base);
      return true;
    } catch {
      return false;
    }
  }

  get href(): string {
    const { protocol, username, password, pathname, search, hash, opaque } = this.#parts;
    if (opaque) return `${protocol}${pathname}${search}${hash}`;
    const credentials =
      username === '' && password === '' ? '' : `${username}${password === '' ? '' : `:${password}`}@`;
    return `${protocol}//${credentials}${this.host}${pathname}${search}${hash}`;
  }

  set href(value: unknown) {
    this.#parts = parse(String(value), undefined);
    this.#params?.replaceAllWith(this.#parts.search.slice(1));
  }

  get origin(): string {
    const { protocol, opaque } = this.#parts;
    return opaque || protocol === 'file:' || !Object.hasOwn(defaultPorts, protocol)
      ? 'null'
      : `${protocol}//${this.host}`;
  }

  get protocol(): string {
    return this.#parts.protocol;
  }

  set protocol(value: unknown) {
    const text = String(value).toLowerCase().replace(/:.*$/, '');
    if (Object.hasOwn(defaultPorts, `${text}:`) === Object.hasOwn(defaultPorts, this.#parts.protocol))
      this.#parts.protocol = `${text}:`;
  }

  get username(): string {
    return this.#parts.username;
  }

  set username(value: unknown) {
    this.#parts.username = encodeURIComponent(String(value));
  }

  get password(): string {
    return this.#parts.password;
  }

  set password(value: unknown) {
    this.#parts.password = encodeURIComponent(String(value));
  }

  get host(): string {
    const { hostname, port } = this.#parts;
    return port === '' ? hostname : `${hostname}:${port}`;
  }

  set host(value: unknown) {
    const { hostname, port } = parse(`${this.#parts.protocol}//${String(value)}`, undefined);
    this.#parts.hostname = hostname;
    if (port !== '') this.#parts.port = port;
  }

  get hostname(): string {
    return this.#parts.hostname;
  }

  set hostname(value: unknown) {
    this.#parts.hostname = parseHost(String(value), String(value));
  }

  get port(): string {
    return this.#parts.port;
  }

  set port(value: unknown) {
    const text = String(value);
    if (/^\d*$/.test(text) && Number(text) <= 65535)
      this.#parts.port = text === defaultPorts[this.#parts.protocol] ? '' : text;
  }

  get pathname(): string {
    return this.#parts.pathname;
  }

  set pathname(value: unknown) {
    this.#parts.pathname = normalisePath(prefixed(String(value), '/') || '/');
  }

  get search(): string {
    return this.#parts.search;
  }

  set search(value: unknown) {
    this.#parts.search = encodeWith(prefixed(String(value), '?'), queryKeep);
    this.#params?.replaceAllWith(this.#parts.search.slice(1));
  }

  get hash(): string {
    return this.#parts.hash;
  }

  set hash(value: unknown) {
    this.#parts.hash = encodeWith(prefixed(String(value), '#'), hashKeep);
  }

  get searchParams(): URLSearchParams {
    const params: URLSearchParams = (this.#params ??= URLSearchParams.connected(
      this.#parts.search.slice(1),
      () => {
        const query = params.toString();
        this.#parts.search = query === '' ? '' : `?${query}`;
      },
    ));
    return params;
  }

  toString(): string {
    return this.href;
  }

  toJSON(): string {
    return this.href;
  }
}
expose(URL);
