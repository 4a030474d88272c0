// What the engine has to make of each fault: the tables that test/faults runs in design mode and under load, on both transports.
import type { ErrorCode, RequestSpec } from '../../lib/engine/types.js';
import type { FaultUrls } from './fault-server.js';

/** A status, or the error classes that are right (more than one where libcurl cannot tell them apart). */
export type Expectation = number | ErrorCode | ErrorCode[];

export interface FaultCase {
  name: string;
  url: string;
  expected: Expectation;
  /** Where the wire transport is right to see it otherwise. */
  onWire?: Expectation;
  options?: Partial<RequestSpec>;
}

const short = { timeoutMs: 400 };

export function faultCases(urls: FaultUrls): FaultCase[] {
  const path = (name: string, expected: Expectation, more: Partial<FaultCase> = {}): FaultCase => ({
    name,
    url: urls.http + name,
    expected,
    ...more,
  });
  const port = (name: keyof FaultUrls, expected: Expectation, more: Partial<FaultCase> = {}): FaultCase => ({
    name,
    url: `${urls[name]}/ok`,
    expected,
    ...more,
  });
  const h2 = (name: string, expected: Expectation, more: Partial<FaultCase> = {}): FaultCase => ({
    name: `h2 ${name}`,
    url: urls.h2 + name,
    expected,
    ...more,
    options: { httpVersion: '2', ...more.options },
  });
  return [
    // Unusual, and right.
    path('/ok', 200),
    path('/status?code=404', 404),
    path('/status?code=503', 503),
    path('/no-content', 204),
    path('/until-close', 200),
    path('/delay/fixed?ms=20', 200),
    path('/half-close/after', 200),
    path('/slow/bytes?ms=0', 200),
    path('/chunked/ok', 200),
    path('/length/short', 200),
    path('/headers/many?count=500', 200),
    path('/headers/large?bytes=60000', 200),
    path('/headers/folded', 200),
    path('/headers/cookies', 200),
    path('/body/size?bytes=1000000', 200),
    path('/encoding/gzip', 200),
    path('/encoding/deep-json', 200),
    path('/informational/some', 200),
    path('/informational/flood?count=20', 200),
    path('/redirect/chain?count=3', 200),
    path('/redirect/absolute', 200),
    path('/redirect/see-other', 200, { options: { method: 'POST', body: 'x' } }),
    path('/redirect/keep-method', 200, { options: { method: 'POST', body: 'x' } }),
    path('/redirect/nowhere', 302),
    path('/redirect/loop', 302, { options: { followRedirects: false } }),
    path('/keepalive/closed-after', 200),
    path('/keepalive/closed-under', 200),
    path('/keepalive/reset-under', 200),
    path('/keepalive/says-close', 200),
    path('/garbage/after-answer', 200),
    port('tls', 200),
    port('h2', 200, { options: { httpVersion: '2' } }),
    port('h2c', 200, { options: { httpVersion: '2-prior-knowledge' } }),

    // Nothing more comes.
    path('/stall/request', 'timeout', { options: short }),
    path('/stall/header', 'timeout', { options: short }),
    path('/stall/body', 'timeout', { options: short }),
    port('tlsStall', 'timeout', { options: short }),
    h2('/stall/request', 'timeout', { options: short }),

    // The connection ends too early.
    path('/reset/request', 'connection_closed'),
    path('/reset/header', 'connection_closed'),
    path('/reset/body', 'connection_closed'),
    path('/close/request', 'connection_closed'),
    path('/close/header', 'connection_closed'),
    path('/close/body', 'connection_closed'),
    path('/half-close/before', 'connection_closed'),
    path('/chunked/cut', 'connection_closed'),
    path('/chunked/cut-in-chunk', 'connection_closed'),
    path('/length/long', 'connection_closed'),
    port('resetAtAccept', ['connection_closed', 'connection_failed']),
    port('closeAtAccept', ['connection_closed', 'connection_failed']),
    h2('/close/connection', 'connection_closed'),
    h2('/goaway/before', ['connection_closed', 'protocol_error']),
    h2('/goaway/error', ['connection_closed', 'protocol_error']),

    // Nobody is there.
    port('refused', 'connection_failed'),
    { name: 'unknown host', url: 'http://nothing.invalid/', expected: 'dns_failed' },

    // What comes is not HTTP, or breaks its rules.
    path('/chunked/bad-size', 'protocol_error'),
    path('/chunked/negative-size', 'protocol_error'),
    path('/chunked/overflow', 'protocol_error'),
    path('/chunked/no-line-end', 'protocol_error'),
    path('/length/negative', 'protocol_error'),
    path('/length/word', 'protocol_error'),
    // libcurl reads to the end of the connection.
    path('/length/overflow', 200, { onWire: 'protocol_error' }),
    // libcurl takes the last one.
    path('/length/conflict', ['connection_closed', 'protocol_error']),
    path('/headers/endless', 'protocol_error'),
    path('/headers/endless-line', 'protocol_error'),
    path('/headers/no-colon', 'protocol_error'),
    path('/informational/endless', 'protocol_error'),
    path('/garbage/bytes', 'protocol_error'),
    path('/garbage/status-line', 'protocol_error'),
    path('/garbage/no-head', 'protocol_error'),
    path('/garbage/nul-in-header', 'protocol_error'),
    h2('/reset/stream', 'protocol_error'),
    // A reset of the stream; of a body that has begun newer libcurls say only that its end is missing.
    h2('/reset/body', ['protocol_error', 'connection_closed'], { onWire: 'protocol_error' }),
    h2('/reset/refused', ['protocol_error', 'connection_closed']),

    // Too much of it.
    path('/body/size?bytes=4000000', 'response_too_large', { options: { maxResponseBytes: 1_000_000 } }),
    path('/chunked/endless', 'response_too_large', { options: { maxResponseBytes: 1_000_000 } }),
    // The wire unpacks only what somebody reads.
    path('/encoding/bomb', 'response_too_large', { options: { maxResponseBytes: 1_000_000 }, onWire: 200 }),
    path('/encoding/broken-gzip', 'protocol_error', { onWire: 200 }),
    path('/redirect/loop?', 'too_many_redirects', { options: { maxRedirects: 5 } }),

    // Where a redirect must not lead.
    path('/redirect/to?url=file:///etc/hostname', 'invalid_url'),
    path('/redirect/to?url=gopher://127.0.0.1/', 'invalid_url'),

    // TLS that must not be trusted, or is none.
    port('tlsExpired', 'ssl_error'),
    port('tlsWrongHost', 'ssl_error'),
    port('tlsUntrusted', 'ssl_error'),
    port('tlsCut', ['ssl_error', 'connection_closed']),
    port('tlsGarbage', 'ssl_error'),
    {
      name: 'expired, but not checked',
      url: `${urls.tlsExpired}/ok`,
      expected: 200,
      options: { insecure: true },
    },
  ];
}
