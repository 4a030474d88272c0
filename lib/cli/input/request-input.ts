import { resolve } from 'node:path';
import { CliError } from '../cli-error.js';
import type { RequestOptions } from '../options/request-options.js';

type Fields = Record<string, unknown>;

/** What the options name on disk, read. */
export interface RequestTexts {
  body?: BodyInput;
  script?: string;
  preScript?: string;
  environment?: Record<string, unknown>;
  vault?: Record<string, unknown>;
}

export type BodyInput = { kind: 'text'; text: string } | { kind: 'file'; path: string };

/** The request of a file, or of a bare URL, with the options put over it. Pure. */
export function applyRequestOptions(base: Fields, options: RequestOptions, texts: RequestTexts): Fields {
  const { tests, ...rest } = base;
  const request: Fields = options.script === undefined && tests !== undefined ? { ...rest, tests } : rest;
  const set = (key: string, value: unknown): void => {
    if (value !== undefined) request[key] = value;
  };
  set('method', (options.method ?? options.request)?.toUpperCase());
  set('postRequestScript', texts.script);
  set('preRequestScript', texts.preScript);
  set('timeout', options.timeout);
  set('connectTimeout', options.connectTimeout);
  set('maxRedirects', options.maxRedirects);
  set('httpVersion', options.httpVersion);
  set('unixSocket', options.unixSocket);
  set('resolve', options.resolve);
  set('insecure', options.insecure);
  set('caFile', absolute(options.cacert));
  if (!options.redirects) request['followRedirects'] = false;
  if (!options.compressed) request['compressed'] = false;
  if (options.proxy !== undefined) request['proxy'] = withScheme(options.proxy);
  if (options.key !== undefined && options.cert === undefined) {
    throw new CliError('--key: needs --cert with the certificate that it belongs to');
  }
  if (options.cert !== undefined) {
    request['clientCert'] = {
      cert: absolute(options.cert),
      ...(options.key === undefined ? {} : { key: absolute(options.key) }),
    };
  }
  const auth = authOf(options);
  if (auth !== undefined) request['auth'] = auth;
  if (options.form !== undefined) {
    if (texts.body !== undefined)
      throw new CliError('--form: cannot be used together with --data; a request has one body');
    request['body'] = { mode: 'form-data', fields: options.form.map(formField) };
  } else if (texts.body !== undefined) {
    request['body'] = texts.body.kind === 'text' ? texts.body.text : { mode: 'binary', src: texts.body.path };
  }
  const headers = headersOf(request['headers'], options, texts.body);
  if (headers !== undefined) request['headers'] = headers;
  const variables = {
    ...asObject(request['variables']),
    ...texts.environment,
    ...Object.fromEntries(options.var ?? []),
  };
  if (Object.keys(variables).length > 0) request['variables'] = variables;
  if (texts.vault !== undefined) request['vault'] = { ...asObject(request['vault']), ...texts.vault };
  return request;
}

function authOf(options: RequestOptions): Fields | undefined {
  const credentials = options.auth ?? options.user;
  if (credentials !== undefined && options.bearer !== undefined) {
    throw new CliError('--bearer: cannot be used together with --auth; a request has one Authorization');
  }
  if (options.bearer !== undefined) return { type: 'bearer', token: options.bearer };
  if (credentials === undefined) {
    if (options.authType !== undefined)
      throw new CliError(`--auth-type: needs --auth user:password for "${options.authType}"`);
    return undefined;
  }
  const at = credentials.indexOf(':');
  const username = at < 0 ? credentials : credentials.slice(0, at);
  const password = at < 0 ? '' : credentials.slice(at + 1);
  return { type: options.authType ?? 'basic', username, password };
}

/** `name=value`, `name=@file`, with `;type=` after either, as curl reads it. */
function formField(text: string): Fields {
  const at = text.indexOf('=');
  if (at <= 0) throw new CliError(`--form: expected name=value or name=@file, got ${JSON.stringify(text)}`);
  const key = text.slice(0, at);
  const type = /;type=([^;]+)$/.exec(text);
  const value = text.slice(at + 1, type === null ? undefined : type.index);
  const contentType = type?.[1] === undefined ? {} : { contentType: type[1] };
  return value.startsWith('@')
    ? { key, type: 'file', src: resolve(value.slice(1)), ...contentType }
    : { key, value, ...contentType };
}

/** The file's headers with those of the options in the place of theirs. Undefined where nothing is to be changed. */
function headersOf(base: unknown, options: RequestOptions, body: BodyInput | undefined): unknown {
  const added: [string, string][] = [...(options.header ?? [])];
  if (options.contentType !== undefined) added.push(['Content-Type', options.contentType]);
  if (!options.keepalive) added.push(['Connection', 'close']);
  const rows = headerRows(base);
  const names = new Set([...added, ...rows].map(([name]) => name.toLowerCase()));
  if (body !== undefined && options.form === undefined && !names.has('content-type')) {
    added.push(['Content-Type', contentTypeOf(body)]);
  }
  if (added.length === 0) return undefined;
  const replaced = new Set(added.map(([name]) => name.toLowerCase()));
  const kept = rows.filter(([name]) => !replaced.has(name.toLowerCase()));
  return [...kept, ...added].map(([key, value]) => ({ key, value }));
}

function headerRows(headers: unknown): [string, unknown][] {
  if (Array.isArray(headers)) {
    return headers
      .filter((row: Fields) => row['enabled'] !== false && row['disabled'] !== true)
      .map((row: Fields) => [String(row['key']), row['value']]);
  }
  return Object.entries(asObject(headers)).flatMap(([name, value]) =>
    Array.isArray(value)
      ? value.map((one): [string, unknown] => [name, one])
      : [[name, value] as [string, unknown]],
  );
}

/** What curl sends for a form, and what is meant for JSON. */
function contentTypeOf(body: BodyInput): string {
  if (body.kind === 'file') return 'application/octet-stream';
  const text = body.text.trim();
  if (/^[[{]/.test(text)) return 'application/json';
  if (/^<[?!a-z]/i.test(text)) return 'application/xml';
  return /^[^\s=&]+=/.test(text) ? 'application/x-www-form-urlencoded' : 'text/plain';
}

function withScheme(proxy: string): string {
  return /^[a-z][a-z0-9]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
}

function absolute(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(path);
}

export function asObject(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

/** The variables of a plain object, or of an exported Postman environment (`values: [{key, value, enabled}]`). */
export function variablesOf(document: unknown, source: string): Fields {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new CliError(
      `${source}: expected an object of variables or a Postman environment, got ${Array.isArray(document) ? 'an array' : JSON.stringify(document)}`,
    );
  }
  const { values, variables } = document as { values?: unknown; variables?: unknown };
  if (Array.isArray(values)) {
    return Object.fromEntries(
      values
        .filter((row: Fields) => row['enabled'] !== false && typeof row['key'] === 'string')
        .map((row: Fields) => [row['key'] as string, row['value']]),
    );
  }
  return typeof variables === 'object' && variables !== null ? (variables as Fields) : (document as Fields);
}

/** The secrets of a file of the same two shapes; Postman writes their names as `vault:name`. */
export function vaultOf(document: unknown, source: string): Fields {
  return Object.fromEntries(
    Object.entries(variablesOf(document, source)).map(([name, value]) => [
      name.replace(/^vault:/, ''),
      value,
    ]),
  );
}
