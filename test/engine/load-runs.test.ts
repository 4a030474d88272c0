import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Engine } from '../../lib/engine/engine.js';
import { VayuError } from '../../lib/model/errors.js';
import type { Tick } from '../../lib/engine/types.js';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';
import {
  assertBalanced,
  concurrencyModel,
  get,
  planOf,
  rateModel,
  recorded,
  startTarget,
} from './support.js';

let server: RecordingServer;
let engine: Engine;
before(async () => {
  server = await startRecordingServer();
  engine = new Engine({ workers: 2 });
});
after(async () => {
  await engine.close();
  await server.stop();
});

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('ticks', () => {
  it('come about every 100 ms and add up to the totals', async () => {
    await server.reset();
    const ticks: Tick[] = [];
    const times: number[] = [];
    const run = engine.startLoad(planOf(server.url, rateModel(400, 1500)), (tick) => {
      ticks.push(tick);
      times.push(performance.now());
    });
    const outcome = await run.done;
    const last = ticks.at(-1);
    assert.ok(last);
    assert.deepEqual(
      ticks.map((tick) => tick.final),
      ticks.map((_, index) => index === ticks.length - 1),
    );
    assert.ok(ticks.length >= 5 && ticks.length <= 17, `${ticks.length} ticks`);
    assertBalanced(last.counters);
    assert.equal(last.counters.planned, 600);
    assert.equal(last.counters.succeeded, 600);
    assert.equal((await server.arrivalsUs()).length, 600);
    for (const name of ['responseTime', 'serviceTime', 'lateness'] as const)
      assert.equal(recorded(ticks, name), 600);
    assert.deepEqual(last.statusCodes, { '200': 600 });
    assert.deepEqual(last.failures, {});
    assert.equal(last.inFlight, 0);
    assert.equal(last.connectionsOpen, 0);
    assert.equal(last.workers.length, 2);
    for (const [index, tick] of ticks.entries()) {
      const earlier = ticks[index - 1];
      if (earlier)
        assert.ok(tick.elapsedMs >= earlier.elapsedMs && tick.counters.sent >= earlier.counters.sent);
      if (tick.elapsedMs < 1500) assert.equal(tick.target, 400);
      const { values } = tick.histograms.responseTime;
      assert.ok(values.every((value, at) => at === 0 || value > (values[at - 1] ?? 0)));
    }
    assert.ok(outcome.durationMs >= 1490 && outcome.durationMs < 4000);
    assert.equal(outcome.transport, 'wire');
    assert.ok((times.at(-1) ?? 0) - (times[0] ?? 0) > 800);
  });

  it('bring samples with their four clocks', async () => {
    const target = await startTarget();
    const ticks: Tick[] = [];
    const plan = planOf(`${target.url}/x`, rateModel(200, 300));
    plan.sampling.maxSuccesses = 5;
    await engine.startLoad(plan, (tick) => ticks.push(tick)).done;
    const samples = ticks.flatMap((tick) => tick.samples).filter((sample) => sample.kind === 'success');
    assert.equal(samples.length, 5);
    for (const { exchange, intendedMs, sentMs, firstByteMs, doneMs } of samples) {
      assert.ok(intendedMs >= 0 && intendedMs <= sentMs && sentMs <= firstByteMs && firstByteMs <= doneMs);
      assert.equal(exchange.response?.status, 200);
      assert.match(Buffer.from(exchange.response.body).toString(), /"url":"\/x"/);
      assert.equal(exchange.request.url, `${target.url}/x`);
    }
    await target.close();
  });
});

describe('pacing', () => {
  it('goes on while JavaScript is blocked for two seconds', async () => {
    await server.reset();
    const ticks: Tick[] = [];
    const run = engine.startLoad(planOf(server.url, rateModel(200, 2600)), (tick) => ticks.push(tick));
    await sleep(250);
    const blockedUntil = performance.now() + 2000;
    while (performance.now() < blockedUntil);
    await run.done;
    const arrivals = await server.arrivalsUs();
    assert.equal(arrivals.length, 520);
    // Against the plan's own grid, so that one late arrival shows and the machine's noise is allowed for.
    const first = arrivals[0] ?? 0;
    const late = Array.from(arrivals, (at, index) => at - first - index * 5000).sort((a, b) => a - b);
    assert.ok((late[Math.floor(late.length / 2)] ?? Infinity) < 20_000, `median ${late[260]} µs`);
    assert.ok((late.at(-1) ?? Infinity) < 500_000, `latest ${late.at(-1)} µs`);
    assert.equal(ticks.at(-1)?.counters.succeeded, 520);
    assert.equal(recorded(ticks, 'responseTime'), 520);
    // No tick was lost meanwhile.
    assert.ok(ticks.length >= 15, `${ticks.length} ticks`);
  });

  it('changes by update() at the instant that is reported', async () => {
    await server.reset();
    const ticks: Tick[] = [];
    const run = engine.startLoad(planOf(server.url, rateModel(100, 1500)), (tick) => ticks.push(tick));
    await sleep(500);
    run.update({ rate: 400 });
    const { changes } = await run.done;
    assert.equal(changes.length, 1);
    const [{ atMs, rate } = { atMs: 0, rate: 0 }] = changes;
    assert.equal(rate, 400);
    const expected = (atMs / 1000) * 100 + ((1500 - atMs) / 1000) * 400;
    assert.ok(Math.abs((ticks.at(-1)?.counters.planned ?? 0) - expected) <= 1.5);
    assert.ok(ticks.some((tick) => tick.target === 100) && ticks.some((tick) => tick.target === 400));
    assert.throws(
      () => run.update({ rate: 5 }),
      (error: unknown) => error instanceof VayuError && error.code === 'conflict',
    );
  });

  it('refuses a change that is none', async () => {
    const run = engine.startLoad(planOf(server.url, concurrencyModel(1, 200)), () => undefined);
    for (const change of [{}, { rate: 5 }, { concurrency: -1 }, { concurrency: Number.NaN }]) {
      assert.throws(() => run.update(change), /"concurrency" must be a number/);
    }
    await run.done;
  });
});

describe('ends', () => {
  it('does exactly the iterations asked for', async () => {
    const target = await startTarget();
    for (const iterations of [1, 333]) {
      const before = target.count();
      let last: Tick | undefined;
      await engine.startLoad(
        planOf(target.url, concurrencyModel(6, Infinity, iterations)),
        (tick) => (last = tick),
      ).done;
      assert.ok(last);
      assertBalanced(last.counters);
      assert.equal(last.counters.succeeded, iterations);
      assert.equal(target.count() - before, iterations);
      assert.ok(target.highest() <= 6);
    }
    await target.close();
  });

  it('aborts at once when stopped without grace, and waits with an endless one', async () => {
    const stuck = await startTarget(60_000);
    let last: Tick | undefined;
    const run = engine.startLoad(planOf(stuck.url, concurrencyModel(4, 60_000)), (tick) => (last = tick));
    while (stuck.count() < 4) await sleep(5);
    run.stop(0);
    await run.done;
    assert.equal(last?.counters.aborted, 4);
    await stuck.close();

    const slow = await startTarget(300);
    const patient = engine.startLoad(
      planOf(slow.url, concurrencyModel(4, 60_000), { gracePeriodMs: Infinity }),
      (tick) => (last = tick),
    );
    while (slow.count() < 4) await sleep(5);
    patient.stop(Infinity);
    await patient.done;
    assert.equal(last.counters.aborted, 0);
    assert.equal(last.counters.succeeded, 4);
    assertBalanced(last.counters);
    await slow.close();
  });

  it('names the transport and why', async () => {
    const target = await startTarget();
    const byCurl = await engine.startLoad(
      planOf(target.url, concurrencyModel(2, 50), { transport: 'curl' }),
      () => undefined,
    ).done;
    assert.equal(byCurl.transport, 'curl');
    assert.notEqual(byCurl.transportReason, '');
    const plan = planOf(target.url, concurrencyModel(2, 50), { transport: 'wire' });
    plan.submission = get(target.url, { httpVersion: '2' });
    assert.throws(() => engine.startLoad(plan, () => undefined), /cannot carry this request.*upgrade/);
    await target.close();
  });

  it('runs several loads and submissions at once', async () => {
    const target = await startTarget();
    const totals = await Promise.all(
      [rateModel(100, 500), rateModel(50, 400), concurrencyModel(3, Infinity, 100)].map(async (model) => {
        let last: Tick | undefined;
        await engine.startLoad(planOf(target.url, model), (tick) => (last = tick)).done;
        assert.ok(last);
        assertBalanced(last.counters);
        return last.counters.succeeded;
      }),
    );
    const batch = await engine.executeBatch(Array.from({ length: 20 }, () => get(target.url)));
    assert.deepEqual(totals, [50, 20, 100]);
    assert.ok(batch.every((exchange) => exchange.response?.status === 200));
    assert.equal(target.count(), 190);
    await target.close();
  });
});
