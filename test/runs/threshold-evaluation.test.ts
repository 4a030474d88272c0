import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RunAggregator, type SecondSummary } from '../../lib/runs/aggregator.js';
import { measureSeconds, metricValue, ThresholdEvaluation } from '../../lib/runs/threshold-evaluation.js';
import { parseRunConfig } from '../../lib/model/run-config.js';
import type { Threshold } from '../../lib/model/threshold.js';
import { delta, makeTick } from './ticks.js';

function thresholds(...given: unknown[]): Threshold[] {
  return parseRunConfig({
    request: { url: 'http://h/' },
    mode: 'iterations',
    iterations: 1,
    thresholds: given,
  }).thresholds;
}

/** Seconds of which each has `ok` successes and `bad` timeouts that took `ms`. */
function secondsOf(...each: { ok: number; bad?: number; ms: number }[]): SecondSummary[] {
  const aggregator = new RunAggregator();
  let [succeeded, failed] = [0, 0];
  return each.map(({ ok, bad = 0, ms }, index) => {
    succeeded += ok;
    failed += bad;
    const summary = aggregator.add(
      makeTick((index + 1) * 1000, {
        counters: {
          planned: succeeded + failed + index,
          sent: succeeded + failed,
          succeeded,
          failed,
          dropped: index,
        },
        histograms: {
          responseTime: delta({ [ms * 1000]: ok + bad }),
          serviceTime: delta({ [ms * 500]: ok + bad }),
        },
        tick: {
          failures: failed === 0 ? {} : { timeout: failed },
          statusCodes: { 200: succeeded },
          tests: [{ name: 't', passed: succeeded, failed, skipped: 0, failures: [] }],
        },
      }),
    );
    assert.ok(summary !== undefined);
    return summary;
  });
}

/** Follows a run to its end; answers what aborted it and the results. */
function follow(seconds: SecondSummary[], given: Threshold[]) {
  const evaluation = new ThresholdEvaluation(given);
  let abortedAt: number | undefined;
  const past: SecondSummary[] = [];
  for (const second of seconds) {
    past.push(second);
    if (evaluation.addSecond(second, measureSeconds(past)) !== undefined) {
      abortedAt = second.endMs;
      break;
    }
  }
  return { abortedAt, results: evaluation.results(measureSeconds(past)) };
}

describe('metrics of thresholds', () => {
  const seconds = secondsOf({ ok: 90, ms: 1 }, { ok: 5, bad: 5, ms: 2 });
  const all = measureSeconds(seconds);
  const values: [string, number][] = [
    ['p50<1', 1],
    ['p95<1', 2],
    ['service_p50<1', 0.5],
    ['max<1', 2],
    ['min<1', 1],
    ['avg<1', 1.1],
    ['error_rate<1%', 5],
    ['success_rate<1%', 95],
    ['tests_passed<1%', 95],
    ['tests_failed<1%', 5],
    ['dropped_rate<1%', (1 / 101) * 100],
    ['rps<1', 50],
    ['send_rate<1', 50],
    ['requests<1', 100],
    ['errors<1', 5],
    ['dropped<1', 1],
    ['test_failures<1', 5],
    ['errors.timeout<1', 5],
    ['errors.dns_failed<1', 0],
    ['status.200<1', 95],
  ];
  for (const [expression, expected] of values) {
    it(`${expression} looks at ${expected}`, () => {
      const metric = thresholds(expression)[0]?.metric;
      assert.ok(metric !== undefined);
      const value = metricValue(metric, all);
      assert.ok(value !== undefined && Math.abs(value - expected) <= 0.001 * expected, String(value));
    });
  }

  it('have no value where nothing was measured', () => {
    const nothing = measureSeconds([]);
    for (const expression of ['p95<1', 'error_rate<1%', 'tests_passed>1%', 'rps>1']) {
      const metric = thresholds(expression)[0]?.metric;
      assert.equal(metric && metricValue(metric, nothing), undefined, expression);
    }
  });
});

describe('thresholds', () => {
  it('over the whole run are decided at its end', () => {
    const { results, abortedAt } = follow(
      secondsOf({ ok: 10, ms: 500 }, { ok: 990, ms: 1 }),
      thresholds('p95<200ms', 'p99.5<200ms', 'error_rate<1%'),
    );
    assert.equal(abortedAt, undefined);
    assert.deepEqual(
      results.map(({ passed, actual }) => [passed, actual]),
      [
        [true, 1],
        [false, 500.223],
        [true, 0],
      ],
    );
  });

  it('with a window fail as soon as a full window does not meet them, and stay failed', () => {
    const seconds = secondsOf(
      { ok: 10, ms: 300 },
      { ok: 10, ms: 1 },
      { ok: 10, ms: 300 },
      { ok: 10, ms: 300 },
      { ok: 10, ms: 1 },
      { ok: 10, ms: 1 },
    );
    const [result] = follow(seconds, thresholds({ expression: 'p50<200ms', window: '2s' })).results;
    assert.deepEqual([result?.passed, result?.failedAtSeconds, result?.windowSeconds], [false, 4, 2]);
    assert.ok((result?.actual ?? 0) >= 300);
  });

  it('with a window forgive what happened before it was full, as their second shows', () => {
    const seconds = secondsOf({ ok: 10, ms: 300 }, { ok: 100, ms: 1 }, { ok: 100, ms: 1 });
    const [result] = follow(seconds, thresholds({ expression: 'p90<200ms', window: '2s' })).results;
    assert.deepEqual([result?.passed, result?.failedAtSeconds], [true, null]);
  });

  it('with a window longer than the run look at the whole run', () => {
    const [bad, good] = follow(
      secondsOf({ ok: 10, ms: 300 }),
      thresholds({ expression: 'p50<200ms', window: '10s' }, { expression: 'p50<1s', window: '10s' }),
    ).results;
    assert.deepEqual([bad?.passed, good?.passed], [false, true]);
  });

  it('abort the run when they are told to, not before their delay', () => {
    const seconds = secondsOf(...Array.from({ length: 6 }, () => ({ ok: 1, bad: 9, ms: 1 })));
    const soon = follow(seconds, thresholds({ expression: 'error_rate<10%', abortOnFail: true }));
    assert.equal(soon.abortedAt, 1000);
    assert.deepEqual(
      soon.results.map(({ passed, aborted, failedAtSeconds, actual }) => [
        passed,
        aborted,
        failedAtSeconds,
        actual,
      ]),
      [[false, true, 1, 90]],
    );
    assert.equal(
      follow(seconds, thresholds({ expression: 'error_rate<10%', abortOnFail: true, abortDelay: '3s' }))
        .abortedAt,
      3000,
    );
    assert.equal(follow(seconds, thresholds({ expression: 'error_rate<10%' })).abortedAt, undefined);
    assert.equal(
      follow(seconds, thresholds({ expression: 'error_rate<95%', abortOnFail: true })).abortedAt,
      undefined,
    );
  });

  it('on what was never measured fail: they show nothing', () => {
    const [result] = follow(secondsOf({ ok: 0, ms: 1 }), thresholds('tests_passed>99%')).results;
    assert.deepEqual([result?.passed, result?.actual], [false, null]);
  });
});
