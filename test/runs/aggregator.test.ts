import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RunAggregator, type SecondSummary } from '../../lib/runs/aggregator.js';
import { addDelta, newHistogram, toDelta } from '../../lib/runs/histogram.js';
import { Series, seriesPoint } from '../../lib/runs/series.js';
import { SlidingWindow } from '../../lib/runs/sliding-window.js';
import { delta, makeTick, seeded } from './ticks.js';

describe('the aggregator', () => {
  it('ends a second with the first tick at or after it, and the last where the run ends', () => {
    const aggregator = new RunAggregator();
    const seconds: SecondSummary[] = [];
    const add = (elapsedMs: number, sent: number, final = false): void => {
      const second = aggregator.add(
        makeTick(elapsedMs, { counters: { sent, succeeded: sent }, tick: { final } }),
      );
      if (second !== undefined) seconds.push(second);
    };
    add(100, 10);
    add(990, 99);
    add(1010, 101);
    add(1500, 150);
    add(2000, 200);
    add(2300, 230, true);
    assert.deepEqual(
      seconds.map(({ second, startMs, endMs, counters }) => [second, startMs, endMs, counters.sent]),
      [
        [0, 0, 1010, 101],
        [1, 1010, 2000, 99],
        [2, 2000, 2300, 30],
      ],
    );
  });

  it('gives a stretch without ticks to one second that says how long it was', () => {
    const aggregator = new RunAggregator();
    assert.equal(aggregator.add(makeTick(900, { counters: { sent: 9 } })), undefined);
    const late = aggregator.add(makeTick(3500, { counters: { sent: 35 } }));
    assert.deepEqual([late?.second, late?.startMs, late?.endMs, late?.counters.sent], [0, 0, 3500, 35]);
    const next = aggregator.add(makeTick(4000, { counters: { sent: 40 } }));
    assert.deepEqual([next?.second, next?.startMs, next?.endMs, next?.counters.sent], [3, 3500, 4000, 5]);
  });

  it('adds up: the seconds are the run, in every counter and every histogram', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const random = seeded(seed);
      const aggregator = new RunAggregator();
      const merged = newHistogram();
      let [sent, failed, elapsedMs] = [0, 0, 0];
      const sums = { sent: 0, failed: 0, timeout: 0, ms: 0 };
      for (let i = 0; i < 60; i++) {
        elapsedMs += 50 + random() * 100;
        sent += Math.floor(random() * 50);
        failed += Math.floor(random() * 3);
        const second = aggregator.add(
          makeTick(elapsedMs, {
            counters: { sent, failed },
            histograms: {
              responseTime: delta({ [Math.floor(random() * 2000)]: 1 + Math.floor(random() * 5) }),
            },
            tick: { failures: { timeout: failed }, final: i === 59 },
          }),
        );
        if (second === undefined) continue;
        sums.sent += second.counters.sent;
        sums.failed += second.counters.failed;
        sums.timeout += second.failures['timeout'] ?? 0;
        sums.ms += second.endMs - second.startMs;
        addDelta(merged, second.histograms.responseTime);
      }
      assert.deepEqual([sums.sent, sums.failed, sums.timeout], [sent, failed, failed], `seed ${seed}`);
      assert.ok(Math.abs(sums.ms - elapsedMs) < 1e-6);
      assert.deepEqual(toDelta(merged), toDelta(aggregator.whole.responseTime));
    }
  });

  it('counts tests by second', () => {
    const aggregator = new RunAggregator();
    const test = (passed: number, failed: number) => [
      { name: 't', passed, failed, skipped: 0, failures: [] },
    ];
    const first = aggregator.add(makeTick(1000, { tick: { tests: test(10, 1) } }));
    const second = aggregator.add(makeTick(2000, { tick: { tests: test(25, 1) } }));
    assert.deepEqual(
      [first?.tests, second?.tests],
      [
        { passed: 10, failed: 1 },
        { passed: 15, failed: 0 },
      ],
    );
  });

  it('keeps what the worker threads did, weighted by time', () => {
    const aggregator = new RunAggregator();
    const workers = (cpu: number, maxLoopLagMs: number) => [
      { cpu, maxLoopLagMs },
      { cpu: 0, maxLoopLagMs: 1 },
    ];
    aggregator.add(makeTick(100, { tick: { workers: workers(1, 5) } }));
    aggregator.add(makeTick(400, { tick: { workers: workers(0.5, 60) } }));
    assert.deepEqual(aggregator.history, {
      workers: [
        { cpuMs: 250, maxCpu: 1 },
        { cpuMs: 0, maxCpu: 0 },
      ],
      observedMs: 400,
      lag: { ticks: 2, over10Ms: 1, over50Ms: 1, maxMs: 60 },
    });
  });
});

describe('the sliding window', () => {
  it('holds the last second, whatever came before', () => {
    const window = new SlidingWindow();
    for (let ms = 100; ms <= 3000; ms += 100) {
      window.add(makeTick(ms, { counters: { sent: ms }, histograms: { responseTime: delta({ [ms]: 1 }) } }));
    }
    assert.equal(window.spanMs, 1000);
    assert.equal(window.grown('sent'), 1000);
    assert.deepEqual(
      [...window.histogram('responseTime').values],
      // A bucket is 2 µs wide from 2048 on: the values are even already.
      Array.from({ length: 10 }, (_, i) => 2100 + i * 100),
    );
  });

  it('begins with the run', () => {
    const window = new SlidingWindow();
    window.add(makeTick(100, { counters: { sent: 7 } }));
    assert.deepEqual([window.spanMs, window.grown('sent')], [100, 7]);
  });

  it('holds one tick where ticks are further apart than it is long', () => {
    const window = new SlidingWindow();
    window.add(makeTick(100, { counters: { sent: 1 } }));
    window.add(makeTick(5000, { counters: { sent: 50 } }));
    assert.deepEqual([window.spanMs, window.grown('sent')], [4900, 49]);
  });
});

describe('the series', () => {
  const point = (second: number, succeeded: number, us: number) => {
    const aggregator = new RunAggregator();
    const summary = aggregator.add(
      makeTick(1000, {
        counters: { sent: succeeded, succeeded },
        histograms: { responseTime: delta({ [us]: succeeded }) },
      }),
    );
    assert.ok(summary !== undefined);
    return seriesPoint({ ...summary, second });
  };

  it('gives rates and percentiles of each second', () => {
    const aggregator = new RunAggregator();
    const summary = aggregator.add(
      makeTick(500, {
        counters: { planned: 60, sent: 55, succeeded: 40, failed: 10, dropped: 5 },
        histograms: {
          responseTime: delta({ 100: 49, 900: 1 }),
          serviceTime: delta({ 50: 50 }),
          lateness: delta({ 7: 55 }),
        },
        tick: { final: true, inFlight: 5, target: 120, connectionsOpen: 9 },
      }),
    );
    assert.ok(summary !== undefined);
    assert.deepEqual(seriesPoint(summary), {
      second: 1,
      durationMs: 500,
      rps: 100,
      sendRate: 110,
      planned: 60,
      sent: 55,
      succeeded: 40,
      failed: 10,
      aborted: 0,
      dropped: 5,
      inFlight: 5,
      connectionsActive: 9,
      target: 120,
      errorRate: 20,
      latency: { avg: 0.116, p50: 0.1, p90: 0.1, p95: 0.1, p99: 0.9, max: 0.9 },
      service: { avg: 0.05, p50: 0.05, p90: 0.05, p95: 0.05, p99: 0.05, max: 0.05 },
      latenessP99: 0.007,
      bytesSent: 0,
      bytesReceived: 0,
    });
  });

  it('stays within its capacity and loses no request', () => {
    const series = new Series(8);
    for (let second = 0; second < 1000; second++) series.add(point(second, 10, second === 500 ? 1500 : 100));
    const points = series.points();
    assert.ok(points.length <= 8, `${points.length} points`);
    assert.equal(
      points.reduce((sum, one) => sum + one.succeeded, 0),
      10_000,
    );
    assert.equal(
      points.reduce((sum, one) => sum + one.durationMs, 0),
      1_000_000,
    );
    assert.equal(points.at(-1)?.second, 1000);
    assert.equal(Math.max(...points.map((one) => one.latency.p99)), 1.5, 'the worst second shows');
    assert.ok(points.every((one) => one.rps === 10));
  });

  it('takes its peak from whole seconds', () => {
    const series = new Series();
    series.add(point(0, 100, 5));
    series.add({ ...point(1, 90, 5), durationMs: 20, rps: 4500 });
    assert.equal(series.peakRps, 100);
  });
});
