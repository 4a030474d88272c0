import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';
import { holdsOnce } from './attempts.js';
import { openHarness, sleep, startTarget, until, type Harness } from './harness.js';
import { forEachBucket } from '../../lib/runs/histogram.js';
import { mergeStored } from '../../lib/runs/stored-report.js';

let harness: Harness;
let server: RecordingServer;
before(async () => {
  server = await startRecordingServer();
  harness = openHarness();
});
after(async () => {
  await harness.close();
  await server.stop();
});

describe('a server that always takes 50 ms', () => {
  it('shows 50 ms at every percentile, by both clocks, to within 2 % and what the loopback adds', async () => {
    const control = await startRecordingServer();
    await server.setDelayUs(50_000);
    const start = (url: string) =>
      harness.start({ request: { url }, mode: 'constant', targetRps: 200, duration: 3 });
    await holdsOnce(5, async () => {
      // Side by side, so that whatever else the machine does meets both; the second in which it does least is looked at.
      const [run, loopback] = [start(server.url), start(control.url)];
      await Promise.all([run.done, loopback.done]);
      let second = 0;
      await holdsOnce(3, () => {
        const window = { from: second, to: second + 1, percentiles: [0, 50, 75, 90, 95, 99] };
        second += 1;
        const measured = harness.manager.window(run.runId, window).measures;
        const added = harness.manager.window(loopback.runId, window).measures;
        for (const measure of ['responseTime', 'serviceTime'] as const) {
          const most = 50 * 1.02 + (added[measure]?.p99 ?? 0);
          for (const [percentile, ms] of Object.entries(measured[measure]?.percentiles ?? { none: NaN })) {
            assert.ok(
              ms >= 49.9 && ms <= most,
              `${measure} p${percentile} is ${ms} ms, expected 50 to ${most} ms`,
            );
          }
        }
        const firstByte = measured.firstByte?.p50 ?? NaN;
        assert.ok(firstByte >= 49 && firstByte <= 52, `first byte ${firstByte} ms`);
        return Promise.resolve();
      });
    });
    await server.setDelayUs(0);
    await control.stop();
  });
});

describe('a server with two kinds of answers', () => {
  it('shows the step at its percentile: 1 in 10 takes 150 ms longer', async () => {
    let served = 0;
    const target = await startTarget({
      '/bimodal': (_request, response) => {
        served += 1;
        if (served % 10 === 0) setTimeout(() => response.end('slow'), 150);
        else response.end('fast');
      },
    });
    try {
      await holdsOnce(4, async () => {
        served = 0;
        const { done, runId } = harness.start({
          request: { url: `${target.url}/bimodal` },
          mode: 'constant',
          targetRps: 200,
          duration: 2,
          slow_threshold_ms: 140,
        });
        const report = await done;
        const { percentiles = {} } =
          harness.manager.window(runId, { percentiles: [89, 91] }).measures.serviceTime ?? {};
        assert.ok((percentiles['89'] ?? Infinity) < 75, `89 % is ${percentiles['89']} ms`);
        assert.ok((percentiles['91'] ?? 0) >= 149, `91 % is ${percentiles['91']} ms`);
        let slow = 0;
        forEachBucket(
          mergeStored(harness.store, runId).whole.serviceTime,
          (value, count) => (slow += value >= 140_000 ? count : 0),
        );
        assert.equal(slow, 40, 'exactly every tenth');
        assert.equal(
          report.slowRequests.count >= 40 && report.slowRequests.count <= 60,
          true,
          `${report.slowRequests.count} slow`,
        );
      });
    } finally {
      await target.close();
    }
  });
});

/** Runs a load and freezes the server for about `freezeMs` in the middle; answers for how long it was. */
async function frozen(run: Record<string, unknown>, freezeMs: number) {
  const { runId, done } = harness.start({ request: { url: server.url }, ...run });
  await until(() => (harness.manager.live(runId)?.latest()?.elapsedSeconds ?? 0) >= 1);
  process.kill(server.pid, 'SIGSTOP');
  const began = process.hrtime.bigint();
  await sleep(freezeMs);
  process.kill(server.pid, 'SIGCONT');
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  return { report: await done, runId, seconds };
}

describe('a server that is frozen for a while', () => {
  it('costs every request that was due meanwhile: p99 of the response time is s·(1 − 0.01·T/s)', async () => {
    await holdsOnce(5, async () => {
      const duration = 4;
      const { report, seconds } = await frozen({ mode: 'constant', targetRps: 200, duration }, 1000);
      const expected = seconds * (1 - (0.01 * duration) / seconds) * 1000;
      const p99 = report.responseTime.p99;
      assert.ok(Math.abs(p99 - expected) <= expected * 0.02, `p99 is ${p99} ms, expected ${expected} ms`);
      assert.equal(report.conservation.sent, 800, 'the rate was kept');
      assert.equal(report.summary.failedRequests, 0);
      assert.ok(report.responseTime.p50 < 50, `the median saw nothing of it: ${report.responseTime.p50} ms`);
    });
  });

  it('shows a closed model only its few stalled requests: that is what coordinated omission hides', async () => {
    await holdsOnce(4, async () => {
      const { report, runId, seconds } = await frozen({ mode: 'constant', concurrency: 4, duration: 3 }, 700);
      let stalled = 0;
      forEachBucket(
        mergeStored(harness.store, runId).whole.serviceTime,
        (value, count) => (stalled += value >= seconds * 900_000 ? count : 0),
      );
      assert.ok(stalled >= 1 && stalled <= 4, `${stalled} of ${report.serviceTime.count}`);
      assert.ok(
        report.serviceTime.max >= seconds * 1000 * 0.98,
        `the longest took ${report.serviceTime.max} ms`,
      );
      assert.ok(
        report.serviceTime.p99 < seconds * 100,
        `p99 of the service time is ${report.serviceTime.p99} ms`,
      );
    });
  });
});
