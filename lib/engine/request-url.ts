import { VayuError } from '../model/errors.js';
import { Redactor } from '../model/redaction.js';
import { encodeAroundTemplates, hasTemplate } from './templates.js';

/** Written without `//`, so that `localhost:8080` is not taken for a scheme. */
const opaqueSchemes =
  /^(about|blob|data|file|ftp|gopher|javascript|ldap|mailto|tel|telnet|view-source|ws|wss):/i;

export interface RequestUrl {
  /** Without fragment and userinfo; with `{{templates}}` where they could not be resolved yet. */
  url: string;
  username?: string;
  password?: string;
}

const withoutSecrets = new Redactor();

function invalid(url: string, reason: string): VayuError {
  const shown = withoutSecrets.url(url);
  return new VayuError('invalid_url', `url: ${reason}, got ${JSON.stringify(shown)}`, { url: shown });
}

/** Rows as a query; their templates stay as they are for the engine. */
export function queryText(rows: readonly { key: string; value: string }[]): string {
  return rows
    .map(({ key, value }) => `${encodeAroundTemplates(key)}=${encodeAroundTemplates(value)}`)
    .join('&');
}

/** Adds query parameters to a URL, before its fragment. */
export function addQuery(url: string, query: string): string {
  if (query === '') return url;
  const [base = '', ...fragment] = url.split('#');
  const separator = !base.includes('?') ? '?' : /[?&]$/.test(base) ? '' : '&';
  return [base + separator + query, ...fragment].join('#');
}

/** Checks and normalises a URL: `http` and `https` only, `http://` where no scheme is given. Throws `invalid_url`. */
export function parseRequestUrl(text: string): RequestUrl {
  const trimmed = text.trim();
  if (trimmed === '') throw invalid(text, 'expected a URL such as "https://example.com/path"');
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(trimmed)?.[1] ?? opaqueSchemes.exec(trimmed)?.[1];
  if (scheme !== undefined && !/^https?$/i.test(scheme)) {
    throw invalid(
      text,
      `expected a URL of scheme "http" or "https" ("${scheme.toLowerCase()}" is not allowed)`,
    );
  }
  const full = scheme === undefined && !trimmed.startsWith('{{') ? `http://${trimmed}` : trimmed;
  if (hasTemplate(full)) return { url: full.split('#')[0] ?? '' };
  let parsed: URL;
  try {
    // The URL standard would leave them out.
    parsed = new URL(full.replaceAll(/[\t\n\r]/g, encodeURIComponent));
  } catch (error) {
    const port = /^https?:\/\/[^/?#]*:(\d+)(?:[/?#]|$)/i.exec(full)?.[1];
    if (port !== undefined && Number(port) > 65_535) throw invalid(text, 'expected a port up to 65535');
    const shown = withoutSecrets.url(text);
    throw new VayuError(
      'invalid_url',
      `url: expected a URL such as "https://example.com/path", got ${JSON.stringify(shown)}`,
      { url: shown },
      { cause: error },
    );
  }
  const username = decode(parsed.username);
  const password = decode(parsed.password);
  parsed.username = '';
  parsed.password = '';
  parsed.hash = '';
  return {
    url: parsed.href,
    ...(username === '' && password === '' ? {} : { username, password }),
  };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
