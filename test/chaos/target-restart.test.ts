import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { assertBalanced } from '../runs/balance.js';
import { openHarness, type Harness } from '../runs/harness.js';
import { freePort } from '../support/free-port.js';

const folder = mkdtempSync(path.join(tmpdir(), 'vayu-restart-'));
let harness: Harness;
before(() => {
  harness = openHarness();
});
after(async () => {
  await harness.close();
  rmSync(folder, { recursive: true });
});

async function startTarget(port: number): Promise<ChildProcess> {
  const script = fileURLToPath(new URL('../runs/support/counting-target.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, path.join(folder, 'count'), '2', String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

describe('a target that is killed and started again during a run', () => {
  for (const load of [{ targetRps: 200 }, { concurrency: 8 }]) {
    for (const transport of ['wire', 'curl'] as const) {
      it(`costs only the requests of its absence: ${Object.keys(load).join()}, ${transport}`, async () => {
        const port = await freePort();
        let target = await startTarget(port);
        const { done } = harness.start({
          request: { url: `http://127.0.0.1:${port}/` },
          mode: 'constant',
          duration: 4,
          transport,
          ...load,
        });
        await sleep(800);
        await kill(target);
        await sleep(300);
        target = await startTarget(port);
        const report = await done;
        await kill(target);
        assertBalanced(report);
        assert.equal(report.status, 'completed');
        if ('targetRps' in load) assert.equal(report.conservation.sent, 800);
        const { byClass } = report.conservation.failed;
        const classes = Object.keys(byClass).filter((name) => (byClass[name] ?? 0) > 0);
        assert.ok((byClass['connection_failed'] ?? 0) > 0, JSON.stringify(byClass));
        assert.deepEqual(
          classes.filter((name) => name !== 'connection_failed' && name !== 'connection_closed'),
          [],
        );
        // It is found again at once: the last second is like the first.
        const last = report.series.findLast((point) => point.durationMs > 900);
        assert.equal(last?.failed, 0);
        assert.ok(last.succeeded > 50, JSON.stringify(last));
      });
    }
  }
});
