import { CliError } from '../cli-error.js';

export type Target = { kind: 'url'; url: string } | { kind: 'stdin' } | { kind: 'file'; path: string };

/** Tells a URL from a file: what has a scheme, or looks like a host and names no existing file. */
export function classifyTarget(argument: string, fileExists: (path: string) => boolean): Target {
  if (argument === '-') return { kind: 'stdin' };
  if (argument.trim() === '')
    throw new CliError('target: expected a URL, a JSON file or "-", got an empty argument');
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(argument)) return { kind: 'url', url: checkUrl(argument) };
  if (fileExists(argument)) return { kind: 'file', path: argument };
  if (
    /^(?:localhost|\[[0-9a-f:]+\]|[\w-]+(?:\.[\w-]+)+)(?::\d+)?(?:[/?#]|$)/i.test(argument) &&
    !/\.jsonc?$/i.test(argument)
  ) {
    return { kind: 'url', url: checkUrl(`http://${argument}`) };
  }
  if (/^\w[\w-]*:\d+(?:[/?#]|$)/.test(argument)) return { kind: 'url', url: checkUrl(`http://${argument}`) };
  return { kind: 'file', path: argument };
}

/** The URL as given, or a clear refusal. Templates are resolved, and checked, later. */
export function checkUrl(url: string): string {
  if (url.includes('{{')) return url;
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
  if (scheme !== 'http' && scheme !== 'https') {
    throw new CliError(`url: expected http:// or https://, got ${JSON.stringify(url)}`, 2, 'invalid_url');
  }
  if (!URL.canParse(url)) {
    throw new CliError(`url: cannot be parsed: ${JSON.stringify(url)}${urlAdvice(url)}`, 2, 'invalid_url');
  }
  return url;
}

function urlAdvice(url: string): string {
  const authority = /^[a-z]+:\/\/([^/?#]*)/i.exec(url)?.[1] ?? '';
  if (authority === '') return '. It names no host; write it as http://host/path';
  const port = /:([^:\]]*)$/.exec(authority)?.[1];
  if (port !== undefined && port !== '' && !(/^\d+$/.test(port) && Number(port) <= 65_535)) {
    return `. The port must be a number from 1 to 65535, got ${JSON.stringify(port)}`;
  }
  if (/\s/.test(authority)) return '. A host holds no spaces';
  return '. Write it as http://host/path';
}
