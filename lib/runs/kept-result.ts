import type { Exchange, Sample } from '../engine/types.js';
import type { Redactor } from '../model/redaction.js';
import type { KeptResult } from '../model/report.js';
import type { NewResult } from '../store/results.js';
import { textOf } from './body-text.js';

const round = (ms: number): number => Number(ms.toFixed(3));

/** The class of a failed exchange as counters name it: an error code, `http_4xx` or `http_5xx`; null for a success. */
export function failureClass(exchange: Exchange): string | null {
  if (exchange.error !== undefined) return exchange.error.code;
  const status = exchange.response?.status ?? 0;
  if (status >= 500) return 'http_5xx';
  return status >= 400 ? 'http_4xx' : null;
}

function failureMessage(exchange: Exchange, redactor: Redactor): string | null {
  if (exchange.error !== undefined) return redactor.text(`${exchange.error.code}: ${exchange.error.message}`);
  const { response } = exchange;
  if (response === undefined || response.status < 400) return null;
  return `HTTP ${response.status}${response.statusText === '' ? '' : ` ${response.statusText}`}`;
}

export function keptResult(sample: Sample, redactor: Redactor): KeptResult {
  const { exchange } = sample;
  return {
    kind: sample.kind,
    intendedMs: round(sample.intendedMs),
    sentMs: round(sample.sentMs),
    firstByteMs: round(sample.firstByteMs),
    doneMs: round(sample.doneMs),
    responseTimeMs: round(sample.doneMs - sample.intendedMs),
    serviceTimeMs: round(sample.doneMs - sample.sentMs),
    status: exchange.response?.status ?? null,
    error: failureMessage(exchange, redactor),
    errorClass: failureClass(exchange),
  };
}

function storedBody(
  body: Uint8Array,
  redactor: Redactor,
): { body: string } | { bodyBase64: string } | Record<string, never> {
  if (body.length === 0) return {};
  const text = textOf(body);
  return text === undefined
    ? { bodyBase64: Buffer.from(body).toString('base64') }
    : { body: redactor.text(text) };
}

/** What is stored of an exchange besides its figures: both messages, tests and console, secrets masked. */
export function traceOf(
  exchange: Exchange,
  redactor: Redactor,
  withTiming: boolean,
): Record<string, unknown> {
  const { request, response } = exchange;
  return {
    request: {
      method: request.method,
      url: redactor.url(request.url),
      headers: redactor.headers(request.headers),
      ...storedBody(request.body, redactor),
    },
    ...(response === undefined
      ? {}
      : {
          response: {
            status: response.status,
            statusText: response.statusText,
            httpVersion: response.httpVersion,
            headers: redactor.headers(response.headers),
            bodyBytes: response.bodyBytes,
            bodyCut: response.bodyCut,
            remoteAddress: response.remoteAddress,
            ...storedBody(response.body, redactor),
          },
        }),
    ...(withTiming ? { timing: exchange.timing } : {}),
    ...(exchange.tests.length === 0 ? {} : { tests: redactor.json(exchange.tests) }),
    ...(exchange.console.length === 0 ? {} : { console: redactor.json(exchange.console) }),
    ...(exchange.scriptFailure === undefined ? {} : { scriptError: redactor.json(exchange.scriptFailure) }),
    ...(exchange.visualizer === undefined ? {} : { visualizer: redactor.json(exchange.visualizer) }),
  };
}

/** The stored row of a kept exchange of a load run. */
export function resultRow(
  sample: Sample,
  kept: KeptResult,
  redactor: Redactor,
  withTiming: boolean,
): NewResult {
  return {
    timestamp: Math.round(sample.exchange.startedAt),
    statusCode: kept.status,
    latencyMs: kept.responseTimeMs,
    error: kept.error,
    traceData: {
      kind: kept.kind,
      clocks: {
        intendedMs: kept.intendedMs,
        sentMs: kept.sentMs,
        firstByteMs: kept.firstByteMs,
        doneMs: kept.doneMs,
      },
      errorClass: kept.errorClass,
      ...traceOf(sample.exchange, redactor, withTiming),
    },
  };
}
