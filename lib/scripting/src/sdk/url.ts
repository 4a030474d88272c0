/** `pm.request.url`: a URL in Postman's parts. Unlike WHATWG URLs it keeps `{{templates}}` and whatever else was written. */

import { expose } from '../core/expose.js';
import { PropertyList, type ListTraits } from './property-list.js';

export interface QueryParam {
  key: string | null;
  value: string | null;
  disabled?: boolean;
}

interface UrlParts {
  auth?: { user: string; password: string } | undefined;
  protocol?: string | undefined;
  host?: string[] | undefined;
  port?: string | undefined;
  path?: string[] | undefined;
  query?: QueryParam[] | undefined;
  hash?: string | undefined;
  variable?: unknown[] | undefined;
}

const splitParam = (text: string): QueryParam => {
  const equals = text.indexOf('=');
  return equals < 0
    ? { key: text, value: null }
    : { key: text.slice(0, equals), value: text.slice(equals + 1) };
};

export const parseQuery = (text: string): QueryParam[] =>
  text === '' ? [] : text.split('&').map(splitParam);

export function stringifyQuery(items: QueryParam[]): string {
  return items
    .filter((item) => !item.disabled)
    .map((item) =>
      item.value === null || item.value === undefined ? (item.key ?? '') : `${item.key ?? ''}=${item.value}`,
    )
    .join('&');
}

export const queryTraits: ListTraits<QueryParam> = {
  multiple: true,
  parse: (source) => {
    if (typeof source === 'string') return splitParam(source);
    if (typeof source !== 'object' || source === null) return undefined;
    const { key, value, disabled } = source as QueryParam;
    const param: QueryParam = {
      key: key === undefined ? null : key === null ? null : String(key),
      value: value === undefined || value === null ? null : String(value),
    };
    if (disabled) param.disabled = true;
    return param;
  },
  parseAll: parseQuery,
  stringify: stringifyQuery,
};

export class QueryParamList extends PropertyList<QueryParam> {
  constructor(items: QueryParam[], onChange?: () => void) {
    super(items, queryTraits);
    Object.defineProperty(this, '_onChange', { value: onChange, enumerable: false });
  }

  declare private _onChange?: () => void;

  protected override changed(): void {
    this._onChange?.();
  }

  override toObject(...options: Parameters<PropertyList<QueryParam>['toObject']>): Record<string, unknown> {
    const filled = (value: unknown): unknown => (Array.isArray(value) ? value.map(filled) : (value ?? ''));
    const found = super.toObject(...options);
    for (const name of Object.keys(found)) found[name] = filled(found[name]);
    return found;
  }
}
expose(QueryParamList);

function parseUrl(text: string): UrlParts {
  const parts: UrlParts = {};
  let rest = text.trim();
  const hash = rest.indexOf('#');
  if (hash >= 0) {
    parts.hash = rest.slice(hash + 1);
    rest = rest.slice(0, hash);
  }
  const question = rest.indexOf('?');
  if (question >= 0) {
    parts.query = parseQuery(rest.slice(question + 1));
    rest = rest.slice(0, question);
  }
  const scheme = /^([a-z][\w+.-]*|\{\{[^{}]*\}\}):\/\//i.exec(rest);
  if (scheme) {
    parts.protocol = scheme[1];
    rest = rest.slice(scheme[0].length);
  }
  const slash = rest.indexOf('/');
  let authority = slash < 0 ? rest : rest.slice(0, slash);
  if (slash >= 0) parts.path = rest.slice(slash + 1).split('/');
  const at = authority.lastIndexOf('@');
  if (at >= 0) {
    const [user = '', ...password] = authority.slice(0, at).split(':');
    parts.auth = { user, password: password.join(':') };
    authority = authority.slice(at + 1);
  }
  const port = /:(\d+|\{\{[^{}]*\}\})$/.exec(authority);
  if (port) {
    parts.port = port[1];
    authority = authority.slice(0, port.index);
  }
  if (authority !== '') parts.host = authority.startsWith('[') ? [authority] : splitHost(authority);
  return parts;
}

function splitHost(host: string): string[] {
  const labels: string[] = [];
  let depth = 0;
  let label = '';
  for (const char of host) {
    if (char === '{') ++depth;
    if (char === '}') --depth;
    if (char === '.' && depth === 0) {
      labels.push(label);
      label = '';
    } else {
      label += char;
    }
  }
  labels.push(label);
  return labels;
}

const asList = (value: unknown, separator: string): string[] | undefined => {
  if (typeof value === 'string') return value.split(separator);
  return Array.isArray(value) ? value.map(String) : undefined;
};

export class Url {
  constructor(source?: unknown, onChange?: () => void) {
    Object.defineProperty(this, '_onChange', { value: onChange, enumerable: false });
    this.assign(source);
  }

  declare private _onChange?: () => void;
  declare auth: { user: string; password: string } | undefined;
  declare protocol: string | undefined;
  declare port: string | undefined;
  declare path: string[] | undefined;
  declare host: string[] | undefined;
  declare hash: string | undefined;
  declare query: QueryParamList;
  declare variables: PropertyList<{ key: string; value: unknown }>;

  private assign(source: unknown): void {
    let parts: UrlParts = {};
    if (typeof source === 'string') {
      parts = parseUrl(source);
    } else if (typeof source === 'object' && source !== null) {
      const given = source as Record<string, unknown>;
      const query = given['query'];
      parts = {
        protocol: given['protocol'] as string | undefined,
        port: given['port'] === undefined ? undefined : String(given['port']),
        host: asList(given['host'], '.'),
        path: asList(
          typeof given['path'] === 'string' ? given['path'].replace(/^\//, '') : given['path'],
          '/',
        ),
        hash: given['hash'] as string | undefined,
        auth: given['auth'] as UrlParts['auth'],
        query:
          query instanceof PropertyList
            ? (query.all() as QueryParam[])
            : Array.isArray(query)
              ? query.map((item) => queryTraits.parse!(item)!).filter(Boolean)
              : typeof query === 'string'
                ? parseQuery(query)
                : undefined,
        variable: given['variable'] as unknown[] | undefined,
      };
      const raw = given['raw'];
      if (typeof raw === 'string' && parts.host === undefined && parts.path === undefined)
        parts = parseUrl(raw);
    }
    this.auth = parts.auth;
    this.protocol = parts.protocol;
    this.port = parts.port;
    this.path = parts.path;
    this.hash = parts.hash;
    this.host = parts.host;
    this.query = new QueryParamList(parts.query ?? [], () => this._onChange?.());
    const variables = Array.isArray(parts.variable)
      ? (parts.variable as { key: string; value: unknown }[])
      : [];
    this.variables = new PropertyList<{ key: string; value: unknown }>(variables, {});
    // Segments such as `:id` are variables, given or not.
    for (const segment of parts.path ?? []) {
      if (segment.length > 1 && segment.startsWith(':') && !this.variables.has(segment.slice(1)))
        this.variables.add({ type: 'any', key: segment.slice(1), value: undefined });
    }
  }

  update(source: unknown): void {
    this.assign(source);
    this._onChange?.();
  }

  addQueryParams(params: unknown): void {
    const isOne = typeof params === 'object' && params !== null && 'key' in params;
    this.query.populate(isOne ? [params] : params);
  }

  removeQueryParams(params: unknown): void {
    const names = Array.isArray(params) ? (params as unknown[]) : [params];
    for (const param of names) {
      const key = typeof param === 'string' ? param : (param as QueryParam | undefined)?.key;
      if (typeof key === 'string') this.query.remove(key);
    }
  }

  getHost(): string {
    return this.host === undefined ? '' : Array.isArray(this.host) ? this.host.join('.') : String(this.host);
  }

  getRemote(forcePort?: boolean): string {
    const host = this.getHost();
    if (this.port !== undefined && this.port !== '') return `${host}:${this.port}`;
    return forcePort ? `${host}:${this.protocol === 'https' ? 443 : 80}` : host;
  }

  getPath(unresolved?: boolean): string {
    if (this.path === undefined) return '/';
    const segments =
      typeof this.path === 'string' ? String(this.path).replace(/^\//, '').split('/') : this.path;
    const values = unresolved ? {} : this.variables.toObject();
    return `/${segments
      .map((segment) => {
        const name = segment.startsWith(':') ? segment.slice(1) : '';
        return name !== '' && values[name] !== undefined ? String(values[name]) : segment;
      })
      .join('/')}`;
  }

  getQueryString(): string {
    return this.query.toString();
  }

  getPathWithQuery(): string {
    const query = this.getQueryString();
    return query === '' ? this.getPath() : `${this.getPath()}?${query}`;
  }

  getRaw(): string {
    return this.toString();
  }

  toString(forceProtocol?: boolean): string {
    let text = '';
    const protocol = this.protocol ?? (forceProtocol ? 'http' : undefined);
    if (protocol !== undefined && protocol !== '')
      text += protocol.endsWith('://') ? protocol : `${protocol}://`;
    if (this.auth) text += `${this.auth.user}${this.auth.password === '' ? '' : `:${this.auth.password}`}@`;
    text += this.getRemote();
    if (this.path !== undefined) text += this.getPath();
    if (this.query.count() > 0) {
      const query = this.getQueryString();
      if (query !== '') text += `?${query}`;
    }
    if (this.hash !== undefined) text += `#${this.hash}`;
    return text;
  }

  toJSON(): Record<string, unknown> {
    const json: Record<string, unknown> = {};
    for (const key of ['auth', 'protocol', 'port', 'path', 'hash', 'host'] as const) {
      if (this[key] !== undefined) json[key] = this[key];
    }
    json['query'] = this.query.toJSON();
    json['variable'] = this.variables.toJSON();
    return json;
  }
}
expose(Url);
