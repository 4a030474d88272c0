import type { NativeResponse, NativeResult, NativeSample, NativeSnapshot } from './addon.js';
import { decodeVariables } from './normalize.js';
import {
  counterNames,
  dropReasons,
  errorCodes,
  histogramNames,
  type ConsoleLine,
  type ErrorCode,
  type Exchange,
  type HeaderPair,
  type HistogramDelta,
  type Sample,
  type ScriptFailure,
  type Tick,
  type Visualization,
} from './types.js';

/** Turns what the addon delivers into the shapes of types.ts. */

const failureKinds = ['exception', 'syntax', 'timeout', 'memory', 'stack'] as const;
const sampleKinds = ['error', 'slow', 'success', 'exemplar'] as const;
const httpVersions: Record<number, string> = { 10: '1.0', 11: '1.1', 20: '2', 30: '3' };
const firstHttpClass = 14;

export function decodeResult(result: NativeResult): Exchange {
  const exchange: Exchange = {
    ...decodeExchange(result),
    startedAt: result.startedAt,
    tests: result.tests,
    console: result.console as ConsoleLine[],
    changedVariables: {},
    warnings: [...new Set(result.unresolved)].map(
      (name) => `variable "${name}" is not defined; {{${name}}} was sent as written`,
    ),
    execution: { skipped: result.skipped },
  };
  if (result.nextRequest !== undefined) exchange.execution.nextRequest = result.nextRequest;
  if (result.visualizer !== undefined) exchange.visualizer = JSON.parse(result.visualizer) as Visualization;
  if (result.environment) exchange.changedVariables.environment = decodeVariables(result.environment);
  if (result.collection) exchange.changedVariables.collection = decodeVariables(result.collection);
  if (result.globals) exchange.changedVariables.globals = decodeVariables(result.globals);
  if (result.scriptFailure) {
    const { phase, kind, script, message, line, column } = result.scriptFailure;
    const failure: ScriptFailure = {
      phase: phase === 0 ? 'preRequest' : 'test',
      kind: failureKinds[kind] ?? 'exception',
      script,
      message,
    };
    if (line > 0) failure.line = line;
    if (column > 0) failure.column = column;
    exchange.scriptFailure = failure;
  }
  return exchange;
}

type ExchangeCore = Pick<Exchange, 'request' | 'response' | 'error' | 'timing' | 'secrets'>;

function decodeExchange(native: NativeResponse): ExchangeCore {
  const core: ExchangeCore = {
    request: {
      method: native.method ?? '',
      url: native.url ?? '',
      headers: toPairs(native.requestHeaders ?? []),
      body: native.requestBody ?? new Uint8Array(),
    },
    timing: {
      totalMs: native.totalMs,
      dnsMs: native.dnsMs,
      connectMs: native.connectMs,
      tlsMs: native.tlsMs,
      firstByteMs: native.firstByteMs,
      downloadMs: native.downloadMs,
    },
    secrets: native.secrets ?? [],
  };
  if (native.status !== 0) {
    core.response = {
      status: native.status,
      statusText: native.statusText,
      httpVersion: httpVersions[native.httpVersion] ?? '1.1',
      headers: toPairs(native.headers),
      body: native.body,
      bodyCut: native.bodyCut,
      headerBytes: native.headerBytes,
      bodyBytes: native.bodyBytes,
      remoteAddress: native.remoteAddress,
      redirects: native.redirects,
      effectiveUrl: native.effectiveUrl,
    };
  }
  if (native.error !== 0) core.error = { code: errorCodeAt(native.error), message: native.errorMessage };
  return core;
}

function decodeSample(sample: NativeSample, startedAt: number): Sample {
  return {
    kind: sampleKinds[sample.kind] ?? 'success',
    exchange: {
      ...decodeExchange(sample),
      startedAt: startedAt + sample.sentMs,
      tests: [],
      console: [],
      changedVariables: {},
      warnings: [],
      execution: { skipped: false },
    },
    intendedMs: sample.intendedMs,
    sentMs: sample.sentMs,
    firstByteMs: sample.firstByteAtMs,
    doneMs: sample.doneMs,
  };
}

/** `startedAt` is the run's start in milliseconds since the epoch. */
export function decodeSnapshot(snapshot: NativeSnapshot, startedAt: number): Tick {
  const counters = named(counterNames, snapshot.counters);
  const failures: Record<string, number> = {};
  snapshot.failures.forEach((count, index) => {
    if (count > 0) failures[failureClass(index)] = count;
  });
  const statusCodes: Record<string, number> = {};
  for (let index = 0; index + 1 < snapshot.statusCodes.length; index += 2) {
    statusCodes[String(snapshot.statusCodes[index])] = snapshot.statusCodes[index + 1] ?? 0;
  }
  const empty: HistogramDelta = { values: new Float64Array(), counts: new Float64Array() };
  const histograms = Object.fromEntries(
    histogramNames.map((name, index) => [
      name,
      {
        values: snapshot.histograms[index * 2] ?? empty.values,
        counts: snapshot.histograms[index * 2 + 1] ?? empty.counts,
      },
    ]),
  ) as Tick['histograms'];
  const workers: Tick['workers'] = [];
  for (let index = 0; index + 1 < snapshot.workers.length; index += 2) {
    workers.push({ cpu: snapshot.workers[index] ?? 0, maxLoopLagMs: snapshot.workers[index + 1] ?? 0 });
  }
  return {
    elapsedMs: snapshot.elapsedMs,
    final: snapshot.final,
    counters,
    dropped: named(dropReasons, snapshot.dropped),
    failures,
    statusCodes,
    histograms,
    tests: snapshot.tests,
    samples: snapshot.samples.map((sample) => decodeSample(sample, startedAt)),
    inFlight: Math.max(0, counters.sent - counters.succeeded - counters.failed - counters.aborted),
    connectionsOpen: snapshot.connectionsOpen,
    target: snapshot.target,
    workers,
    limits: { descriptors: snapshot.descriptorsExhausted, ports: snapshot.portsExhausted },
  };
}

function named<Name extends string>(names: readonly Name[], values: Float64Array): Record<Name, number> {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? 0])) as Record<Name, number>;
}

function failureClass(index: number): string {
  if (index === firstHttpClass) return 'http_4xx';
  if (index === firstHttpClass + 1) return 'http_5xx';
  return errorCodeAt(index);
}

function errorCodeAt(position: number): ErrorCode {
  return errorCodes[position - 1] ?? 'internal_error';
}

function toPairs(flat: string[]): HeaderPair[] {
  const pairs: HeaderPair[] = [];
  for (let index = 0; index + 1 < flat.length; index += 2)
    pairs.push([flat[index] ?? '', flat[index + 1] ?? '']);
  return pairs;
}
