import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Engine } from '../../lib/engine/engine.js';
import type { EngineOptions } from '../../lib/engine/types.js';
import { parseRunConfig } from '../../lib/model/run-config.js';
import { RunManager, type RunHandle } from '../../lib/runs/run-manager.js';
import { openStore, type Store } from '../../lib/store/store.js';

export interface Harness {
  engine: Engine;
  store: Store;
  manager: RunManager;
  /** Starts a run as a client would. */
  start(run: Record<string, unknown>): RunHandle;
  close(): Promise<void>;
}

/** A real engine, a real store and a RunManager on top of them. */
export function openHarness(options: EngineOptions = {}, file = ':memory:'): Harness {
  const engine = new Engine({ workers: 1, ...options });
  const store = openStore({ file });
  const manager = new RunManager({ engine, store });
  return {
    engine,
    store,
    manager,
    start: (run) => manager.start(parseRunConfig(run)),
    close: async () => {
      await manager.close();
      await engine.close();
      store.close();
    },
  };
}

export interface Target {
  url: string;
  /** Requests that arrived, by path without query. */
  hits: Map<string, number>;
  /** Headers of the latest request, by path. */
  seen: Map<string, http.IncomingHttpHeaders>;
  close(): Promise<void>;
}

export type Route = (request: http.IncomingMessage, response: http.ServerResponse, body: string) => void;

/** A server in this process that counts what arrives: `/ok`, `/status/<code>`, `/delay/<ms>`, `/echo`, and routes of a test. */
export async function startTarget(routes: Record<string, Route> = {}): Promise<Target> {
  const hits = new Map<string, number>();
  const seen = new Map<string, http.IncomingHttpHeaders>();
  const server = http.createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    hits.set(path, (hits.get(path) ?? 0) + 1);
    seen.set(path, request.headers);
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const [, kind, argument] = path.split('/');
      const route = routes[path];
      if (route !== undefined) route(request, response, body);
      else if (kind === 'status') response.writeHead(Number(argument)).end('status');
      else if (kind === 'delay') setTimeout(() => response.end('late'), Number(argument));
      else if (kind === 'echo') {
        response.setHeader('Content-Type', 'application/json');
        response.end(
          JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }),
        );
      } else response.end('ok');
    });
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    hits,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until `condition` holds; fails after `limitMs`. */
export async function until(condition: () => boolean, limitMs = 10_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`waited ${limitMs} ms in vain`);
    await sleep(10);
  }
}
