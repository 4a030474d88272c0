import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { VayuClient } from '../../lib/client/index.js';
import { openHarness } from '../runs/harness.js';
import { startRecordingServer } from '../support/recording-server.js';
import { startDaemonProcess } from '../support/vayu-daemon.js';

/** How often the daemon is killed; 20 take a minute. */
const kills = Number(process.env['VAYU_CHAOS_KILLS'] ?? 3);
const rate = 10_000;
/** The second that had not ended, the tick that would have ended it, and what a busy machine adds. */
const losableMs = 1000 + 100 + 400;

const nowUs = (): number => Number(process.hrtime.bigint() / 1000n);

test(`kill -9 of the daemon at ${rate} requests/s, ${kills} times, loses at most the last second`, async (t) => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'vayu-kill-'));
  const server = await startRecordingServer();
  t.after(async () => {
    await server.stop();
    rmSync(dataDir, { recursive: true });
  });
  const file = path.join(dataDir, 'vayu.db');
  const killed: string[] = [];
  for (let round = 0; round < kills; round++) {
    await server.reset();
    const daemon = await startDaemonProcess(['--data-dir', dataDir, '--workers', '1']);
    const client = new VayuClient({ baseUrl: daemon.url });
    const { runId } = await client.startRun({
      request: { url: server.url },
      mode: 'constant',
      targetRps: rate,
      duration: 60,
      success_sample_rate: 1,
    });
    // At another point of the second each time.
    await sleep(1600 + ((round * 370) % 1000));
    const killedAt = nowUs();
    daemon.process.kill('SIGKILL');
    assert.equal(await daemon.ended, null);
    killed.push(runId);

    const database = new Database(file);
    assert.equal(database.pragma('integrity_check', { simple: true }), 'ok');
    database.close();
    const arrivals = await server.arrivalsUs();
    const safe = arrivals.filter((at) => at < killedAt - losableMs * 1000).length;
    assert.ok(arrivals.length > safe && safe > 0, `${safe} of ${arrivals.length}`);

    const harness = openHarness({}, file);
    try {
      assert.deepEqual(
        harness.store.markInterruptedRuns().map(({ id }) => id),
        [runId],
      );
      const report = harness.manager.report(runId);
      assert.ok(report !== undefined);
      assert.equal(report.status, 'failed');
      assert.equal(report.conservation.balanced, true);
      const { sent } = report.conservation;
      assert.ok(sent >= safe, `${sent} are stored, ${safe} had arrived ${losableMs} ms before the end`);
      assert.ok(sent <= arrivals.length, `${sent} are stored, ${arrivals.length} arrived`);
      for (const earlier of killed) assert.equal(harness.store.runs.get(earlier)?.status, 'failed');
    } finally {
      await harness.close();
    }
  }
});
