import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openHarness, startTarget, type Target } from './harness.js';

const folder = mkdtempSync(path.join(tmpdir(), 'vayu-killed-'));
let target: Target;
before(async () => {
  target = await startTarget();
});
after(async () => {
  await target.close();
  rmSync(folder, { recursive: true });
});

describe('a run whose process was killed', () => {
  it('becomes failed, and its stored seconds are still reported', async () => {
    const file = path.join(folder, 'vayu.db');
    const script = fileURLToPath(new URL('support/run-until-killed.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', script, file, `${target.url}/ok`], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(child, 'exit');
    let runId = '';
    let seconds = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      if (line === 'second') seconds += 1;
      else runId = line;
      if (seconds === 2) break;
    }
    child.kill('SIGKILL');
    await ended;
    assert.equal(seconds, 2);

    const harness = openHarness({}, file);
    try {
      assert.deepEqual(
        harness.store.markInterruptedRuns().map((run) => run.id),
        [runId],
      );
      const report = harness.manager.report(runId);
      assert.ok(report !== undefined);
      assert.equal(report.status, 'failed');
      assert.match(report.endReason, /ended while the run was under way/);
      assert.ok(report.series.length >= 2, `${report.series.length} seconds`);
      const sent = report.series.reduce((sum, point) => sum + point.sent, 0);
      assert.equal(report.summary.sentRequests, sent);
      // Two seconds at 100 requests a second, each second as long as its last tick made it.
      assert.ok(
        sent >= 190 && sent <= 100 * (report.summary.totalDurationSeconds + 0.1),
        `${sent} requests in ${report.summary.totalDurationSeconds} s`,
      );
      assert.equal(report.responseTime.count, report.summary.totalRequests);
      assert.deepEqual(report.statusCodes, { 200: report.summary.successfulRequests });
      assert.equal(report.tests?.passed, report.summary.totalRequests);
      assert.equal(report.thresholds.passed, true);
      assert.equal(report.conservation.balanced, true);
      assert.match(report.warnings.join(), /Rebuilt from the seconds that were stored/);
      const window = harness.manager.window(runId, { to: 1 });
      assert.ok((window.measures.responseTime?.count ?? 0) >= 90);
    } finally {
      await harness.close();
    }
  });
});
