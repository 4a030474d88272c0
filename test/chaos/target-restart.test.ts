import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { assertBalanced } from '../runs/balance.js';
import { openHarness, type Harness } from '../runs/harness.js';
import { countingTargets } from '../runs/support/counting-target.js';
import { freePort } from '../support/free-port.js';

const startTarget = countingTargets();
let harness: Harness;
before(() => {
  harness = openHarness();
});
after(async () => {
  await harness.close();
});

describe('a target that is killed and started again during a run', () => {
  for (const load of [{ targetRps: 200 }, { concurrency: 8 }]) {
    for (const transport of ['wire', 'curl'] as const) {
      it(`costs only the requests of its absence: ${Object.keys(load).join()}, ${transport}`, async () => {
        const port = await freePort();
        let target = await startTarget(2, port);
        const { done } = harness.start({
          request: { url: `http://127.0.0.1:${port}/` },
          mode: 'constant',
          duration: 4,
          transport,
          ...load,
        });
        await sleep(800);
        await target.kill();
        await sleep(300);
        target = await startTarget(2, port);
        const report = await done;
        await target.kill();
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
