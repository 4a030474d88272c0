import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { metricNames, type LiveSnapshot } from '../../lib/model/live.js';
import { assertBalanced } from './balance.js';
import { parseRunConfig } from '../../lib/model/run-config.js';
import { RunManager } from '../../lib/runs/run-manager.js';
import { mergeStored } from '../../lib/runs/stored-report.js';
import { distributionOf } from '../../lib/runs/histogram.js';
import { openHarness, startTarget, until, type Harness, type Target } from './harness.js';

let harness: Harness;
let target: Target;
before(async () => {
  harness = openHarness();
  target = await startTarget();
});
after(async () => {
  await harness.close();
  await target.close();
});

const hitsOf = (path: string): number => target.hits.get(path) ?? 0;

describe('a load run', () => {
  it('goes from pending to completed, and its figures agree with the server, the live stream and the store', async () => {
    const path = '/ok/agree';
    const handle = harness.start({
      request: { url: target.url + path },
      mode: 'constant',
      targetRps: 200,
      duration: 2.3,
      comment: 'c',
    });
    const { runId } = handle;
    assert.equal(harness.store.runs.get(runId)?.status, 'pending');
    const live = harness.manager.live(runId);
    assert.ok(live !== undefined);
    const snapshots: LiveSnapshot[] = [];
    const rows: { id: number; name: string }[] = [];
    let atComplete: unknown;
    live.subscribe({
      onSnapshot: (snapshot) => snapshots.push(snapshot),
      onMetrics: (stored) => {
        rows.push(...stored);
        assert.equal(
          harness.store.metrics.count(runId),
          rows.length,
          'rows are committed before they are told',
        );
      },
      onComplete: (event) => {
        assert.deepEqual(event, { event: 'complete', runId, status: 'completed' });
        atComplete = harness.store.runs.getReport(runId);
      },
    });
    await until(() => live.status === 'running');
    assert.deepEqual(harness.manager.activeRuns(), [runId]);
    assert.equal(harness.store.runs.get(runId)?.status, 'running');
    const report = await handle.done;

    assert.equal(report.summary.sentRequests, 460);
    assert.equal(hitsOf(path), 460);
    assertBalanced(report);
    assert.deepEqual(report.statusCodes, { 200: 460 });
    assert.equal(report.responseTime.count, 460);
    assert.equal(report.endReason, "the plan's time was over");
    assert.equal(report.comment, 'c');
    assert.deepEqual(report.latency.p99, report.responseTime.p99);

    const record = harness.store.runs.get(runId);
    assert.equal(record?.status, 'completed');
    assert.ok(record.endTime !== null && record.endTime - record.startTime >= 2200);
    assert.deepEqual(
      JSON.parse(JSON.stringify(harness.manager.report(runId))),
      JSON.parse(JSON.stringify(report)),
    );
    assert.deepEqual(
      atComplete,
      JSON.parse(JSON.stringify(report)),
      'the report is stored before the end is told',
    );
    assert.equal(harness.manager.live(runId), undefined);
    assert.deepEqual(harness.manager.activeRuns(), []);

    const seconds = rows.length / metricNames.length;
    assert.ok(seconds >= 2 && seconds <= 4, `${seconds} seconds`);
    assert.equal(report.series.length, seconds);
    assert.equal(
      report.series.reduce((sum, point) => sum + point.sent, 0),
      460,
    );
    assert.deepEqual([...new Set(rows.map((row) => row.name))].toSorted(), [...metricNames].toSorted());
    const last = harness.store.metrics.list(runId, { name: 'total_requests' }).at(-1);
    assert.equal(last?.value, 460);

    const { whole } = mergeStored(harness.store, runId);
    assert.deepEqual(distributionOf(whole.responseTime), report.responseTime, 'stored seconds are the run');
    assert.deepEqual(distributionOf(whole.serviceTime), report.serviceTime);
    assert.deepEqual(distributionOf(whole.lateness), report.lateness);

    assert.ok(snapshots.length >= 5, `${snapshots.length} snapshots`);
    const final = snapshots.at(-1);
    assert.equal(final?.requests_sent, 460);
    assert.equal(final.requestsExpected, 460);
    assert.equal(final.currentRps, final.rps);
    for (let i = 1; i < snapshots.length; i++) {
      assert.ok(
        (snapshots[i]?.total_requests ?? 0) >= (snapshots[i - 1]?.total_requests ?? 0),
        'counters only grow',
      );
    }
  });

  it('answers any percentile of any window afterwards', async () => {
    const { runId, done } = harness.start({
      request: { url: `${target.url}/ok` },
      mode: 'constant',
      targetRps: 100,
      duration: 2.2,
    });
    const report = await done;
    const all = harness.manager.window(runId, { percentiles: [50, 99.99] });
    assert.equal(all.measures.responseTime?.count, 220);
    assert.equal(all.measures.responseTime.percentiles['50'], report.responseTime.p50);
    const parts = [harness.manager.window(runId, { to: 1 }), harness.manager.window(runId, { from: 1 })];
    const counts = parts.map((part) => part.measures.responseTime?.count ?? 0);
    assert.equal((counts[0] ?? 0) + (counts[1] ?? 0), 220);
    assert.ok((counts[0] ?? 0) >= 90, `first second ${counts[0]}`);
    assert.throws(() => harness.manager.window('run_none'), { code: 'not_found' });
  });

  it('makes an exact number of iterations', async () => {
    const path = '/ok/iterations';
    const { done } = harness.start({
      request: { url: target.url + path },
      mode: 'iterations',
      iterations: 137,
      concurrency: 7,
    });
    const report = await done;
    assert.equal(hitsOf(path), 137);
    assert.equal(report.summary.successfulRequests, 137);
    assert.equal(report.endReason, 'all 137 requests were made');
    assert.equal(report.plan.expectedRequests, 137);
    assert.ok(report.connections.opened <= 7, `${report.connections.opened} connections`);
    assertBalanced(report);
  });

  it('counts statuses from 400 on as failures of their class, and their latency with the rest', async () => {
    for (const [code, name] of [
      [404, 'http_4xx'],
      [503, 'http_5xx'],
    ] as const) {
      const { done } = harness.start({
        request: { url: `${target.url}/status/${code}` },
        mode: 'iterations',
        iterations: 20,
      });
      const report = await done;
      assert.deepEqual(report.conservation.failed, { total: 20, byClass: { [name]: 20 } });
      assert.equal(report.summary.errorRate, 100);
      assert.equal(report.responseTime.count, 20);
      assert.deepEqual(report.statusCodes, { [code]: 20 });
      assert.match(report.errors.examples[name] ?? '', new RegExp(`^HTTP ${code}`));
      assertBalanced(report);
    }
  });

  it('counts a target that refuses connections', async () => {
    const { done, runId } = harness.start({
      request: { url: 'http://127.0.0.1:1/' },
      mode: 'constant',
      targetRps: 50,
      duration: 0.5,
    });
    const report = await done;
    assert.deepEqual(report.conservation.failed, { total: 25, byClass: { connection_failed: 25 } });
    assert.equal(report.status, 'completed');
    assert.match(report.errors.examples['connection_failed'] ?? '', /connect/i);
    const kept = harness.store.results.list(runId, { failed: true });
    assert.equal(kept.length, 25);
    assert.match(kept[0]?.error ?? '', /^connection_failed: /);
    assertBalanced(report);
  });

  it('drops arrivals over maxInFlight, counts them, and blames the server', async () => {
    const { done } = harness.start({
      request: { url: `${target.url}/delay/1000` },
      mode: 'constant',
      targetRps: 100,
      duration: 1,
      maxInFlight: 10,
    });
    const report = await done;
    assert.equal(report.conservation.planned, 100);
    assert.ok(
      (report.conservation.dropped.byReason['max_in_flight'] ?? 0) >= 70,
      report.conservation.sums.join(),
    );
    assertBalanced(report);
    assert.ok(report.verdict.evidence.some((one) => one.kind === 'max_in_flight' && one.value >= 70));
  });

  it('runs beside others, each with its own figures', async () => {
    const handles = [1, 2, 3].map((n) =>
      harness.start({
        request: { url: `${target.url}/ok/side${n}` },
        mode: 'iterations',
        iterations: n * 50,
        concurrency: 2,
      }),
    );
    assert.equal(harness.manager.activeRuns().length, 3);
    const reports = await Promise.all(handles.map((handle) => handle.done));
    assert.deepEqual(
      reports.map((report) => report.summary.successfulRequests),
      [50, 100, 150],
    );
    assert.deepEqual(
      [1, 2, 3].map((n) => hitsOf(`/ok/side${n}`)),
      [50, 100, 150],
    );
  });

  it('is refused over the limit of runs under way', async () => {
    harness.manager.setLimits({ maxActiveRuns: 1 });
    try {
      const first = harness.start({
        request: { url: `${target.url}/delay/300` },
        mode: 'iterations',
        iterations: 1,
      });
      assert.throws(
        () => harness.start({ request: { url: target.url }, mode: 'iterations', iterations: 1 }),
        { code: 'too_many_runs' },
      );
      await first.done;
      await harness.start({ request: { url: target.url }, mode: 'iterations', iterations: 1 }).done;
    } finally {
      harness.manager.setLimits({ maxActiveRuns: 32 });
    }
  });

  it('that cannot run is refused before anything is stored', () => {
    const before = harness.store.runs.count();
    const cases: [Record<string, unknown>, string][] = [
      [{ url: 'ftp://x/' }, 'invalid_url'],
      [{ url: 'http://h:99999/' }, 'invalid_url'],
      [{ requestId: 'req_none' }, 'not_found'],
      [{ url: target.url, environmentId: 'env_none' }, 'not_found'],
      [{ url: target.url, body: { mode: 'binary', src: '/no/such/file' } }, 'bad_request'],
    ];
    for (const [request, code] of cases) {
      assert.throws(
        () => harness.start({ request, mode: 'iterations', iterations: 1 }),
        { code },
        JSON.stringify(request),
      );
    }
    assert.equal(harness.store.runs.count(), before);
  });

  it('is not disturbed by a listener that fails', async () => {
    const { runId, done } = harness.start({
      request: { url: `${target.url}/ok` },
      mode: 'constant',
      targetRps: 20,
      duration: 1.2,
    });
    let calls = 0;
    let completed = false;
    harness.manager.live(runId)?.subscribe({
      onSnapshot: () => {
        calls += 1;
        throw new Error('a listener that fails');
      },
    });
    harness.manager.live(runId)?.subscribe({ onComplete: () => (completed = true) });
    const report = await done;
    assert.deepEqual([calls, completed, report.conservation.sent], [1, true, 24]);
  });

  it('drops snapshots of listeners that left, and survives late ones', async () => {
    const { runId, done } = harness.start({
      request: { url: `${target.url}/ok` },
      mode: 'constant',
      targetRps: 20,
      duration: 1.2,
    });
    let early = 0;
    const leave = harness.manager.live(runId)?.subscribe({ onSnapshot: () => (early += 1) });
    await until(() => early > 0);
    leave?.();
    const seen = early;
    let late = 0;
    harness.manager.live(runId)?.subscribe({ onSnapshot: () => (late += 1) });
    await done;
    assert.equal(early, seen);
    assert.ok(late > 0);
  });

  it('leaves only its report where seconds are not kept', async () => {
    const manager = new RunManager({ engine: harness.engine, store: harness.store, keepsSeconds: false });
    const { runId, done } = manager.start(
      parseRunConfig({
        request: { url: `${target.url}/ok` },
        mode: 'constant',
        targetRps: 20,
        duration: 1.2,
        success_sample_rate: 100,
      }),
    );
    const report = await done;
    await manager.close();
    assert.deepEqual([report.conservation.sent, report.exemplars.length > 0], [24, true]);
    assert.deepEqual(harness.store.runs.getReport(runId), JSON.parse(JSON.stringify(report)));
    const { runs, metrics, histograms, results } = harness.store;
    assert.equal(runs.get(runId)?.status, 'completed');
    assert.deepEqual([metrics.count(runId), histograms.list(runId).length, results.count(runId)], [0, 0, 0]);
  });

  it('shows each listener the snapshots that it wants, and no others', async () => {
    const { runId, done } = harness.start({
      request: { url: `${target.url}/ok` },
      mode: 'constant',
      targetRps: 20,
      duration: 1.2,
    });
    const asked: number[] = [];
    const shown: number[] = [];
    let shownToAll = 0;
    harness.manager.live(runId)?.subscribe({
      wants: (elapsedMs) => asked.push(elapsedMs) > 0 && elapsedMs >= 600 && shown.length === 0,
      onSnapshot: (snapshot) => shown.push(Math.round(snapshot.elapsedSeconds * 1000)),
    });
    harness.manager.live(runId)?.subscribe({ onSnapshot: () => (shownToAll += 1) });
    await done;
    assert.equal(asked.length, shownToAll);
    const wanted = asked.find((elapsedMs) => elapsedMs >= 600) ?? 0;
    assert.deepEqual(shown, [Math.round(wanted)]);
  });
});
