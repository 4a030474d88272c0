import type { Auth, AwsV4, OAuth2 } from '../model/auth.js';
import { signAws } from './aws-sigv4.js';
import type { AccessToken, TokenSource, TokenTransport } from './oauth2.js';
import { hasTemplate, type TemplateResolver } from './templates.js';
import type { Credentials, HeaderPair, RequestSpec, ScriptSource } from './types.js';

/** What authentication adds to a request. */
export interface EncodedAuth {
  headers: HeaderPair[];
  query: { key: string; value: string }[];
  /** Challenge-response authentication, which libcurl carries. */
  native?: NonNullable<RequestSpec['auth']>;
  /** Runs after the request's own pre-request scripts, where these decide what credentials it has. */
  script?: ScriptSource;
  /** What has to be made anew while a run is under way. */
  renewal?: CredentialsRenewal;
  warnings: string[];
}

/** Credentials with an end to their life. */
export interface CredentialsRenewal {
  /** Milliseconds since the epoch. */
  renewAt: number;
  renew(): Promise<{ credentials: Credentials; renewAt: number }>;
}

export interface AuthContext {
  resolver: TemplateResolver;
  /** How a template is treated in text that the engine sees: resolved now or left to it. */
  text: (value: string) => string;
  tokens: TokenSource | undefined;
  tokenTransport: TokenTransport;
  now: () => number;
}

/** A signature is taken for five minutes; it is made anew well before. */
const signatureLifeMs = 240_000;

export function basicHeader(username: string, password: string): HeaderPair {
  return ['Authorization', `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`];
}

/** base64 hides the templates, so that a script has to resolve them where scripts may still change their values. */
function basicScript(username: string, password: string): ScriptSource {
  const pair = JSON.stringify(`${username}:${password}`);
  const code =
    `pm.request.headers.upsert({ key: 'Authorization', value: 'Basic ' + ` +
    `btoa(unescape(encodeURIComponent(pm.variables.replaceIn(${pair})))) });`;
  return { name: 'basic authentication', code };
}

function resolveStrings<T extends object>(value: T, resolve: (text: string) => string): T {
  const entries = Object.entries(value).map(([key, field]): [string, unknown] => [
    key,
    typeof field === 'string' ? resolve(field) : field,
  ]);
  return Object.fromEntries(entries) as T;
}

async function encodeOAuth2(given: OAuth2, context: AuthContext): Promise<EncodedAuth> {
  const auth = resolveStrings(given, (text) => context.resolver.resolveFully(text));
  const { tokens } = context;
  if (tokens === undefined && auth.accessToken === undefined) {
    return {
      headers: [],
      query: [],
      warnings: ['auth: an OAuth 2 token is fetched when the request is sent'],
    };
  }
  const credentials = (token: AccessToken): Required<Credentials> =>
    auth.addTokenTo === 'query'
      ? { headers: [], query: [['access_token', token.value]] }
      : { headers: [['Authorization', `${auth.headerPrefix ?? 'Bearer'} ${token.value}`.trim()]], query: [] };
  const token =
    tokens === undefined
      ? { value: auth.accessToken ?? '', renewAt: Infinity }
      : await tokens.get(auth, context.tokenTransport);
  const { headers, query } = credentials(token);
  const encoded: EncodedAuth = {
    headers,
    query: query.map(([key, value]) => ({ key, value })),
    warnings: [],
  };
  if (tokens !== undefined && Number.isFinite(token.renewAt)) {
    encoded.renewal = {
      renewAt: token.renewAt,
      renew: async () => {
        const next = await tokens.get(auth, context.tokenTransport);
        return { credentials: credentials(next), renewAt: next.renewAt };
      },
    };
  }
  return encoded;
}

/** What `auth` adds to a request. AWS signatures come last, see {@link signRequest}. */
export async function encodeAuth(auth: Auth | undefined, context: AuthContext): Promise<EncodedAuth> {
  const nothing: EncodedAuth = { headers: [], query: [], warnings: [] };
  switch (auth?.type) {
    case undefined:
    case 'none':
    case 'inherit':
    case 'awsv4':
      return nothing;
    case 'basic': {
      const username = context.text(auth.username);
      const password = context.text(auth.password ?? '');
      if (hasTemplate(username + password)) return { ...nothing, script: basicScript(username, password) };
      return { ...nothing, headers: [basicHeader(username, password)] };
    }
    case 'bearer':
      return {
        ...nothing,
        headers: [['Authorization', `${auth.prefix ?? 'Bearer'} ${context.text(auth.token)}`.trim()]],
      };
    case 'apikey': {
      const pair = { key: context.text(auth.key), value: context.text(auth.value) };
      return auth.in === 'query'
        ? { ...nothing, query: [pair] }
        : { ...nothing, headers: [[pair.key, pair.value]] };
    }
    case 'digest':
    case 'ntlm': {
      const resolve = (text: string): string => context.resolver.resolveFully(text);
      const domain =
        auth.type === 'ntlm' && auth.domain !== undefined && auth.domain !== ''
          ? `${resolve(auth.domain)}\\`
          : '';
      const username = domain + resolve(auth.username);
      const password = resolve(auth.password ?? '');
      const beyondAscii = auth.type === 'ntlm' && /[^\0-\x7f]/.test(username + password);
      return {
        ...nothing,
        native: { type: auth.type, username, password },
        warnings: beyondAscii
          ? ['auth: libcurl sends NTLM names and passwords right only where they are ASCII']
          : [],
      };
    }
    case 'oauth2':
      return encodeOAuth2(auth, context);
  }
}

/** Signs a request for AWS and tells how to sign it again. */
export function signRequest(
  given: AwsV4,
  request: RequestSpec,
  context: AuthContext,
): Pick<EncodedAuth, 'headers' | 'renewal' | 'warnings'> {
  const auth = resolveStrings(given, (text) => context.resolver.resolveFully(text));
  const textual = [
    request.url,
    ...request.headers.flat(),
    typeof request.body === 'string' ? request.body : '',
  ];
  if (hasTemplate(request.url)) {
    return {
      headers: [],
      warnings: [
        'auth: an AWS signature needs a URL without unresolved variables; the request is sent unsigned',
      ],
    };
  }
  const warnings = textual.some(hasTemplate)
    ? ['auth: variables that are resolved as the request is sent are not part of its AWS signature']
    : [];
  const unsigned = [...request.headers];
  const sign = (): HeaderPair[] =>
    signAws(
      { method: request.method, url: request.url, headers: unsigned, body: request.body ?? '' },
      auth,
      new Date(context.now()),
    );
  return {
    headers: sign(),
    warnings,
    renewal: {
      renewAt: context.now() + signatureLifeMs,
      renew: () =>
        Promise.resolve({ credentials: { headers: sign() }, renewAt: context.now() + signatureLifeMs }),
    },
  };
}
