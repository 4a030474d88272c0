/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- answers are JSON that the asserts look into */
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { metricNames } from '../../lib/model/live.js';
import { ended, eventually, startApi, startTarget, type Api, type Json } from './support.js';

interface LiveEvent {
  event: string;
  id: string | undefined;
  data: Json;
  /** Milliseconds, by the monotonic clock. */
  at: number;
}

/** Reads a live stream until it ends or `enough` says so. */
async function follow(
  api: Api,
  path: string,
  headers: Record<string, string> = {},
  enough: (events: LiveEvent[]) => boolean = () => false,
): Promise<{ events: LiveEvent[]; comments: string[] }> {
  const hangUp = new AbortController();
  const response = await fetch(api.url + path, { headers, signal: hangUp.signal });
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
  const events: LiveEvent[] = [];
  const comments: string[] = [];
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = block.split('\n');
      comments.push(...lines.filter((line) => line.startsWith(':')));
      const field = (name: string): string | undefined =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const event = field('event');
      if (event === undefined) continue;
      events.push({
        event,
        id: field('id'),
        data: JSON.parse(field('data') ?? 'null'),
        at: performance.now(),
      });
    }
    if (enough(events)) {
      hangUp.abort();
      break;
    }
  }
  assert.equal(text, '', 'the stream ends with a whole event');
  return { events, comments };
}

const of = (events: LiveEvent[], name: string): LiveEvent[] => events.filter(({ event }) => event === name);

async function startRun(api: Api, url: string, config: object): Promise<string> {
  const { status, body } = await api.call('POST', '/run', { url, ...config });
  assert.equal(status, 202, JSON.stringify(body));
  return body.runId as string;
}

async function storedIds(api: Api, runId: string): Promise<string[]> {
  const { body } = await api.call('GET', `/stats/${runId}?format=json`);
  return (body as Json[]).map(({ id }) => String(id));
}

test('a stream has snapshots, every stored row with its id, and `complete` at the end', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  const runId = await startRun(api, target.url, { mode: 'constant', duration: 2.5, targetRps: 40 });
  const { events } = await follow(api, `/stats/${runId}`);
  assert.deepEqual(events.at(-1)?.event, 'complete');
  assert.deepEqual(events.at(-1)?.data, { event: 'complete', runId, status: 'completed' });

  const snapshots = of(events, 'snapshot');
  assert.ok(snapshots.length >= 10, `${snapshots.length} snapshots in 2.5 s`);
  const last = snapshots.at(-1)?.data;
  assert.equal(last.requests_sent, 100);
  assert.equal(last.totalRequests, 100);
  for (const name of [
    'currentRps',
    'sendRate',
    'throughput',
    'activeConnections',
    'totalErrors',
    'errorRate',
    'avgLatencyMs',
    'latencyP50Ms',
    'latencyP95Ms',
    'latencyP99Ms',
    'requestsSent',
    'requestsExpected',
    'elapsedSeconds',
  ]) {
    assert.equal(typeof last[name], 'number', name);
  }
  assert.deepEqual(last.statusCodes, { '200': 100 });

  const rows = of(events, 'metric');
  const names = new Set(rows.map(({ data }) => data.name as string));
  for (const name of metricNames) assert.ok(names.has(name), name);
  assert.deepEqual(Object.keys(rows[0]?.data as object), ['id', 'runId', 'name', 'timestamp', 'value']);
  assert.deepEqual(
    rows.map(({ id }) => id),
    await storedIds(api, runId),
  );
});

test("the manager's stream has `metrics` events and `complete`", async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  const runId = await startRun(api, target.url, { mode: 'iterations', iterations: 40, concurrency: 1 });
  const { events } = await follow(api, `/runs/${runId}/live`);
  const metrics = of(events, 'metrics');
  assert.ok(metrics.length > 0);
  assert.equal(metrics.at(-1)?.data.totalRequests, 40);
  assert.equal(events.at(-1)?.event, 'complete');
});

test('a reader that comes back with Last-Event-ID gets exactly what it missed', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  const runId = await startRun(api, target.url, { mode: 'constant', duration: 3.5, targetRps: 20 });
  const first = await follow(api, `/stats/${runId}`, {}, (events) => of(events, 'metric').length >= 5);
  const seen = of(first.events, 'metric').map(({ id }) => id);
  const second = await follow(api, `/stats/${runId}`, { 'Last-Event-ID': seen.at(-1) ?? '' });
  const rest = of(second.events, 'metric').map(({ id }) => id);
  assert.deepEqual([...seen, ...rest], await storedIds(api, runId));
  assert.ok(rest.length > 0);
  const bad = await api.call('GET', `/stats/${runId}`, undefined, { 'Last-Event-ID': 'x' });
  assert.equal(bad.status, 400);
});

test('a reader that arrives when all is over gets the rows and `complete`', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  const runId = await startRun(api, target.url, { mode: 'constant', duration: 1.2, targetRps: 20 });
  await ended(api, runId);
  const { events } = await follow(api, `/stats/${runId}`);
  assert.deepEqual(
    of(events, 'metric').map(({ id }) => id),
    await storedIds(api, runId),
  );
  assert.deepEqual(events.at(-1)?.data, { event: 'complete', runId, status: 'completed' });
});

test('`interval` spaces the snapshots', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  const runId = await startRun(api, target.url, { mode: 'constant', duration: 2.5, targetRps: 20 });
  const { events } = await follow(api, `/stats/${runId}?interval=1000`);
  const snapshots = of(events, 'snapshot');
  assert.ok(snapshots.length >= 2 && snapshots.length <= 5, `${snapshots.length} snapshots`);
});

test('fifty readers at once get every row; one that vanishes disturbs none', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  const runId = await startRun(api, target.url, { mode: 'constant', duration: 2.2, targetRps: 20 });
  const vanishing = follow(api, `/stats/${runId}`, {}, (events) => events.length > 0);
  const readers = await Promise.all(Array.from({ length: 50 }, () => follow(api, `/stats/${runId}`)));
  await vanishing;
  const expected = await storedIds(api, runId);
  for (const { events } of readers) {
    assert.deepEqual(
      of(events, 'metric').map(({ id }) => id),
      expected,
    );
    assert.equal(events.at(-1)?.event, 'complete');
  }
  await eventually(
    async () =>
      ((await api.call('GET', '/metrics')).body as string).includes('vayu_live_readers 0') || undefined,
  );
});

test('a reader that does not read gets fewer snapshots but every row, and the run does not wait for it', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  const runId = await startRun(api, target.url, { mode: 'constant', duration: 3, targetRps: 50 });
  const socket = net.connect({ port: api.port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  t.after(() => socket.destroy());
  socket.write(
    `GET /runs/${runId}/live?interval=50 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
  );
  socket.pause();
  const run = await ended(api, runId);
  assert.equal(run.status, 'completed');
  const { body: report } = await api.call('GET', `/run/${runId}/report`);
  assert.equal(report.summary.sentRequests, 150);
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += chunk as string;
  const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => id);
  assert.deepEqual(ids, await storedIds(api, runId));
  assert.match(text, /event: complete/);
});

test('more readers than the setting allows are refused', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  await api.call('PUT', '/config', { maxLiveReaders: 1 });
  const runId = await startRun(api, target.url, { mode: 'constant', duration: 30, targetRps: 5 });
  const hangUp = new AbortController();
  const first = await fetch(`${api.url}/stats/${runId}`, { signal: hangUp.signal });
  assert.equal(first.status, 200);
  const second = await api.call('GET', `/stats/${runId}`);
  assert.equal(second.status, 429);
  hangUp.abort();
  await eventually(async () => {
    const probe = new AbortController();
    const { status } = await fetch(`${api.url}/stats/${runId}`, { signal: probe.signal });
    probe.abort();
    return status === 200 || undefined;
  });
});
