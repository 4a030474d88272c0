export const mask = '***';

const sensitiveHeader =
  /^(authorization|proxy-authorization|cookie|set-cookie|x-amz-security-token|.*(token|secret|api-?key|password|session).*)$/i;
const sensitiveParameter =
  /^(access_token|refresh_token|id_token|token|api_?key|key|password|passwd|secret|client_secret|sig|signature|x-amz-signature|x-amz-security-token)$/i;
/** Fields of an authentication that say who, not what they know. */
const publicAuthFields = new Set([
  'type',
  'mode',
  'in',
  'grantType',
  'tokenUrl',
  'accessTokenUrl',
  'clientId',
  'scope',
  'audience',
  'region',
  'service',
  'clientAuthentication',
  'addTokenTo',
  'headerPrefix',
  'prefix',
  'domain',
  'username',
  'key',
]);
/** Shorter secrets are not searched for in text: they would hit by chance. */
const minSecretLength = 4;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A value that is nothing but variables names a secret without holding it. */
function masked(value: unknown): unknown {
  if (typeof value !== 'string' || value === '') return value;
  return value.replaceAll(/\{\{[^{}]+\}\}/g, '').trim() === '' ? value : mask;
}

/** Takes secrets out of what is stored or shown: credentials by their place, and known secret values wherever they stand. */
export class Redactor {
  readonly #values: string[];
  readonly #names: Set<string>;

  /** `secrets` are values that must not show; `headerNames` are headers that carry credentials under names of their own. */
  constructor(secrets: readonly string[] = [], headerNames: readonly string[] = []) {
    const long = secrets.filter((secret) => secret.length >= minSecretLength);
    const spellings = long.flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
    ]);
    this.#values = [...new Set(spellings)].toSorted((a, b) => b.length - a.length);
    this.#names = new Set(headerNames.map((name) => name.toLowerCase()));
  }

  /** One that knows these secrets too. */
  with(secrets: readonly string[]): Redactor {
    return secrets.length === 0 ? this : new Redactor([...this.#values, ...secrets], [...this.#names]);
  }

  text(text: string): string {
    let result = text;
    for (const value of this.#values) result = result.replaceAll(value, mask);
    return result;
  }

  isSensitiveHeader(name: string): boolean {
    return sensitiveHeader.test(name) || this.#names.has(name.toLowerCase());
  }

  headerValue(name: string, value: string): string {
    if (!this.isSensitiveHeader(name)) return this.text(value);
    if (masked(value) === value) return value;
    const scheme = /authorization$/i.test(name) ? /^([A-Za-z][\w-]*) (?=\S)/.exec(value)?.[1] : undefined;
    const cookie = /^set-cookie$/i.test(name) ? /^([^=;\s]+)=/.exec(value)?.[1] : undefined;
    if (cookie !== undefined) return `${cookie}=${mask}`;
    return scheme === undefined ? mask : `${scheme} ${mask}`;
  }

  headers(headers: readonly (readonly [string, string])[]): [string, string][] {
    return headers.map(([name, value]) => [name, this.headerValue(name, value)]);
  }

  /** Masks the password of a URL and parameters that carry credentials. */
  url(url: string): string {
    const withoutUser = url.replace(
      /^([a-z][a-z0-9+.-]*:\/\/)?([^/?#@\s]*)@/i,
      (_whole, scheme: string | undefined, user: string) => {
        const [name = ''] = user.split(':');
        return `${scheme ?? ''}${user.includes(':') ? `${name}:${mask}` : name}@`;
      },
    );
    const parameters = withoutUser.replaceAll(
      /([?&])([^=&#]+)=([^&#]*)/g,
      (whole: string, sign: string, name: string, value: string) =>
        sensitiveParameter.test(name) && masked(value) !== value ? `${sign}${name}=${mask}` : whole,
    );
    return this.text(parameters);
  }

  auth(auth: unknown): unknown {
    if (!isObject(auth)) return auth;
    return Object.fromEntries(
      Object.entries(auth).map(([key, value]) => [
        key,
        isObject(value) ? this.auth(value) : publicAuthFields.has(key) ? value : masked(value),
      ]),
    );
  }

  /** A request as a user wrote it, for a record of what was run. */
  request(request: Record<string, unknown>): Record<string, unknown> {
    return Object.fromEntries(Object.entries(request).map(([key, value]) => [key, this.#field(key, value)]));
  }

  #field(key: string, value: unknown): unknown {
    switch (key) {
      case 'url':
        return typeof value === 'string' ? this.url(value) : value;
      case 'proxy':
        return typeof value === 'string'
          ? this.url(value)
          : isObject(value)
            ? { ...value, url: this.url(String(value['url'])), password: masked(value['password']) }
            : value;
      case 'auth':
        return this.auth(value);
      case 'headers':
        return this.#headerField(value);
      case 'clientCert':
        return isObject(value) ? { ...value, passphrase: masked(value['passphrase']) } : value;
      case 'vault':
        return isObject(value) ? Object.fromEntries(Object.keys(value).map((name) => [name, mask])) : value;
      case 'variables':
        return isObject(value)
          ? Object.fromEntries(
              Object.entries(value).map(([name, one]) => [
                name,
                /pass|secret|token|api_?key/i.test(name) ? masked(one) : this.json(one),
              ]),
            )
          : value;
      default:
        return this.json(value);
    }
  }

  /** The value with known secrets masked in every text of it, names included. */
  json<T>(value: T): T {
    return (this.#values.length === 0 ? value : this.#deep(value)) as T;
  }

  #deep(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((one) => this.#deep(one));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [this.text(key), this.#deep(one)]));
  }

  #headerField(headers: unknown): unknown {
    if (Array.isArray(headers)) {
      return headers.map((row: unknown) =>
        isObject(row) && typeof row['value'] === 'string'
          ? { ...row, value: this.headerValue(String(row['key']), row['value']) }
          : row,
      );
    }
    if (!isObject(headers)) return headers;
    return Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [
        name,
        Array.isArray(value)
          ? value.map((one) => this.headerValue(name, String(one)))
          : typeof value === 'string'
            ? this.headerValue(name, value)
            : value,
      ]),
    );
  }
}

/** The secret values that an authentication holds. */
export function secretsOfAuth(auth: unknown): string[] {
  if (!isObject(auth)) return [];
  return Object.entries(auth).flatMap(([key, value]) => {
    if (isObject(value)) return secretsOfAuth(value);
    return typeof value === 'string' && !publicAuthFields.has(key) && masked(value) !== value ? [value] : [];
  });
}
