import { createHash, createHmac } from 'node:crypto';
import type { AwsV4 } from '../model/auth.js';
import type { HeaderPair } from './types.js';

export interface SignedRequest {
  method: string;
  url: string;
  headers: readonly HeaderPair[];
  body: string | Uint8Array;
}

const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: string | Buffer, data: string): Buffer => createHmac('sha256', key).update(data).digest();

/** RFC 3986 encoding as AWS defines it: everything but unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function canonicalQuery(url: URL): string {
  const pairs = [...url.searchParams].map(([name, value]): [string, string] => [encode(name), encode(value)]);
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return pairs
    .toSorted((a, b) => order(a[0], b[0]) || order(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function canonicalPath(url: URL, service: string): string {
  // Every service but S3 expects the path to be encoded a second time.
  return service === 's3' ? url.pathname : url.pathname.split('/').map(encode).join('/');
}

/**
 * Headers that AWS Signature Version 4 adds to a request, for `now`. A signature is taken for about five minutes, so that long runs have to
 * sign again.
 */
export function signAws(request: SignedRequest, auth: AwsV4, now: Date): HeaderPair[] {
  const url = new URL(request.url);
  const timestamp = now.toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
  const day = timestamp.slice(0, 8);
  const payloadHash = sha256(request.body);
  const added: HeaderPair[] = [['X-Amz-Date', timestamp]];
  if (auth.sessionToken !== undefined && auth.sessionToken !== '')
    added.push(['X-Amz-Security-Token', auth.sessionToken]);
  if (auth.service === 's3') added.push(['X-Amz-Content-Sha256', payloadHash]);

  const signed = new Map<string, string>([['host', url.host]]);
  for (const [name, value] of [...request.headers, ...added]) {
    const key = name.toLowerCase();
    // Headers that proxies and the engine may touch stay out of the signature.
    const included =
      key === 'content-type' || key === 'content-md5' || key === 'host' || key.startsWith('x-amz-');
    if (included) signed.set(key, value.trim().replaceAll(/ +/g, ' '));
  }
  const names = [...signed.keys()].toSorted();
  const canonical = [
    request.method,
    canonicalPath(url, auth.service),
    canonicalQuery(url),
    ...names.map((name) => `${name}:${signed.get(name) ?? ''}`),
    '',
    names.join(';'),
    payloadHash,
  ].join('\n');
  const scope = `${day}/${auth.region}/${auth.service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', timestamp, scope, sha256(canonical)].join('\n');
  const key = hmac(hmac(hmac(hmac(`AWS4${auth.secretKey}`, day), auth.region), auth.service), 'aws4_request');
  const signature = hmac(key, toSign).toString('hex');
  added.push([
    'Authorization',
    `AWS4-HMAC-SHA256 Credential=${auth.accessKey}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  ]);
  return added;
}
