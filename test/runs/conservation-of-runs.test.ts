import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import type { Report } from '../../lib/model/report.js';
import { cliArguments } from '../cli/cli-process.js';
import { assertBalanced } from './balance.js';
import { openHarness, until, type Harness } from './harness.js';
import { countingTargets } from './support/counting-target.js';

const startCountingTarget = countingTargets();
let harness: Harness;
before(() => {
  harness = openHarness();
});
after(async () => {
  await harness.close();
});

/** Both sums balance, nothing is in flight, and what is stored says the same. */
function assertConserved(report: Report): void {
  const { planned, sent, dropped, succeeded, failed, aborted, inFlight, sums } = report.conservation;
  assert.equal(planned, sent + dropped.total, sums.join('; '));
  assert.equal(sent, succeeded + failed.total + aborted, sums.join('; '));
  assert.equal(inFlight, 0);
  assert.equal(report.conservation.balanced, true);
  assert.equal(report.responseTime.count, succeeded + failed.total, 'every result has its latency');
  const series = report.series.reduce(
    (sum, point) => ({
      sent: sum.sent + point.sent,
      ended: sum.ended + point.succeeded + point.failed + point.aborted,
    }),
    { sent: 0, ended: 0 },
  );
  assert.deepEqual(series, { sent, ended: sent }, 'the seconds add up to the run');
  const stored = harness.store.metrics.list(report.runId);
  const last = (name: string): number | undefined => stored.filter((row) => row.name === name).at(-1)?.value;
  assert.equal(last('requests_sent'), sent);
  assert.equal(last('total_requests'), succeeded + failed.total);
  assert.equal(last('requests_aborted'), aborted);
  assert.equal(last('requests_dropped'), dropped.total);
}

describe('planned = sent + dropped, sent = succeeded + failed + aborted, and the server counted the same', () => {
  it('when the plan is carried out', async () => {
    const target = await startCountingTarget(0);
    const report = await harness.start({
      request: { url: target.url },
      mode: 'constant',
      targetRps: 300,
      duration: 1,
    }).done;
    assertConserved(report);
    assert.equal(report.conservation.sent, 300);
    assert.equal(target.count(), 300);
    await target.kill();
  });

  it('when the budget of a closed model is used up', async () => {
    const target = await startCountingTarget(0);
    const report = await harness.start({
      request: { url: target.url },
      mode: 'iterations',
      iterations: 501,
      concurrency: 16,
    }).done;
    assertConserved(report);
    assert.deepEqual([report.conservation.sent, target.count()], [501, 501]);
    await target.kill();
  });

  it('when it is stopped, with time for what is in flight', async () => {
    const target = await startCountingTarget(30);
    const { runId } = harness.start({
      request: { url: target.url },
      mode: 'constant',
      targetRps: 300,
      duration: 60,
    });
    await until(() => target.count() >= 100);
    const report = await harness.manager.stop(runId, { graceMs: 5000 });
    assertConserved(report);
    assert.equal(report.conservation.aborted, 0);
    assert.equal(report.conservation.sent, target.count());
    await target.kill();
  });

  it('when it is stopped at once, as by Ctrl-C pressed twice', async () => {
    const target = await startCountingTarget(20_000);
    const { runId } = harness.start({
      request: { url: target.url },
      mode: 'constant',
      concurrency: 20,
      duration: 60,
    });
    await until(() => target.count() === 20);
    const report = await harness.manager.stop(runId, { graceMs: 0 });
    assertConserved(report);
    assert.deepEqual([report.conservation.sent, report.conservation.aborted, target.count()], [20, 20, 20]);
    await target.kill();
  });

  for (const load of [
    ['-q', '300'],
    ['-c', '8'],
  ]) {
    it(`when Ctrl-C ends the command line: ${load.join(' ')}`, async () => {
      const target = await startCountingTarget(20);
      const child = spawn(
        process.execPath,
        [...cliArguments, 'load', ...load, '-z', '60s', '--json', target.url],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const ended = once(child, 'close') as Promise<[number | null]>;
      let stdout = '';
      child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
      await until(() => target.count() >= 100, 20_000);
      child.kill('SIGINT');
      assert.deepEqual((await ended)[0], 130);
      const report = JSON.parse(stdout) as Report;
      assertBalanced(report);
      assert.equal(report.conservation.sent, target.count());
      assert.ok(report.conservation.succeeded >= 90, report.conservation.sums.join());
      await target.kill();
    });
  }

  it('when its time is over while slow requests are in flight', async () => {
    const target = await startCountingTarget(20_000);
    const report = await harness.start({
      request: { url: target.url },
      mode: 'constant',
      targetRps: 50,
      duration: 1,
      gracePeriod: '300ms',
    }).done;
    assertConserved(report);
    assert.equal(report.status, 'completed');
    assert.deepEqual(
      [report.conservation.planned, report.conservation.aborted, target.count()],
      [50, 50, 50],
    );
    assert.ok(report.summary.totalDurationSeconds < 4, `${report.summary.totalDurationSeconds} s`);
    await target.kill();
  });

  it('when the target is killed', async () => {
    const target = await startCountingTarget(5);
    const { runId, done } = harness.start({
      request: { url: target.url },
      mode: 'constant',
      targetRps: 200,
      duration: 2,
    });
    await until(() => target.count() >= 100);
    await target.kill();
    const report = await done;
    assertConserved(report);
    const { succeeded, failed, sent } = report.conservation;
    assert.equal(sent, 400);
    assert.ok(
      succeeded <= target.count() && succeeded >= 90,
      `${succeeded} succeeded, ${target.count()} arrived`,
    );
    // What was under way when it died was cut off; what came afterwards found nobody.
    const refused = failed.byClass['connection_failed'] ?? 0;
    assert.ok(refused >= 100, JSON.stringify(failed));
    // One that arrived and whose kept-alive connection then died unanswered was sent again, and found nobody.
    const most = sent - refused + report.connections.retries;
    assert.ok(target.count() <= most, `${target.count()} arrived, ${most} could`);
    assert.equal(harness.store.runs.get(runId)?.status, 'completed');
  });

  it('when a threshold aborts it', async () => {
    const target = await startCountingTarget(20);
    const report = await harness.start({
      request: { url: target.url },
      mode: 'constant',
      concurrency: 8,
      duration: 60,
      thresholds: [{ expression: 'p50<1ms', abortOnFail: true }],
    }).done;
    assertConserved(report);
    assert.equal(report.status, 'stopped');
    assert.equal(report.conservation.sent, target.count());
    await target.kill();
  });

  it('when arrivals are dropped', async () => {
    const target = await startCountingTarget(300);
    const report = await harness.start({
      request: { url: target.url },
      mode: 'constant',
      targetRps: 200,
      duration: 1,
      maxInFlight: 20,
    }).done;
    assertConserved(report);
    assert.equal(report.conservation.planned, 200);
    assert.ok(report.conservation.dropped.total >= 100, report.conservation.sums.join('; '));
    assert.equal(report.conservation.sent, target.count());
    await target.kill();
  });
});
