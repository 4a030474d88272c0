import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';
import { holdsOnce } from './attempts.js';
import { openHarness, type Harness } from './harness.js';

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

describe('who was the limit', () => {
  it('the generator, whose scripts leave it no time: said, with the evidence', async () => {
    const report = await harness.start({
      request: { url: server.url, tests: 'const end = Date.now() + 20; while (Date.now() < end) {}' },
      mode: 'constant',
      targetRps: 100,
      duration: 1.5,
    }).done;
    assert.equal(report.verdict.result, 'generator_limited', report.verdict.message);
    const kinds = report.verdict.evidence.filter((one) => one.limiting).map((one) => one.kind);
    assert.ok(kinds.includes('script'), kinds.join());
    assert.ok(kinds.includes('lateness'), kinds.join());
    assert.match(report.verdict.message, /scripts took \d+ % of the workers' time/);
  });

  it('the server, which answers slowly: the generator is not blamed', async () => {
    await server.setDelayUs(50_000);
    await holdsOnce(4, async () => {
      const report = await harness.start({
        request: { url: server.url },
        mode: 'constant',
        concurrency: 10,
        duration: 1,
      }).done;
      assert.equal(report.verdict.result, 'server_limited', report.verdict.message);
      assert.deepEqual(
        report.verdict.evidence.filter((one) => one.limiting),
        [],
      );
    });
    await holdsOnce(4, async () => {
      const run = { mode: 'constant', targetRps: 400, duration: 1, maxInFlight: 10 };
      const report = await harness.start({ request: { url: server.url }, ...run }).done;
      assert.equal(report.verdict.result, 'server_limited', report.verdict.message);
      assert.match(report.verdict.message, /did not keep up/);
    });
    await server.setDelayUs(0);
  });

  it('nobody, where the plan was kept', async () => {
    await holdsOnce(4, async () => {
      const report = await harness.start({
        request: { url: server.url },
        mode: 'constant',
        targetRps: 100,
        duration: 1,
      }).done;
      assert.equal(report.verdict.result, 'ok', report.verdict.message);
    });
  });
});
