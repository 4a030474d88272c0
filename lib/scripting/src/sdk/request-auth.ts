/** `pm.request.auth`: a kind of authentication and its parameters. */

import { expose } from '../core/expose.js';
import { native } from '../core/native.js';
import type { HeaderList } from './header-list.js';
import { PropertyList, type ListTraits } from './property-list.js';

interface AuthParam {
  type: string;
  value: unknown;
  key: string;
}

const traits: ListTraits<AuthParam> = {
  parse: (source) => {
    if (typeof source !== 'object' || source === null) return undefined;
    const { type, value, key } = source as Partial<AuthParam>;
    return { type: type ?? 'any', value, key: String(key ?? '') };
  },
};

export class RequestAuth {
  /** `source`: `{type, [type]: parameters}`, the parameters as an object or as rows of `key` and `value`. */
  constructor(source: unknown) {
    const given = source as Record<string, unknown>;
    this.use(given['type'], typeof given['type'] === 'string' ? given[given['type']] : undefined);
  }

  declare type: string | undefined;

  use(type: unknown, parameters?: unknown): void {
    if (this.type !== undefined) this.clear(this.type);
    this.type = typeof type === 'string' ? type : undefined;
    this.update(parameters, this.type);
  }

  update(parameters: unknown, type: unknown = this.type): void {
    if (typeof type !== 'string' || type === 'noauth') return;
    const list = new PropertyList<AuthParam>([], traits);
    list.populate(parameters);
    (this as Record<string, unknown>)[type] = list;
  }

  clear(type: unknown): void {
    if (typeof type === 'string' && type !== 'type') delete (this as Record<string, unknown>)[type];
  }

  /** Of the kind at hand. */
  parameters(): PropertyList<AuthParam> | undefined {
    const list = this.type === undefined ? undefined : (this as Record<string, unknown>)[this.type];
    return list instanceof PropertyList ? (list as PropertyList<AuthParam>) : undefined;
  }

  toJSON(): Record<string, unknown> {
    const json: Record<string, unknown> = { type: this.type };
    const parameters = this.parameters();
    if (parameters !== undefined) json[this.type!] = parameters.toJSON();
    return json;
  }
}
expose(RequestAuth);

/** What an Authorization header says, for the kinds that can be read off it. */
export function authOfHeaders(headers: HeaderList): RequestAuth | undefined {
  const value = headers.get('Authorization');
  if (typeof value !== 'string') return undefined;
  const [scheme = '', credentials = ''] = value.split(' ');
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return new RequestAuth({
        type: 'bearer',
        bearer: [{ key: 'token', value: credentials, type: 'string' }],
      });
    case 'basic':
      return new RequestAuth({ type: 'basic' });
    case 'digest':
      return new RequestAuth({ type: 'digest' });
    default:
      return undefined;
  }
}

/** The Authorization header, for the kinds that need no challenge. */
export function authorizationOf(auth: RequestAuth | undefined): string | undefined {
  const fields = auth?.parameters()?.toObject() ?? {};
  switch (auth?.type) {
    case 'bearer':
      return `Bearer ${String(fields['token'] ?? '')}`;
    case 'basic': {
      const pair = `${String(fields['username'] ?? '')}:${String(fields['password'] ?? '')}`;
      return `Basic ${native.base64Encode(native.utf8Encode(pair))}`;
    }
    default:
      return undefined;
  }
}
