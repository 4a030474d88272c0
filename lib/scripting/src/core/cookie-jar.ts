/**
 * `pm.cookies` and `pm.cookies.jar()`: the cookies of the virtual user, which the engine sends with the requests that they match and into
 * which it puts what responses set. Argument forms and errors are Postman's.
 */

import {
  CookieList,
  decodeCookie,
  parseCookieHeader,
  parseSetCookie,
  type Cookie,
} from '../sdk/cookie-list.js';
import { currentRequest } from '../sdk/request.js';
import { Url } from '../sdk/url.js';
import { expose } from './expose.js';
import { native } from './native.js';
import { filled } from './variables.js';

type Callback = (error: unknown, result?: unknown) => void;

/** The cookies that go with a request to `url`, in the order in which they are sent. */
function cookiesOf(url: string): Cookie[] {
  const flat = native.cookies(url);
  const found: Cookie[] = [];
  for (let at = 0; at < flat.length; at += 9) {
    const [name, value, domain, path, expires, secure, httpOnly, hostOnly, sameSite] = flat.slice(
      at,
      at + 9,
    ) as [string, string, string, string, number | null, boolean, boolean, boolean, string];
    const cookie: Cookie = { name, value, domain, path, secure, httpOnly, hostOnly };
    if (expires !== null) cookie.expires = new Date(expires);
    if (sameSite !== '') cookie.sameSite = sameSite;
    found.push(cookie);
  }
  return found;
}

/**
 * What `pm.cookies` lists: the request's own Cookie header and what the jar has for its URL; where nobody keeps a jar, what the response
 * sets.
 */
export function listCookies(responseHeaders: Iterable<{ key: string; value: string }>): CookieList {
  const found = new Map<string, Cookie>();
  const { headers, url } = currentRequest();
  const sent = headers.get('Cookie');
  if (typeof sent === 'string') for (const cookie of parseCookieHeader(sent)) found.set(cookie.name, cookie);
  if (native.hasCookieJar()) {
    for (const cookie of cookiesOf(filled(String(url)))) found.set(cookie.name, cookie);
  } else {
    for (const header of responseHeaders) {
      const cookie = header.key.toLowerCase() === 'set-cookie' ? parseSetCookie(header.value) : undefined;
      if (cookie) found.set(cookie.name, cookie);
    }
  }
  const list = new CookieList([...found.values()]);
  Object.defineProperty(list, 'jar', { value: jar, enumerable: false });
  return list;
}

/** Runs `action` and tells `callback` of it, or returns a promise where there is none. */
function settle(
  action: () => unknown,
  callback: unknown,
  mustBeFunction = false,
): Promise<unknown> | undefined {
  const settled = new Promise<unknown>((resolve) => {
    resolve(action());
  });
  if (callback === undefined) return settled;
  if (typeof callback !== 'function') {
    if (mustBeFunction) throw new TypeError('callback needs to be a function');
    settled.then(undefined, () => undefined);
    return undefined;
  }
  const call = callback as Callback;
  settled.then(
    (result) => call(null, result),
    (error: unknown) => call(error),
  );
  return undefined;
}

function urlOf(url: unknown, method: string): string {
  if (url instanceof Url || (typeof url === 'string' && url !== '')) return filled(String(url));
  throw new TypeError(`CookieJar.${method}() requires a valid url`);
}

function requireName(name: unknown, method: string): asserts name is string {
  if (typeof name !== 'string') {
    throw new TypeError(`CookieJar.${method}() requires cookie name to be a string`);
  }
}

function attributesOf(cookie: Cookie): string {
  let text = '';
  const { expires, maxAge, domain, path } = cookie;
  if (expires !== undefined && expires !== null && expires !== 'Infinity') {
    text += `; Expires=${new Date(expires).toUTCString()}`;
  }
  if (maxAge !== undefined && maxAge !== null) text += `; Max-Age=${String(maxAge)}`;
  if (domain) text += `; Domain=${domain}`;
  if (path) text += `; Path=${path}`;
  if (cookie.secure) text += '; Secure';
  if (cookie.httpOnly) text += '; HttpOnly';
  if (cookie.sameSite) text += `; SameSite=${cookie.sameSite}`;
  return text;
}

function checkStored(result: number, url: string, domain: string | undefined): void {
  if (result === 1) throw new Error('Cookie failed to parse');
  if (result === 2) {
    throw new Error(
      `Cookie not in this host's domain. Cookie:${String(domain)} Request:${new Url(url).getHost()}`,
    );
  }
}

/** The cookie as the jar has it, or as it was given when it does not go with `url`. */
function stored(url: string, cookie: Cookie): Cookie {
  return cookiesOf(url).find(({ name }) => name === cookie.name) ?? cookie;
}

class CookieJar {
  get(url: unknown, name: unknown, callback?: unknown): unknown {
    return settle(
      () => {
        const from = urlOf(url, 'get');
        requireName(name, 'get');
        const found = cookiesOf(from).find((cookie) => cookie.name === name);
        return found === undefined ? null : decodeCookie(found.value);
      },
      callback,
      true,
    );
  }

  getAll(url: unknown, options?: unknown, callback?: unknown): unknown {
    const isCallback = typeof options === 'function' && !callback;
    const done = isCallback ? options : callback;
    const chosen = isCallback || (options === undefined && !callback) ? {} : options;
    return settle(
      () => {
        const from = urlOf(url, 'getAll');
        if (typeof chosen !== 'object' || chosen === null) {
          throw new TypeError('CookieJar.getAll() requires options to be an object');
        }
        const { http = true, secure } = chosen as { http?: unknown; secure?: unknown };
        let found = cookiesOf(secure ? from.replace(/^(http:\/\/)?/i, 'https://') : from);
        if (secure !== undefined && !secure) found = found.filter((cookie) => !cookie.secure);
        return new CookieList(http ? found : found.filter((cookie) => !cookie.httpOnly));
      },
      done,
      true,
    );
  }

  set(url: unknown, name: unknown, value?: unknown, callback?: unknown): unknown {
    const isCallback = typeof value === 'function' && !callback;
    const given = isCallback ? undefined : value;
    return settle(
      () => {
        const to = urlOf(url, 'set');
        if (typeof name === 'string' && given !== undefined && given !== null) {
          const cookie: Cookie = { name, value: String(given) };
          checkStored(native.cookieSet(to, name, cookie.value, ''), to, undefined);
          return stored(to, cookie);
        }
        if (typeof name === 'string') {
          const cookie = parseSetCookie(name);
          checkStored(native.cookieSet(to, name), to, cookie?.domain);
          return stored(to, cookie!);
        }
        if (name === null) throw new Error('First argument to setCookie must be a Cookie object or string');
        if (typeof name !== 'object') {
          throw new TypeError('CookieJar.set() requires a valid set cookie arguments');
        }
        const { key } = name as { key?: unknown };
        const cookie = { ...(name as Cookie) };
        cookie.name = String(cookie.name ?? key ?? '');
        cookie.value = String(cookie.value ?? '');
        checkStored(native.cookieSet(to, cookie.name, cookie.value, attributesOf(cookie)), to, cookie.domain);
        return stored(to, cookie);
      },
      isCallback ? value : callback,
    );
  }

  unset(url: unknown, name: unknown, callback?: unknown): unknown {
    return settle(() => {
      const from = urlOf(url, 'unset');
      requireName(name, 'unset');
      native.cookieRemove(from, name);
    }, callback);
  }

  clear(url: unknown, callback?: unknown): unknown {
    return settle(() => native.cookieRemove(urlOf(url, 'clear')), callback);
  }
}
expose(CookieJar);

const jar = expose(function jar(): CookieJar {
  return new CookieJar();
});
