import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunStatus } from '../../lib/store/runs.js';
import type { Store } from '../../lib/store/store.js';
import { fileStore } from './support.js';

function insertRuns(store: Store, count: number, status: RunStatus = 'completed'): string[] {
  return Array.from(
    { length: count },
    (_, index) =>
      store.runs.insert({ type: 'load', status, configSnapshot: { index }, startTime: 1000 + index }).id,
  );
}

test('runs are listed newest first, filtered and in pages', (t) => {
  const { store } = fileStore(t);
  const request = store.requests.create({ name: 'r' }).id;
  const [first, second, third] = insertRuns(store, 3);
  const design = store.runs.insert({
    type: 'design',
    requestId: request,
    status: 'failed',
    configSnapshot: {},
    startTime: 2000,
  });
  const ids = (options: Parameters<Store['runs']['list']>[0]): (string | undefined)[] =>
    store.runs.list(options).map(({ id }) => id);
  assert.deepEqual(ids({}), [design.id, third, second, first]);
  assert.deepEqual(ids({ type: 'load', limit: 2, offset: 1 }), [second, first]);
  assert.deepEqual(ids({ status: 'failed' }), [design.id]);
  assert.deepEqual(ids({ requestId: request }), [design.id]);
  assert.deepEqual(ids({ before: third }), [second, first]);
  assert.equal(store.runs.count({ type: 'load' }), 3);
});

test('a run that began at the same millisecond is not lost between pages', (t) => {
  const { store } = fileStore(t);
  for (let i = 0; i < 5; i++) store.runs.insert({ type: 'load', configSnapshot: {}, startTime: 1 });
  const seen: string[] = [];
  let before: string | undefined;
  for (;;) {
    const page = store.runs.list({ limit: 2, before });
    if (page.length === 0) break;
    seen.push(...page.map(({ id }) => id));
    before = page.at(-1)?.id;
  }
  assert.equal(new Set(seen).size, 5);
});

test('an unknown request or environment is stored as none', (t) => {
  const { store } = fileStore(t);
  const run = store.runs.insert({
    type: 'load',
    requestId: 'req_none',
    environmentId: 'env_none',
    configSnapshot: {},
  });
  assert.equal(run.requestId, null);
  assert.equal(run.environmentId, null);
});

test('metrics, results, histograms and the report of a run go with it', (t) => {
  const { store } = fileStore(t);
  const [kept, deleted] = insertRuns(store, 2);
  assert.ok(kept && deleted);
  for (const id of [kept, deleted]) {
    store.metrics.insertMany(id, [{ timestamp: 1, name: 'rps', value: 10 }]);
    store.results.insertMany(id, [{ timestamp: 1, statusCode: 200, latencyMs: 2.5 }]);
    store.histograms.insertMany(id, 0, [{ name: 'responseTime', data: new Uint8Array([1]) }]);
    store.runs.saveReport(id, { id });
  }
  assert.equal(store.runs.delete(deleted), true);
  assert.deepEqual([store.metrics.count(deleted), store.results.count(deleted)], [0, 0]);
  assert.deepEqual(store.histograms.list(deleted), []);
  assert.equal(store.runs.getReport(deleted), undefined);
  assert.deepEqual(store.runs.getReport(kept), { id: kept });
  assert.equal(store.metrics.count(kept), 1);
  assert.throws(
    () => store.metrics.insertMany(deleted, [{ timestamp: 1, name: 'rps', value: 1 }]),
    /FOREIGN KEY/,
  );
});

test('metric ids grow, and `afterId` gives what came later', (t) => {
  const { store } = fileStore(t);
  const [a, b] = insertRuns(store, 2);
  assert.ok(a && b);
  const rows = store.metrics.insertMany(a, [
    { timestamp: 1, name: 'rps', value: 1 },
    { timestamp: 1, name: 'latency_avg', value: 2.25, labels: { unit: 'ms' } },
  ]);
  store.metrics.insertMany(b, [{ timestamp: 1, name: 'rps', value: 99 }]);
  const more = store.metrics.insertMany(a, [{ timestamp: 2, name: 'rps', value: 3 }]);
  assert.deepEqual(store.metrics.list(a), [...rows, ...more]);
  assert.deepEqual(store.metrics.list(a, { afterId: rows[1]?.id }), more);
  assert.deepEqual(
    store.metrics.list(a, { name: 'rps', from: 2 }).map(({ value }) => value),
    [3],
  );
});

test('results are told apart by failure', (t) => {
  const { store } = fileStore(t);
  const [run] = insertRuns(store, 1);
  assert.ok(run);
  store.results.insertMany(run, [
    { timestamp: 1, statusCode: 200, latencyMs: 1 },
    { timestamp: 2, latencyMs: 30, error: 'timeout', traceData: { url: 'u' } },
  ]);
  assert.deepEqual(
    store.results.list(run, { failed: true }).map(({ error, traceData }) => [error, traceData]),
    [['timeout', { url: 'u' }]],
  );
  assert.equal(store.results.count(run, { failed: false }), 1);
  assert.equal(store.results.count(run), 2);
});

test("a second's histograms are replaced, and a window is read", (t) => {
  const { store } = fileStore(t);
  const [run] = insertRuns(store, 1);
  assert.ok(run);
  for (let second = 0; second < 5; second++) {
    store.histograms.insertMany(run, second, [
      { name: 'responseTime', data: new Uint8Array([second]) },
      { name: 'serviceTime', data: new Uint8Array([second, 1]) },
    ]);
  }
  store.histograms.insertMany(run, 2, [{ name: 'responseTime', data: new Uint8Array([42]) }]);
  const window = store.histograms.list(run, { name: 'responseTime', fromSecond: 1, toSecond: 2 });
  assert.deepEqual(
    window.map(({ second, data }) => [second, ...data]),
    [
      [1, 1],
      [2, 42],
    ],
  );
});

test('runs of a former process become failed and keep their seconds', (t) => {
  const { store } = fileStore(t);
  const [running] = insertRuns(store, 1, 'running');
  const [done] = insertRuns(store, 1);
  assert.ok(running && done);
  store.metrics.insertMany(running, [{ timestamp: 9000, name: 'rps', value: 1 }]);
  assert.deepEqual(
    store.markInterruptedRuns().map(({ id }) => id),
    [running],
  );
  const run = store.runs.get(running);
  assert.equal(run?.status, 'failed');
  assert.equal(run?.endTime, 9000);
  assert.match(run?.error ?? '', /ended while/);
  assert.equal(store.metrics.count(running), 1);
  assert.equal(store.runs.get(done)?.status, 'completed');
});

test('retention deletes by count and by age, never a run under way', (t) => {
  const { store } = fileStore(t);
  const [active] = insertRuns(store, 1, 'running');
  const ids = insertRuns(store, 5);
  assert.equal(store.runs.prune({ olderThan: 1001 }), 1);
  assert.equal(store.runs.get(ids[0] ?? ''), undefined);
  assert.equal(store.runs.prune({ maxCount: 2 }), 2);
  assert.deepEqual(
    store.runs.list().map(({ id }) => id),
    [ids[4], ids[3], active],
  );
  assert.equal(store.runs.prune({}), 0);
});
