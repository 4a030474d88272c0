import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  addDelta,
  binsOf,
  countOf,
  distributionOf,
  emptyDelta,
  meanOf,
  mergeDeltas,
  newHistogram,
  percentilesOf,
  toDelta,
} from '../../lib/runs/histogram.js';
import { decodeHistogram, encodeDelta } from '../../lib/runs/histogram-encoding.js';
import { delta, seeded } from './ticks.js';

const percentiles = [0, 1, 25, 50, 75, 90, 99, 99.9, 99.99, 100];

function randomHistogram(random: () => number, size: number) {
  const histogram = newHistogram();
  const spread = 2 + random() * 20;
  for (let i = 0; i < size; i++) histogram.recordValue(Math.floor(Math.exp(random() * spread)));
  return histogram;
}

describe('histograms', () => {
  it('of whole seconds add up to the run exactly, through the store and back', () => {
    for (let seed = 1; seed <= 15; seed++) {
      const random = seeded(seed);
      const seconds = Array.from({ length: 1 + Math.floor(random() * 20) }, () =>
        toDelta(randomHistogram(random, Math.floor(random() * 2000))),
      );
      const whole = newHistogram();
      const merged = newHistogram();
      for (const second of seconds) {
        addDelta(whole, second);
        merged.add(decodeHistogram(encodeDelta(second)));
      }
      assert.equal(merged.totalCount, whole.totalCount, `seed ${seed}`);
      assert.deepEqual(toDelta(merged), toDelta(whole), `seed ${seed}`);
      assert.deepEqual(mergeDeltas(seconds), toDelta(whole), `seed ${seed}`);
    }
  });

  it('as deltas have the percentiles and the mean that HdrHistogram has', () => {
    for (let seed = 1; seed <= 15; seed++) {
      const random = seeded(seed);
      const histogram = randomHistogram(random, 1 + Math.floor(random() * 5000));
      const sparse = toDelta(histogram);
      assert.deepEqual(
        percentilesOf(sparse, percentiles).slice(1),
        percentiles.slice(1).map((p) => histogram.getValueAtPercentile(p)),
        `seed ${seed}`,
      );
      assert.equal(meanOf(sparse), histogram.mean, `seed ${seed}`);
      assert.equal(countOf(sparse), histogram.totalCount);
    }
  });

  it('hold values to within 1 in 1000', () => {
    const histogram = newHistogram();
    for (const value of [1, 1000, 2047, 50_000, 1_234_567, 3_600_000_000]) {
      histogram.reset();
      histogram.recordValue(value);
      const read = histogram.getValueAtPercentile(50);
      assert.ok(Math.abs(read - value) <= value / 1000, `${value} was read as ${read}`);
    }
  });

  it('rank as HdrHistogram does: 99 % of 100 values is the 99th', () => {
    const hundred = delta(Object.fromEntries(Array.from({ length: 100 }, (_, i) => [i + 1, 1])));
    assert.deepEqual(percentilesOf(hundred, [1, 50, 99, 99.1, 100]), [1, 50, 99, 100, 100]);
    assert.deepEqual(percentilesOf(emptyDelta, [50, 99]), [0, 0]);
  });

  it('are reported in milliseconds', () => {
    const histogram = newHistogram();
    addDelta(histogram, delta({ 1000: 50, 2000: 49, 4000: 1 }));
    const { count, min, max, p50, p75, p99, p999 } = distributionOf(histogram);
    assert.deepEqual(
      { count, min, max, p50, p75, p99, p999 },
      { count: 100, min: 1, max: 4.001, p50: 1, p75: 2, p99: 2, p999: 4.001 },
    );
    assert.ok(Math.abs(distributionOf(histogram).avg - 1.52) < 0.001);
    assert.deepEqual(
      Object.values(distributionOf(newHistogram())),
      Array.from({ length: 12 }, () => 0),
    );
  });

  it('are drawn in bins that hold everything', () => {
    for (let seed = 1; seed <= 15; seed++) {
      const random = seeded(seed);
      const histogram = randomHistogram(random, 1 + Math.floor(random() * 3000));
      const bins = binsOf(histogram);
      assert.ok(bins.length >= 1 && bins.length <= 13, `${bins.length} bins`);
      assert.equal(
        bins.reduce((sum, bin) => sum + bin.count, 0),
        histogram.totalCount,
      );
      for (const [index, bin] of bins.entries())
        assert.ok(index === 0 || bin.fromMs === bins[index - 1]?.toMs, `seed ${seed}: gaps`);
    }
    assert.deepEqual(binsOf(newHistogram()), []);
  });
});
