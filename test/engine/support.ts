import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type {
  CounterName,
  LoadModel,
  LoadPlan,
  RequestSpec,
  Submission,
  Tick,
} from '../../lib/engine/types.js';

export interface Target {
  url: string;
  /** Requests that arrived. */
  count(): number;
  /** The most that were open at once. */
  highest(): number;
  close(): Promise<void>;
}

/** Echoes method, path, headers and body as JSON, `delayMs` after the request came. */
export async function startTarget(delayMs = 0): Promise<Target> {
  let count = 0;
  let open = 0;
  let highest = 0;
  const server = http.createServer((request, response) => {
    count++;
    highest = Math.max(highest, ++open);
    response.on('close', () => open--);
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const { method, url, headers } = request;
      const answer = (): void => {
        response.setHeader('content-type', 'application/json');
        response.setHeader('x-twice', ['one', 'two']);
        response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(parts).toString('base64') }));
      };
      if (delayMs === 0) answer();
      else setTimeout(answer, delayMs);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    count: () => count,
    highest: () => highest,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export function get(url: string, more: Partial<RequestSpec> = {}): Submission {
  return { request: { method: 'GET', url, headers: [], ...more } };
}

export function planOf(url: string, model: LoadModel, more: Partial<LoadPlan> = {}): LoadPlan {
  return {
    submission: get(url),
    model,
    gracePeriodMs: 2000,
    transport: 'auto',
    sampling: {
      successRate: 1,
      maxSuccesses: 20,
      maxErrors: 20,
      slowThresholdMs: 10_000,
      maxSlow: 20,
      maxBodyBytes: 1000,
    },
    ...more,
  };
}

export function rateModel(perSecond: number, durationMs: number): LoadModel {
  return {
    kind: 'rate',
    segments: [{ durationMs, startRate: perSecond, endRate: perSecond }],
    arrival: 'uniform',
    seed: 1,
    burst: 0,
    maxInFlight: 1000,
  };
}

export function concurrencyModel(places: number, durationMs: number, iterations?: number): LoadModel {
  const segments = [{ durationMs, startConcurrency: places, endConcurrency: places }];
  return iterations === undefined
    ? { kind: 'concurrency', segments }
    : { kind: 'concurrency', segments, iterations };
}

export function assertBalanced(counters: Record<CounterName, number>): void {
  assert.equal(counters.planned, counters.sent + counters.dropped);
  assert.equal(counters.sent, counters.succeeded + counters.failed + counters.aborted);
}

/** What a histogram of all ticks together counted. */
export function recorded(ticks: Tick[], name: keyof Tick['histograms']): number {
  return ticks.reduce((sum, tick) => sum + tick.histograms[name].counts.reduce((a, b) => a + b, 0), 0);
}
