import { bucketWidthUs, forEachBucket, sumOf } from '../runs/histogram.js';
import type { Histogram } from 'hdr-histogram-js';

/**
 * Resolution of the exponential buckets: each is 2^(1/32) = 1.0219 times the one before, so that a quantile read from them is at most 2.2 %
 * off. What is counted has a resolution of 0.1 % itself, and each of its buckets goes whole to the one that holds its middle.
 */
export const schema = 5;

/** A run of neighbouring buckets: how far after the last one, and how many. */
interface BucketSpan {
  offset: number;
  length: number;
}

/** Prometheus' native histogram: exponential buckets (base^(i-1), base^i] in seconds, base = 2^(2^-schema). */
export interface NativeHistogram {
  sampleCount: number;
  /** Seconds. */
  sampleSum: number;
  schema: number;
  /** Seconds; what is not above it is in no bucket but in `zeroCount`. */
  zeroThreshold: number;
  zeroCount: number;
  positiveSpan: BucketSpan[];
  /** The first bucket's count, then the difference of each to the one before. */
  positiveDelta: number[];
}

/** The index of the bucket that `seconds` falls in. */
export function bucketIndex(seconds: number): number {
  return Math.ceil(Math.log2(seconds) * 2 ** schema);
}

export function nativeHistogramOf(histogram: Histogram): NativeHistogram {
  const counts = new Map<number, number>();
  let zeroCount = 0;
  forEachBucket(histogram, (valueUs, count) => {
    if (valueUs === 0) {
      zeroCount += count;
      return;
    }
    // A bucket of 1 µs holds one value; of a wider one the middle stands for all.
    const middleUs = valueUs + (bucketWidthUs(valueUs) - 1) / 2;
    const index = bucketIndex(middleUs / 1e6);
    counts.set(index, (counts.get(index) ?? 0) + count);
  });
  const positiveSpan: BucketSpan[] = [];
  const positiveDelta: number[] = [];
  let next = 0;
  let before = 0;
  for (const [index, count] of [...counts].sort(([a], [b]) => a - b)) {
    const last = positiveSpan.at(-1);
    if (last !== undefined && index === next) last.length += 1;
    else positiveSpan.push({ offset: last === undefined ? index : index - next, length: 1 });
    positiveDelta.push(count - before);
    next = index + 1;
    before = count;
  }
  return {
    sampleCount: histogram.totalCount,
    sampleSum: sumOf(histogram) / 1e6,
    schema,
    // The least that a double can say without loss: only what took 0 µs is not above it.
    zeroThreshold: 2 ** -128,
    zeroCount,
    positiveSpan,
    positiveDelta,
  };
}
