import { invalidInput } from '../model/errors.js';
import { scriptText, timeoutMsOf, type HeaderRow, type HttpRequest } from '../model/http-request.js';
import {
  basicHeader,
  encodeAuth,
  signRequest,
  type AuthContext,
  type CredentialsRenewal,
} from './request-auth.js';
import { encodeBody } from './request-body.js';
import { addQuery, parseRequestUrl, queryText } from './request-url.js';
import { tokenTransport, type TokenSource } from './oauth2.js';
import { mayChangeVariables, TemplateResolver } from './templates.js';
import type { HeaderPair, RequestInfo, RequestSpec, ScriptSet, Submission, VariableScopes } from './types.js';

/** What surrounds a request: the values of its variables and the scripts that it inherits. */
export interface EncodeContext {
  variables?: VariableScopes;
  /** Scripts of the collections around it, outermost first; the request's own run after them. */
  inheritedScripts?: ScriptSet;
  info?: RequestInfo;
  /** Each request gets a row of a data file, which may have any name. */
  fedByData?: boolean;
  /** A script runs it, and gives it variables of any name then. An AWS signature, which has to be made before, knows the others only. */
  runByScript?: boolean;
  /** Fetches OAuth 2 tokens; without it none are. */
  tokens?: TokenSource;
  /** Folder that relative names of body files start at. Default: the working directory. */
  baseDir?: string;
  /** Boundary of multipart bodies. Default: a random one. */
  boundary?: string;
  /** For requests that do not say themselves. */
  defaults?: RequestDefaults;
  now?: () => number;
}

export interface RequestDefaults {
  timeoutMs?: number;
  maxRedirects?: number;
  maxResponseBytes?: number;
}

export interface EncodedRequest {
  submission: Submission;
  /** What is likely not as its writer meant it. */
  warnings: string[];
  /** What a long run has to renew: tokens and signatures. */
  renewal?: CredentialsRenewal;
}

const defaultTimeoutMs = 30_000;
const defaultMaxRedirects = 10;

function activeRows(rows: readonly HeaderRow[]): { key: string; value: string }[] {
  return rows
    .filter((row) => row.enabled !== false && row.disabled !== true && row.key !== '')
    .map((row) => ({
      key: row.key,
      value: row.value === undefined || row.value === null ? '' : String(row.value),
    }));
}

function headerPairs(headers: HttpRequest['headers'], text: (value: string) => string): HeaderPair[] {
  if (headers === undefined) return [];
  const rows = Array.isArray(headers)
    ? activeRows(headers)
    : Object.entries(headers).flatMap(([key, value]) =>
        (Array.isArray(value) ? value : [value]).map((one) => ({
          key,
          value: one === null ? '' : String(one),
        })),
      );
  const pairs = rows.map(({ key, value }): HeaderPair => [text(key), text(value)]);
  const broken = pairs.find(([name, value]) => /[\r\n\0]/.test(name) || /[\r\n\0]/.test(value));
  if (broken !== undefined) {
    throw invalidInput([
      {
        field: `headers.${broken[0].trim()}`,
        expected: 'a header on one line',
        actual: 'a value with a line break after its variables were resolved',
      },
    ]);
  }
  return pairs;
}

const hasHeader = (headers: readonly HeaderPair[], name: string): boolean =>
  headers.some(([key]) => key.toLowerCase() === name);

function scriptsOf(request: HttpRequest, inherited: ScriptSet | undefined): ScriptSet {
  const own = (script: string | string[] | undefined, name: string): ScriptSet['test'] => {
    const code = scriptText(script);
    return code === undefined ? [] : [{ name, code }];
  };
  return {
    preRequest: [...(inherited?.preRequest ?? []), ...own(request.preRequestScript, 'pre-request script')],
    test: [...(inherited?.test ?? []), ...own(request.postRequestScript ?? request.tests, 'test script')],
  };
}

function proxySettings(
  request: HttpRequest,
  text: (value: string) => string,
): Pick<RequestSpec, 'proxy' | 'noProxy'> {
  const list = (value: string | string[] | undefined): string[] =>
    value === undefined ? [] : Array.isArray(value) ? value : [value];
  const given = request.proxy;
  const bypass = [...list(request.noProxy), ...(typeof given === 'object' ? list(given.bypass) : [])]
    .map(text)
    .join(',');
  const noProxy = bypass === '' ? {} : { noProxy: bypass };
  if (given === undefined) return noProxy;
  if (typeof given === 'string') return { proxy: text(given), ...noProxy };
  let url = text(given.url);
  if (given.username !== undefined) {
    const user = `${encodeURIComponent(text(given.username))}:${encodeURIComponent(text(given.password ?? ''))}@`;
    url = /^[a-z0-9]+:\/\//i.test(url)
      ? url.replace(/^([a-z0-9]+:\/\/)/i, `$1${user}`)
      : `http://${user}${url}`;
  }
  return { proxy: url, ...noProxy };
}

function connectionSettings(
  request: HttpRequest,
  defaults: RequestDefaults,
  text: (value: string) => string,
): Omit<RequestSpec, 'method' | 'url' | 'headers' | 'body' | 'auth'> {
  const { resolve, clientCert } = request;
  const addresses =
    resolve === undefined
      ? undefined
      : Array.isArray(resolve)
        ? resolve
        : Object.entries(resolve).map(([host, address]) => `${host}:${address}`);
  const maxResponseBytes = request.maxResponseSize ?? defaults.maxResponseBytes;
  return {
    timeoutMs:
      request.timeout === undefined ? (defaults.timeoutMs ?? defaultTimeoutMs) : timeoutMsOf(request.timeout),
    followRedirects: request.followRedirects ?? true,
    maxRedirects: request.maxRedirects ?? defaults.maxRedirects ?? defaultMaxRedirects,
    ...(request.connectTimeout === undefined
      ? {}
      : { connectTimeoutMs: timeoutMsOf(request.connectTimeout) }),
    ...(request.insecure === undefined ? {} : { insecure: request.insecure }),
    ...proxySettings(request, text),
    ...(request.caFile === undefined ? {} : { caFile: text(request.caFile) }),
    ...(clientCert === undefined ? {} : { clientCertFile: text(clientCert.cert) }),
    ...(clientCert?.key === undefined ? {} : { clientKeyFile: text(clientCert.key) }),
    ...(clientCert?.passphrase === undefined ? {} : { clientKeyPassword: text(clientCert.passphrase) }),
    ...(request.httpVersion === undefined ? {} : { httpVersion: request.httpVersion }),
    ...(addresses === undefined ? {} : { resolve: addresses.map(text) }),
    ...(request.unixSocket === undefined ? {} : { unixSocket: text(request.unixSocket) }),
    ...(request.compressed === undefined ? {} : { compressed: request.compressed }),
    ...(request.cookies === undefined ? {} : { cookies: request.cookies }),
    ...(maxResponseBytes === undefined ? {} : { maxResponseBytes }),
  };
}

function scopesWithOwn(request: HttpRequest, scopes: VariableScopes | undefined): VariableScopes {
  const { variables, iterationData, vault } = request;
  return {
    ...scopes,
    ...(variables === undefined
      ? {}
      : { local: { ...scopes?.local, ...(variables as VariableScopes['local']) } }),
    ...(iterationData === undefined
      ? {}
      : { data: { ...scopes?.data, ...(iterationData as VariableScopes['data']) } }),
    ...(vault === undefined ? {} : { vault }),
  };
}

/**
 * A request as the engine takes it. Templates are resolved here where no script can change what they stand for, and else left to the engine,
 * which resolves them as each request is sent; dynamic variables are always left to it. Throws `invalid_url`, `bad_request` (files) and
 * `auth_failed` (tokens).
 */
export async function encodeRequest(
  request: HttpRequest,
  context: EncodeContext = {},
): Promise<EncodedRequest> {
  const variables = scopesWithOwn(request, context.variables);
  const scripts = scriptsOf(request, context.inheritedScripts);
  const resolver = new TemplateResolver(variables);
  const changing = mayChangeVariables([...scripts.preRequest, ...scripts.test].map((script) => script.code));
  // A data file's columns go before the other variables of their names, so that none can be resolved here.
  const fedLater =
    context.fedByData === true || (context.runByScript === true && request.auth?.type !== 'awsv4');
  const text = (value: string): string => (changing || fedLater ? value : resolver.resolve(value));

  const settings = connectionSettings(request, context.defaults ?? {}, (value) =>
    resolver.resolveFully(value),
  );
  const authContext: AuthContext = {
    resolver,
    text,
    tokens: context.tokens,
    tokenTransport: tokenTransport(settings),
    now: context.now ?? Date.now,
  };
  const auth = await encodeAuth(request.auth, authContext);
  const params = activeRows(request.params ?? []).map(({ key, value }) => ({
    key: text(key),
    value: text(value),
  }));
  // What is known to be wrong already is refused now, though the engine will resolve the templates again.
  if (changing && context.runByScript !== true)
    parseRequestUrl(new TemplateResolver(variables).resolve(request.url));
  const queryRows = queryText([...params, ...auth.query]);
  const target = parseRequestUrl(addQuery(text(request.url), queryRows));

  const body = encodeBody(request.body, {
    resolver,
    text,
    baseDir: context.baseDir ?? process.cwd(),
    ...(context.boundary === undefined ? {} : { boundary: context.boundary }),
  });
  const headers = headerPairs(request.headers, text);
  if (body.contentType !== undefined && !hasHeader(headers, 'content-type'))
    headers.push(['Content-Type', body.contentType]);
  for (const [name, value] of auth.headers)
    if (!hasHeader(headers, name.toLowerCase())) headers.push([name, value]);
  if (target.username !== undefined && auth.native === undefined && !hasHeader(headers, 'authorization')) {
    headers.push(basicHeader(target.username, target.password ?? ''));
  }
  const spec: RequestSpec = {
    method: request.method?.toUpperCase() ?? (body.content === undefined ? 'GET' : 'POST'),
    url: target.url,
    headers,
    ...(body.content === undefined ? {} : { body: body.content }),
    ...(body.rows === undefined && queryRows === ''
      ? {}
      : { templates: { queryRows, ...(body.rows === undefined ? {} : { rows: body.rows }) } }),
    ...settings,
    ...(auth.native === undefined ? {} : { auth: auth.native }),
  };
  const warnings = [...auth.warnings];
  let renewal = auth.renewal;
  if (request.auth?.type === 'awsv4') {
    const signed = signRequest(request.auth, spec, authContext);
    spec.headers.push(...signed.headers);
    warnings.push(...signed.warnings);
    renewal = signed.renewal;
  }
  warnings.push(
    ...resolver.unresolved.map(
      (name) => `variable "${name}" is not defined; {{${name}}} was sent as written`,
    ),
  );
  if (auth.script !== undefined) scripts.preRequest.push(auth.script);
  const submission: Submission = {
    request: spec,
    ...(scripts.preRequest.length + scripts.test.length === 0 ? {} : { scripts }),
    variables,
    ...(context.info === undefined ? {} : { info: context.info }),
  };
  return { submission, warnings, ...(renewal === undefined ? {} : { renewal }) };
}

/** Finds what {@link encodeRequest} would refuse, apart from tokens: a URL that cannot be used, a file that cannot be read. */
export function checkRequest(request: HttpRequest, context: EncodeContext = {}): void {
  const resolver = new TemplateResolver(scopesWithOwn(request, context.variables));
  const text = (value: string): string => resolver.resolve(value);
  parseRequestUrl(text(request.url));
  headerPairs(request.headers, text);
  encodeBody(request.body, { resolver, text, baseDir: context.baseDir ?? process.cwd() });
}
