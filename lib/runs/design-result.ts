import type { Exchange, HeaderPair } from '../engine/types.js';
import { VayuError } from '../model/errors.js';
import type { Redactor } from '../model/redaction.js';
import type { DesignResult } from '../model/report.js';
import { decodeBody, parseJson, textOf } from './body-text.js';

/** Lines of one name are joined as HTTP allows; Set-Cookie, which does not, with line breaks. */
export function joinHeaders(headers: readonly HeaderPair[]): Record<string, string> {
  const joined: Record<string, string> = {};
  for (const [name, value] of headers) {
    const key = name.toLowerCase();
    joined[key] =
      joined[key] === undefined ? value : `${joined[key]}${key === 'set-cookie' ? '\n' : ', '}${value}`;
  }
  return joined;
}

const round = (ms: number): number => Number(ms.toFixed(3));

function bodyFields(
  body: Uint8Array,
  contentType: string | undefined,
): Pick<DesignResult, 'body' | 'bodyRaw' | 'bodyBase64'> {
  const text = decodeBody(body, contentType);
  if (text === undefined)
    return { body: null, bodyRaw: null, bodyBase64: Buffer.from(body).toString('base64') };
  const json = parseJson(text);
  return { body: json === undefined ? text : json.value, bodyRaw: text };
}

/** The exchange with the secrets masked in what its scripts said and left; the messages stay as they are. */
export function withoutSecrets(exchange: Exchange, redactor: Redactor): Exchange {
  const { tests, console, changedVariables, scriptFailure, visualizer, warnings } = exchange;
  return {
    ...exchange,
    ...redactor.json({ tests, console, changedVariables, warnings }),
    ...(scriptFailure === undefined ? {} : { scriptFailure: redactor.json(scriptFailure) }),
    ...(visualizer === undefined ? {} : { visualizer: redactor.json(visualizer) }),
  };
}

/** What a caller gets of a request made in design mode. The response is whole; of the request only secrets are masked. */
export function designResult(
  runId: string,
  exchange: Exchange,
  redactor: Redactor,
  warnings: readonly string[],
): DesignResult {
  const { request, response, timing } = exchange;
  const headers = response?.headers ?? [];
  const contentType = headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  const sentBody = textOf(request.body);
  const changed = Object.entries(exchange.changedVariables);
  const { scriptFailure } = exchange;
  return {
    runId,
    status: response?.status ?? 0,
    statusText: response?.statusText ?? '',
    headers: joinHeaders(headers),
    headerList: headers,
    ...bodyFields(response?.body ?? new Uint8Array(), contentType),
    timing: {
      total_ms: round(timing.totalMs),
      dns_ms: round(timing.dnsMs),
      connect_ms: round(timing.connectMs),
      tls_ms: round(timing.tlsMs),
      first_byte_ms: round(timing.firstByteMs),
      download_ms: round(timing.downloadMs),
    },
    tests: exchange.tests,
    console: exchange.console,
    ...(scriptFailure === undefined ? {} : { scriptError: scriptFailure }),
    ...(changed.length === 0 ? {} : { variables: Object.fromEntries(changed) }),
    httpVersion: response?.httpVersion ?? '',
    size: response?.body.length ?? 0,
    headerSize: response?.headerBytes ?? 0,
    bodyBytesOnWire: response?.bodyBytes ?? 0,
    remoteAddress: response?.remoteAddress ?? '',
    redirects: response?.redirects ?? 0,
    effectiveUrl: redactor.url(response?.effectiveUrl ?? request.url),
    request: {
      method: request.method,
      url: redactor.url(request.url),
      headers: redactor.headers(request.headers),
      ...(sentBody === undefined || sentBody === '' ? {} : { body: redactor.text(sentBody) }),
    },
    warnings: [...new Set([...warnings, ...exchange.warnings])],
    ...(exchange.execution.nextRequest === undefined ? {} : { nextRequest: exchange.execution.nextRequest }),
    ...(exchange.execution.skipped ? { skipped: true } : {}),
    ...(exchange.visualizer === undefined ? {} : { visualizer: exchange.visualizer }),
  };
}

/** The error of an exchange that has no response, with what its scripts said until then. */
export function exchangeError(runId: string, exchange: Exchange, redactor: Redactor): VayuError {
  const { code, message } = exchange.error ?? {
    code: 'internal_error',
    message: 'the exchange ended without a response',
  };
  return new VayuError(code, redactor.text(message), {
    runId,
    url: redactor.url(exchange.request.url),
    timing: { total_ms: round(exchange.timing.totalMs) },
    ...(exchange.tests.length === 0 ? {} : { tests: exchange.tests }),
    ...(exchange.console.length === 0 ? {} : { console: exchange.console }),
    ...(exchange.scriptFailure === undefined ? {} : { scriptError: exchange.scriptFailure }),
  });
}
