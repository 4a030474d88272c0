import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Report } from '../../lib/model/report.js';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';
import { assertBalanced } from './balance.js';
import { openHarness, startTarget, type Harness, type Target } from './harness.js';

let harness: Harness;
let fast: RecordingServer;
let slow: Target;
/** The most requests of a path that were at the slow target together. */
const together = new Map<string, number>();
before(async () => {
  harness = openHarness({ workers: 2 });
  fast = await startRecordingServer();
  const inFlight = new Map<string, number>();
  slow = await startTarget(
    Object.fromEntries(
      ['/narrow', '/wide'].map((path) => [
        path,
        (_request, response) => {
          const count = (inFlight.get(path) ?? 0) + 1;
          inFlight.set(path, count);
          together.set(path, Math.max(together.get(path) ?? 0, count));
          setTimeout(() => {
            inFlight.set(path, inFlight.get(path)! - 1);
            response.end('late');
          }, 200);
        },
      ]),
    ),
  );
});
after(async () => {
  await harness.close();
  await fast.stop();
  await slow.close();
});

const runTogether = (runs: Record<string, unknown>[]): Promise<Report[]> =>
  Promise.all(runs.map((run) => harness.start(run).done));

const closed = (concurrency: number): Record<string, unknown> => ({
  request: { url: fast.url },
  mode: 'constant',
  concurrency,
  duration: 1.5,
});

/** Generous, since the machine may be busy with something else while one of them begins. */
function assertAlike(counts: number[]): void {
  assert.ok(Math.min(...counts) > 100, counts.join());
  assert.ok(Math.min(...counts) * 3 >= Math.max(...counts), `requests sent: ${counts.join()}`);
}

describe('several runs at once', () => {
  it('of equal concurrency get equal shares of the workers', async () => {
    for (const number of [2, 3]) {
      const reports = await runTogether(Array.from({ length: number }, () => closed(8)));
      reports.forEach(assertBalanced);
      assertAlike(reports.map((report) => report.conservation.sent));
    }
  });

  it('of other concurrencies get shares in proportion', async () => {
    const [few, many] = await runTogether([closed(4), closed(16)]);
    const ratio = many!.conservation.sent / few!.conservation.sent;
    assert.ok(ratio > 4 / 3 && ratio < 12, `${many!.conservation.sent} to ${few!.conservation.sent}`);
  });

  it('each keep their own rate, beside one that takes all it can get', async () => {
    const rate = (targetRps: number) => ({
      request: { url: fast.url },
      mode: 'constant',
      targetRps,
      duration: 1.5,
      gracePeriod: '60s',
    });
    const [slower, faster, greedy] = await runTogether([rate(100), rate(300), closed(16)]);
    assert.deepEqual(
      [slower, faster].map((report) => [report!.conservation.planned, report!.conservation.sent]),
      [
        [150, 150],
        [450, 450],
      ],
    );
    assert.ok(greedy!.conservation.sent > 600, `${greedy!.conservation.sent}`);
  });

  it('each keep their own limit of requests in flight', async () => {
    const run = (path: string, maxInFlight: number) => ({
      request: { url: slow.url + path },
      mode: 'constant',
      targetRps: 60,
      duration: 1.5,
      maxInFlight,
    });
    const [narrow, wide] = await runTogether([run('/narrow', 4), run('/wide', 90)]);
    [narrow, wide].forEach((report) => assertBalanced(report!));
    assert.equal(together.get('/narrow'), 4);
    assert.ok(narrow!.conservation.dropped.byReason['max_in_flight']! > 0);
    assert.ok(together.get('/wide')! > 4, `${together.get('/wide')}`);
    assert.deepEqual([wide!.conservation.sent, wide!.conservation.dropped.total], [90, 0]);
  });
});
