/** `pm.cookies.jar()`: cookies set here join the request's own; each call takes a callback or returns a promise. */

import { parseSetCookie, type Cookie } from '../sdk/cookie-list.js';
import { currentRequest } from '../sdk/request.js';
import { Url } from '../sdk/url.js';
import { expose } from './expose.js';

type Callback = (error: Error | null, result?: unknown) => void;

function settle(action: () => unknown, callback: unknown): Promise<unknown> | void {
  const settled = new Promise<unknown>((resolve) => {
    resolve(action());
  });
  if (typeof callback !== 'function') return settled;
  const call = callback as Callback;
  settled.then(
    (result) => call(null, result),
    (error: Error) => call(error),
  );
}

const hostOf = (url: unknown): string => new Url(String(url)).getHost().toLowerCase();

/** Whether cookies of `url` go with this execution's request. */
function isOurs(url: unknown): boolean {
  const host = hostOf(url);
  if (host === '') throw new TypeError('CookieJar: a URL is required');
  return hostOf(String(currentRequest().url)) === host;
}

function read(): Map<string, string> {
  const cookies = new Map<string, string>();
  const header = currentRequest().headers.get('Cookie');
  if (typeof header !== 'string') return cookies;
  for (const part of header.split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0) cookies.set(part.slice(0, equals).trim(), part.slice(equals + 1).trim());
  }
  return cookies;
}

function write(cookies: Map<string, string>): void {
  const { headers } = currentRequest();
  if (cookies.size === 0) headers.remove('Cookie');
  else
    headers.upsert({
      key: 'Cookie',
      value: [...cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    });
}

class CookieJar {
  get(url: unknown, name: string, callback?: unknown): unknown {
    return settle(() => (isOurs(url) ? read().get(name) : undefined), callback);
  }

  getAll(url: unknown, options?: unknown, callback?: unknown): unknown {
    const done = typeof options === 'function' ? options : callback;
    return settle(
      () => (isOurs(url) ? [...read()].map(([name, value]): Cookie => ({ name, value })) : []),
      done,
    );
  }

  set(url: unknown, name: unknown, value?: unknown, callback?: unknown): unknown {
    const done = typeof value === 'function' ? value : callback;
    return settle(() => {
      const given = typeof value === 'function' ? undefined : value;
      const cookie =
        typeof name === 'object' && name !== null
          ? (name as Cookie)
          : given === undefined
            ? parseSetCookie(String(name))
            : { name: String(name), value: String(given) };
      if (!cookie) throw new TypeError('CookieJar: not a cookie');
      if (isOurs(url)) write(read().set(cookie.name, cookie.value));
      return cookie;
    }, done);
  }

  unset(url: unknown, name: string, callback?: unknown): unknown {
    return settle(() => {
      if (!isOurs(url)) return;
      const cookies = read();
      cookies.delete(name);
      write(cookies);
    }, callback);
  }

  clear(url: unknown, callback?: unknown): unknown {
    return settle(() => {
      if (isOurs(url)) write(new Map());
    }, callback);
  }
}
expose(CookieJar);

export const cookieJar = expose(function jar(): CookieJar {
  return new CookieJar();
});
