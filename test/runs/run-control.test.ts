import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openHarness, sleep, startTarget, until, type Harness, type Target } from './harness.js';
import { assertBalanced } from './balance.js';

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

describe('a load run under way', () => {
  it('stops within its grace period and counts what it aborted', async () => {
    const path = '/delay/30000';
    const { runId } = harness.start({
      request: { url: target.url + path },
      mode: 'constant',
      concurrency: 5,
      duration: 60,
    });
    await until(() => hitsOf(path) === 5);
    const began = Date.now();
    const report = await harness.manager.stop(runId, { graceMs: 200 });
    assert.ok(Date.now() - began < 5000, `${Date.now() - began} ms`);
    assert.equal(report.status, 'stopped');
    assert.equal(report.endReason, 'stopped on request');
    assert.deepEqual([report.conservation.sent, report.conservation.aborted], [5, 5]);
    assert.equal(report.summary.successRate, 0, 'interrupted requests did not succeed');
    assertBalanced(report);
    assert.equal(harness.store.runs.get(runId)?.status, 'stopped');
    await assert.rejects(harness.manager.stop(runId), {
      code: 'not_running',
      details: { runId, currentStatus: 'stopped' },
    });
    await assert.rejects(harness.manager.stop('run_none'), { code: 'not_found' });
  });

  it('lets requests in flight finish within the grace period', async () => {
    const path = '/delay/400';
    const { runId } = harness.start({
      request: { url: target.url + path },
      mode: 'constant',
      concurrency: 3,
      duration: 60,
    });
    await until(() => hitsOf(path) >= 3);
    const report = await harness.manager.stop(runId, { graceMs: 5000 });
    assert.equal(report.conservation.aborted, 0);
    assert.equal(report.conservation.succeeded, hitsOf(path));
  });

  it('can be stopped before it has begun', async () => {
    const handle = harness.start({
      request: { url: `${target.url}/ok` },
      mode: 'constant',
      concurrency: 1,
      duration: 60,
    });
    const report = await harness.manager.stop(handle.runId);
    assert.equal(report.status, 'stopped');
  });

  it('changes its rate while it runs, and says when', async () => {
    const { runId, done } = harness.start({
      request: { url: `${target.url}/ok` },
      mode: 'constant',
      targetRps: 50,
      duration: 2,
    });
    await until(() => (harness.manager.live(runId)?.latest()?.elapsedSeconds ?? 0) >= 0.9);
    harness.manager.update(runId, { targetRps: 400 });
    assert.throws(() => harness.manager.update(runId, { concurrency: 5 }), {
      code: 'bad_request',
      message: /because the run has a rate/,
    });
    assert.throws(() => harness.manager.update(runId, { targetRps: -1 }), { code: 'bad_request' });
    const report = await done;
    assert.equal(report.plan.changes.length, 1);
    const [change] = report.plan.changes;
    assert.equal(change?.rate, 400);
    const expected = change.atSeconds * 50 + (2 - change.atSeconds) * 400;
    assert.ok(
      Math.abs(report.conservation.planned - expected) <= 10,
      `${report.conservation.planned}, expected ${expected}`,
    );
    assert.equal(Math.max(...report.series.map((point) => point.target)), 400);
    assert.throws(() => harness.manager.update(runId, { targetRps: 5 }), { code: 'not_running' });
  });

  it('is aborted by a threshold that is told to', async () => {
    const { done } = harness.start({
      request: { url: `${target.url}/status/500` },
      mode: 'constant',
      targetRps: 50,
      duration: 30,
      thresholds: [{ expression: 'error_rate<10%', abortOnFail: true }],
    });
    const report = await done;
    assert.equal(report.status, 'stopped');
    assert.equal(report.endReason, 'threshold error_rate<10% failed');
    assert.ok(report.summary.totalDurationSeconds < 10, `${report.summary.totalDurationSeconds} s`);
    assert.equal(report.thresholds.passed, false);
    assert.equal(report.thresholds.results[0]?.aborted, true);
    assertBalanced(report);
  });
});

describe('closing', () => {
  it('stops what is under way and reports it', async () => {
    const own = openHarness();
    const handle = own.start({
      request: { url: `${target.url}/delay/20000` },
      mode: 'constant',
      concurrency: 2,
      duration: 60,
    });
    await sleep(300);
    const began = Date.now();
    await own.manager.close();
    assert.ok(Date.now() - began < 3000);
    const report = await handle.done;
    assert.deepEqual([report.status, report.endReason], ['stopped', 'the engine was shut down']);
    assert.throws(() => own.start({ request: { url: target.url }, mode: 'iterations', iterations: 1 }), {
      code: 'shutting_down',
    });
    await own.close();
  });
});
