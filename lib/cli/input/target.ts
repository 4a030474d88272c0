import { parseRequestUrl } from '../../engine/request-url.js';
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

/** The URL as given; throws `invalid_url`, with advice, for one that cannot be requested. */
export function checkUrl(url: string): string {
  parseRequestUrl(url);
  return url;
}
