import { createHash } from 'node:crypto';
import type { OAuth2 } from '../model/auth.js';
import { VayuError } from '../model/errors.js';
import { parseRequestUrl } from './request-url.js';
import type { Exchange, HeaderPair, RequestSpec, Submission } from './types.js';

export interface AccessToken {
  value: string;
  /** Milliseconds since the epoch from which it is fetched anew; Infinity where the server gave no life time. */
  renewAt: number;
}

const transportSettings = [
  'insecure',
  'proxy',
  'noProxy',
  'caFile',
  'clientCertFile',
  'clientKeyFile',
  'clientKeyPassword',
  'resolve',
  'timeoutMs',
] as const satisfies (keyof RequestSpec)[];

/** Connection settings of the request, which hold for its token too. */
export type TokenTransport = Pick<RequestSpec, (typeof transportSettings)[number]>;

export function tokenTransport(settings: Partial<RequestSpec>): TokenTransport {
  const given = transportSettings.map((name) => [name, settings[name]] as const);
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

const maxTokens = 1000;

function keyOf(auth: OAuth2): string {
  return createHash('sha256')
    .update(JSON.stringify(auth, Object.keys(auth).toSorted()))
    .digest('hex');
}

/** Renewed a minute before its end, or a tenth of its life before where that is short. */
function renewalOf(expiresIn: unknown, now: number): number {
  const seconds = typeof expiresIn === 'number' || typeof expiresIn === 'string' ? Number(expiresIn) : NaN;
  if (!Number.isFinite(seconds) || seconds <= 0) return Infinity;
  return now + Math.max(seconds * 0.9, seconds - 60) * 1000;
}

function tokenRequest(auth: OAuth2, transport: TokenTransport): Submission {
  const inHeader = (auth.clientAuthentication ?? 'header') === 'header' && auth.clientId !== undefined;
  const form = new URLSearchParams({ grant_type: auth.grantType ?? 'client_credentials' });
  const add = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') form.set(name, value);
  };
  if (auth.grantType === 'password') {
    add('username', auth.username);
    add('password', auth.password);
  }
  add('scope', auth.scope);
  add('audience', auth.audience);
  const headers: HeaderPair[] = [
    ['Content-Type', 'application/x-www-form-urlencoded'],
    ['Accept', 'application/json'],
  ];
  if (inHeader) {
    // RFC 6749 2.3.1: both parts are form-encoded before they are joined.
    const encode = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+');
    headers.push([
      'Authorization',
      `Basic ${Buffer.from(`${encode(auth.clientId ?? '')}:${encode(auth.clientSecret ?? '')}`).toString('base64')}`,
    ]);
  } else {
    add('client_id', auth.clientId);
    add('client_secret', auth.clientSecret);
  }
  return {
    request: {
      method: 'POST',
      url: parseRequestUrl(auth.tokenUrl ?? '').url,
      headers,
      body: form.toString(),
      ...transport,
    },
  };
}

function failed(tokenUrl: string, reason: string): VayuError {
  return new VayuError('auth_failed', `auth: no OAuth 2 token from ${tokenUrl}: ${reason}`, { tokenUrl });
}

function readToken(exchange: Exchange, tokenUrl: string, now: number): AccessToken {
  if (exchange.error !== undefined)
    throw failed(tokenUrl, `${exchange.error.code}, ${exchange.error.message}`);
  const status = exchange.response?.status ?? 0;
  const text = Buffer.from(exchange.response?.body ?? []).toString('utf8');
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    answer = undefined;
  }
  const fields = (typeof answer === 'object' && answer !== null ? answer : {}) as Record<string, unknown>;
  if (status >= 400) {
    const detail = [fields['error'], fields['error_description']]
      .filter((part) => typeof part === 'string')
      .join(', ');
    throw failed(tokenUrl, `status ${status}${detail === '' ? '' : ` (${detail})`}`);
  }
  const token = fields['access_token'];
  if (typeof token !== 'string' || token === '')
    throw failed(tokenUrl, `status ${status} without "access_token" in its JSON`);
  return { value: token, renewAt: renewalOf(fields['expires_in'], now) };
}

/** Fetches OAuth 2 tokens and keeps them until they have to be renewed. */
export class TokenSource {
  readonly #tokens = new Map<string, AccessToken>();
  readonly #pending = new Map<string, Promise<AccessToken>>();

  constructor(
    private readonly send: (submission: Submission) => Promise<Exchange>,
    private readonly now: () => number = Date.now,
  ) {}

  /** A token that is good now. Callers that ask at the same time share one request. */
  async get(auth: OAuth2, transport: TokenTransport = {}): Promise<AccessToken> {
    if (auth.accessToken !== undefined && auth.accessToken !== '')
      return { value: auth.accessToken, renewAt: Infinity };
    const key = keyOf(auth);
    const kept = this.#tokens.get(key);
    if (kept !== undefined && kept.renewAt > this.now()) return kept;
    const pending = this.#pending.get(key);
    if (pending !== undefined) return pending;
    const fetched = this.#fetch(auth, transport, key).finally(() => this.#pending.delete(key));
    this.#pending.set(key, fetched);
    return fetched;
  }

  async #fetch(auth: OAuth2, transport: TokenTransport, key: string): Promise<AccessToken> {
    const exchange = await this.send(tokenRequest(auth, transport));
    const token = readToken(exchange, auth.tokenUrl ?? '', this.now());
    if (this.#tokens.size >= maxTokens) this.#tokens.clear();
    this.#tokens.set(key, token);
    return token;
  }
}
