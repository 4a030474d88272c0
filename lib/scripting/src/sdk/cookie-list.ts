/** Cookies that belong to the request's URL. */

import { expose } from '../core/expose.js';
import { PropertyList, type ListTraits } from './property-list.js';

export interface Cookie {
  name: string;
  value: string;
  domain?: string;
  path?: string;
  expires?: string | Date;
  maxAge?: number;
  secure?: boolean;
  httpOnly?: boolean;
  hostOnly?: boolean;
  sameSite?: string;
  [extension: string]: unknown;
}

export const decodeCookie = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

/** One `Set-Cookie` header. */
export function parseSetCookie(line: string): Cookie | undefined {
  const [first = '', ...attributes] = line.split(';');
  const equals = first.indexOf('=');
  if (equals < 1) return undefined;
  const cookie: Cookie = {
    name: first.slice(0, equals).trim(),
    value: decodeCookie(first.slice(equals + 1).trim()),
  };
  for (const attribute of attributes) {
    const [rawName = '', ...rest] = attribute.split('=');
    const name = rawName.trim();
    const value = rest.join('=').trim();
    switch (name.toLowerCase()) {
      case 'domain':
        cookie.domain = value.replace(/^\./, '').toLowerCase();
        break;
      case 'path':
        cookie.path = value;
        break;
      case 'expires':
        cookie.expires = value;
        break;
      case 'max-age':
        cookie.maxAge = Number(value);
        break;
      case 'secure':
        cookie.secure = true;
        break;
      case 'httponly':
        cookie.httpOnly = true;
        break;
      case 'samesite':
        cookie.sameSite = value;
        break;
      default:
        break;
    }
  }
  return cookie;
}

/** One `Cookie` header. */
export function parseCookieHeader(line: string): Cookie[] {
  const cookies: Cookie[] = [];
  for (const part of line.split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0)
      cookies.push({
        name: part.slice(0, equals).trim(),
        value: decodeCookie(part.slice(equals + 1).trim()),
      });
  }
  return cookies;
}

const traits: ListTraits<Cookie> = {
  keyField: 'name',
  multiple: true,
  parse: (source) => {
    if (typeof source === 'string') return parseSetCookie(source);
    if (typeof source !== 'object' || source === null) return undefined;
    const { key, name, value } = source as { key?: unknown; name?: unknown; value?: unknown };
    return { ...source, name: String(name ?? key ?? ''), value: String(value ?? '') };
  },
  stringify: (items) => items.map((item) => `${item.name}=${item.value}`).join('; '),
};

export class CookieList extends PropertyList<Cookie> {
  constructor(items: Cookie[]) {
    super(items, traits);
  }

  /** Values as they were before they were encoded for the header; the items keep them as they are sent. */
  override get(name: string): unknown {
    const value = super.get(name);
    return typeof value === 'string' ? decodeCookie(value) : value;
  }

  override toObject(...options: Parameters<PropertyList<Cookie>['toObject']>): Record<string, unknown> {
    const decode = (value: unknown): unknown =>
      Array.isArray(value) ? value.map(decode) : typeof value === 'string' ? decodeCookie(value) : value;
    const found = super.toObject(...options);
    return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, decode(value)]));
  }
}
expose(CookieList);
