import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { emptyTotals, type RunTotals } from '../../lib/runs/aggregator.js';
import { conservationOf } from '../../lib/runs/conservation.js';

function totals(counters: Partial<RunTotals['counters']>, more: Partial<RunTotals> = {}): RunTotals {
  const empty = emptyTotals();
  return { ...empty, ...more, counters: { ...empty.counters, ...counters } };
}

describe('conservation', () => {
  const dropped = { ...emptyTotals().dropped, max_in_flight: 8, stopped: 2 };

  it('writes out both sums', () => {
    const result = conservationOf(
      totals(
        { planned: 110, sent: 100, succeeded: 80, failed: 15, aborted: 5, dropped: 10 },
        { dropped, failures: { timeout: 5, http_5xx: 10 } },
      ),
    );
    assert.equal(result.balanced, true);
    assert.deepEqual(result.sums, [
      'planned 110 = sent 100 + dropped 10 (max_in_flight 8, stopped 2)',
      'sent 100 = succeeded 80 + failed 15 (timeout 5, http_5xx 10) + aborted 5',
    ]);
    assert.deepEqual(result.dropped, { total: 10, byReason: { max_in_flight: 8, stopped: 2 } });
    assert.deepEqual(result.failed, { total: 15, byClass: { timeout: 5, http_5xx: 10 } });
  });

  it('counts what is in flight while the run is under way', () => {
    const result = conservationOf(totals({ planned: 10, sent: 10, succeeded: 7 }, { inFlight: 3 }));
    assert.equal(result.balanced, true);
    assert.equal(result.sums[1], 'sent 10 = succeeded 7 + failed 0 + aborted 0 + in flight 3');
  });

  const broken: [name: string, totals: RunTotals][] = [
    ['a request is lost between plan and sending', totals({ planned: 11, sent: 10, succeeded: 10 })],
    ['a request is lost after sending', totals({ planned: 10, sent: 10, succeeded: 9 })],
    ['a failure has no class', totals({ planned: 10, sent: 10, succeeded: 9, failed: 1 })],
    ['a drop has no reason', totals({ planned: 10, sent: 9, succeeded: 9, dropped: 1 })],
    ['a request counts twice', totals({ planned: 10, sent: 10, succeeded: 10, aborted: 1 })],
  ];
  for (const [name, given] of broken) {
    it(`shows that ${name}`, () => {
      const result = conservationOf(given);
      assert.equal(result.balanced, false);
      assert.ok(
        result.sums.some((sum) => sum.includes('≠')) ||
          given.counters.failed > 0 ||
          given.counters.dropped > 0,
      );
    });
  }
});
