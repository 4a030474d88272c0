import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { VayuClient } from '../../lib/client/index.js';
import { assertBalanced } from '../runs/balance.js';
import { buildLibrary } from '../support/native-program.js';
import { startRecordingServer } from '../support/recording-server.js';
import { startDaemonProcess } from '../support/vayu-daemon.js';

const hour = 3600;

test(
  "setting the computer's clock back and forth during a run changes nothing that was measured",
  { skip: process.platform === 'linux' ? false : 'the clock is replaced by preloading' },
  async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'vayu-clock-'));
    const offset = path.join(folder, 'offset');
    const server = await startRecordingServer({ delayUs: 5000 });
    const setClock = (seconds: number): void => writeFileSync(offset, String(seconds));
    setClock(0);
    const daemon = await startDaemonProcess(['--data-dir', path.join(folder, 'data'), '--workers', '1'], {
      env: {
        LD_PRELOAD: buildLibrary('test/support/native/stepping_clock.cc'),
        VAYU_TEST_CLOCK_OFFSET: offset,
      },
    });
    t.after(async () => {
      daemon.process.kill('SIGKILL');
      await daemon.ended;
      await server.stop();
      rmSync(folder, { recursive: true });
    });
    const client = new VayuClient({ baseUrl: daemon.url });
    const { runId } = await client.startRun({
      request: { url: server.url, tests: 'pm.test("ok", () => pm.response.to.have.status(200))' },
      mode: 'constant',
      targetRps: 200,
      duration: 4,
    });
    const elapsed: number[] = [];
    const watching = (async () => {
      for await (const event of client.live(runId)) {
        if (event.event === 'snapshot') elapsed.push(event.data.elapsedSeconds);
      }
    })();
    for (const seconds of [hour, -24 * hour, 0, -1, 10 * 365 * 24 * hour]) {
      await sleep(600);
      setClock(seconds);
    }
    await watching;
    const report = await client.report(runId);
    assertBalanced(report);
    assert.equal(report.conservation.sent, 800);
    const { totalDurationSeconds } = report.summary;
    assert.ok(totalDurationSeconds > 3.9 && totalDurationSeconds < 6, `${totalDurationSeconds} s`);
    assert.equal(report.status, 'completed');
    assert.ok(report.responseTime.max < 5000, `${report.responseTime.max} ms`);
    assert.ok(report.responseTime.min >= 5, `${report.responseTime.min} ms`);
    const arrivals = await server.arrivalsUs();
    const spanUs = (arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0);
    assert.ok(Math.abs(spanUs - 3_995_000) < 500_000, `the requests came within ${spanUs} µs`);
    assert.ok(elapsed.length > 10);
    assert.ok(elapsed.every((at, index) => at >= (elapsed[index - 1] ?? 0) && at < 7));
    const run = await client.run(runId);
    const lasted = (run.endTime ?? 0) - run.startTime;
    assert.ok(lasted > 3900 && lasted < 7000, `${lasted} ms`);
    assert.ok((await client.health()).uptime < 300);

    // The clock was really another one: what begins now begins in ten years.
    const later = await client.startRun({
      request: { url: server.url },
      mode: 'iterations',
      iterations: 1,
      concurrency: 1,
    });
    const inYears = ((await client.run(later.runId)).startTime - Date.now()) / (365 * 24 * hour * 1000);
    assert.ok(inYears > 9.9 && inYears < 10.1, `${inYears} years`);
  },
);
