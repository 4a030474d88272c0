import { build, type Histogram, type JsHistogram } from 'hdr-histogram-js';
import type { HistogramDelta } from '../engine/types.js';
import type { Distribution, DistributionBin } from '../model/report.js';

/** The layout that native and stored histograms share: 1 µs to 1 hour at 3 significant digits. */
export const layout = {
  bitBucketSize: 64,
  lowestDiscernibleValue: 1,
  highestTrackableValue: 3_600_000_000,
  numberOfSignificantValueDigits: 3,
} as const;
/** Up to here every µs has a bucket of its own; above it a bucket spans 1/1024 to 1/2048 of its value. */
const exactBelow = 2048;

export const emptyDelta: HistogramDelta = { values: new Float64Array(0), counts: new Float64Array(0) };

export function newHistogram(): Histogram {
  return build(layout);
}

export function addDelta(histogram: Histogram, delta: HistogramDelta): void {
  for (let i = 0; i < delta.values.length; i++) {
    histogram.recordValueWithCount(delta.values[i] ?? 0, delta.counts[i] ?? 0);
  }
}

/** The sum of two deltas, both ascending by value. */
function mergeTwo(left: HistogramDelta, right: HistogramDelta): HistogramDelta {
  const most = left.values.length + right.values.length;
  const values = new Float64Array(most);
  const counts = new Float64Array(most);
  let length = 0;
  let i = 0;
  let k = 0;
  while (i < left.values.length || k < right.values.length) {
    const fromLeft = left.values[i] ?? Infinity;
    const fromRight = right.values[k] ?? Infinity;
    values[length] = Math.min(fromLeft, fromRight);
    counts[length++] =
      (fromLeft <= fromRight ? (left.counts[i++] ?? 0) : 0) +
      (fromRight <= fromLeft ? (right.counts[k++] ?? 0) : 0);
  }
  return { values: values.slice(0, length), counts: counts.slice(0, length) };
}

/** The sum of several deltas, each ascending by value, as it is itself. */
export function mergeDeltas(deltas: readonly HistogramDelta[]): HistogramDelta {
  const filled = deltas.filter((delta) => delta.values.length > 0);
  if (filled.length <= 1) return filled[0] ?? emptyDelta;
  const middle = filled.length >> 1;
  return mergeTwo(mergeDeltas(filled.slice(0, middle)), mergeDeltas(filled.slice(middle)));
}

export function countOf(delta: HistogramDelta): number {
  let total = 0;
  for (const count of delta.counts) total += count;
  return total;
}

/** Width of the bucket that begins at `value`, in µs. */
export function bucketWidthUs(value: number): number {
  return value < exactBelow ? 1 : 1 << (21 - Math.clz32(value));
}

/** In µs: the highest value that is equivalent to the one at each rank, as HdrHistogram counts. `percentiles` ascend. Zeros where nothing was recorded. */
export function percentilesOf(delta: HistogramDelta, percentiles: readonly number[]): number[] {
  const total = countOf(delta);
  if (total === 0) return percentiles.map(() => 0);
  const result: number[] = [];
  let seen = 0;
  let i = -1;
  for (const percentile of percentiles) {
    const exact = (Math.min(percentile, 100) / 100) * total;
    // One unit in the last place less, so that 99.9 % of 1000 is the 999th value and not the 1000th.
    const rank = Math.max(Math.ceil(exact - exact * Number.EPSILON), 1);
    while (seen < rank && i + 1 < delta.values.length) {
      i += 1;
      seen += delta.counts[i] ?? 0;
    }
    const value = delta.values[i] ?? 0;
    result.push(value + bucketWidthUs(value) - 1);
  }
  return result;
}

/** Mean of a delta, in µs, with each value taken at the middle of its bucket. */
export function meanOf(delta: HistogramDelta): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < delta.values.length; i++) {
    const value = delta.values[i] ?? 0;
    const count = delta.counts[i] ?? 0;
    sum += (value + Math.floor(bucketWidthUs(value) / 2)) * count;
    total += count;
  }
  return total === 0 ? 0 : sum / total;
}

const toMs = (us: number): number => Math.round(us) / 1000;

/** Whole-run figures in ms. */
export function distributionOf(histogram: Histogram): Distribution {
  const count = histogram.totalCount;
  const at = (percentile: number): number =>
    count === 0 ? 0 : toMs(histogram.getValueAtPercentile(percentile));
  return {
    count,
    min: at(0),
    // As the other percentiles: the highest value of its bucket, so that none is above it.
    max: at(100),
    avg: toMs(histogram.mean),
    stdDev: toMs(histogram.stdDeviation),
    p50: at(50),
    p75: at(75),
    p90: at(90),
    p95: at(95),
    p99: at(99),
    p999: at(99.9),
    p9999: at(99.99),
  };
}

/** Sum of all values, in µs. */
export function sumOf(histogram: Histogram): number {
  return histogram.mean * histogram.totalCount;
}

const binCount = 12;

/** Bins of equal width up to the 99th percentile and one for the tail, for drawing. */
export function binsOf(histogram: Histogram): DistributionBin[] {
  const total = histogram.totalCount;
  if (total === 0) return [];
  const min = histogram.getValueAtPercentile(0);
  const top = histogram.getValueAtPercentile(99);
  const max = histogram.getValueAtPercentile(100);
  const width = Math.max(Math.ceil((top + 1 - min) / (binCount - 1)), 1);
  const bins: DistributionBin[] = [];
  for (let from = min; from <= top; from += width) {
    bins.push({ fromMs: toMs(from), toMs: toMs(Math.min(from + width, max)), count: 0 });
  }
  const tailFrom = min + bins.length * width;
  if (max >= tailFrom) bins.push({ fromMs: toMs(tailFrom), toMs: toMs(max), count: 0 });
  forEachBucket(histogram, (value, count) => {
    const bin = bins[Math.min(Math.floor((value - min) / width), bins.length - 1)];
    if (bin !== undefined) bin.count += count;
  });
  return bins;
}

/** Calls back with the lower bound of each bucket that holds something, and how much. */
export function forEachBucket(histogram: Histogram, visit: (value: number, count: number) => void): void {
  // The library's own iterator takes forty times as long.
  const counts = histogram as JsHistogram;
  let left = histogram.totalCount;
  for (let index = 0; left > 0 && index < counts.countsArrayLength; index++) {
    const count = counts.getCountAtIndex(index);
    if (count === 0) continue;
    left -= count;
    visit(counts.valueFromIndex(index), count);
  }
}

/** A histogram as a delta, so that stored and live seconds can be treated alike. */
export function toDelta(histogram: Histogram): HistogramDelta {
  const values: number[] = [];
  const counts: number[] = [];
  forEachBucket(histogram, (value, count) => {
    values.push(value);
    counts.push(count);
  });
  return { values: Float64Array.from(values), counts: Float64Array.from(counts) };
}
