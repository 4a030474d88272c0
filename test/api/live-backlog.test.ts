import assert from 'node:assert/strict';
import net from 'node:net';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { createApp } from '../../lib/api/app.js';
import { listen } from '../../lib/api/http-server.js';
import type { RunService } from '../../lib/api/run-service.js';
import type { LiveSnapshot } from '../../lib/model/live.js';
import type { LiveListener, LiveRun } from '../../lib/runs/run-manager.js';
import { openStore, type Store } from '../../lib/store/store.js';
import { temporaryFolder } from './support.js';

interface Source {
  port: number;
  store: Store;
  runId: string;
  listeners: Set<LiveListener>;
  snapshot(sequence: number, bytes: number): void;
  rows(count: number): void;
  complete(): void;
}

/** The real app on a real store, with a run whose figures the test itself makes, at a pace that no run has. */
async function startSource(t: TestContext, keepAliveMs = 60_000): Promise<Source> {
  const store = openStore({ file: path.join(temporaryFolder(t), 'vayu.db') });
  const { id: runId } = store.runs.insert({ type: 'load', status: 'running', configSnapshot: {} });
  const listeners = new Set<LiveListener>();
  let active = true;
  const live: LiveRun = {
    status: 'running',
    latest: () => undefined,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
  const runs = {
    live: () => (active ? live : undefined),
    activeRuns: () => [runId],
  } as unknown as RunService;
  const engine = { workers: 1, activeCount: 0, pendingCount: 0, totalProcessed: 0 };
  const app = createApp({ engine, store, runs, info: { version: '0' }, keepAliveMs });
  const { server, port } = await listen({ host: '127.0.0.1', port: 0, handler: app.handler });
  t.after(() => {
    app.live.close();
    server.closeAllConnections();
    server.close();
    store.close();
  });
  let second = 0;
  return {
    port,
    store,
    runId,
    listeners,
    snapshot: (sequence, bytes) => {
      const snapshot = { sequence, filling: 'x'.repeat(bytes) } as unknown as LiveSnapshot;
      for (const listener of listeners) listener.onSnapshot?.(snapshot);
    },
    rows: (count) => {
      second += 1;
      const rows = store.metrics.insertMany(
        runId,
        Array.from({ length: count }, (_, index) => ({ timestamp: second, name: `m${index}`, value: index })),
      );
      for (const listener of listeners) listener.onMetrics?.(rows);
    },
    complete: () => {
      active = false;
      for (const listener of [...listeners])
        listener.onComplete?.({ event: 'complete', runId, status: 'completed' });
    },
  };
}

async function open({ port, runId }: Source, query: string): Promise<net.Socket> {
  const socket = net.connect({ port, host: '127.0.0.1' });
  socket.write(`GET /stats/${runId}${query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  await new Promise((resolve) => socket.once('readable', resolve));
  return socket;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('while a reader does not read, snapshots are left out, memory stays bounded and rows are kept', async (t) => {
  const source = await startSource(t);
  const socket = await open(source, '?interval=50');
  const published = 400;
  const before = process.memoryUsage().rss;
  for (let sequence = 0; sequence < published; sequence++) {
    source.snapshot(sequence, 500_000);
    source.rows(20);
    if (sequence % 40 === 0) await new Promise((resolve) => setTimeout(resolve, 60));
    else await turn();
  }
  const grown = process.memoryUsage().rss - before;
  source.complete();
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += chunk as string;
  const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
  assert.deepEqual(
    ids,
    source.store.metrics.list(source.runId).map(({ id }) => id),
  );
  assert.equal(ids.length, published * 20);
  const snapshots = text.match(/^event: snapshot$/gm)?.length ?? 0;
  assert.ok(snapshots > 0 && snapshots < 30, `${snapshots} of ${published} snapshots`);
  assert.ok(grown < 150 * 1024 * 1024, `${Math.round(grown / 1024 / 1024)} MB more`);
  assert.match(text, /event: complete\ndata: \{"event":"complete"/);
  assert.equal(source.listeners.size, 0);
});

test('comments keep an idle stream open, and a vanished reader leaves nothing behind', async (t) => {
  const source = await startSource(t, 30);
  const socket = await open(source, '');
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  while ((text.match(/^: keep-alive$/gm) ?? []).length < 3)
    await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(source.listeners.size, 1);
  socket.destroy();
  while (source.listeners.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
});
