import type { Histogram } from 'hdr-histogram-js';
import type { HistogramName } from '../engine/types.js';
import { forEachBucket, newHistogram, sumOf } from '../runs/histogram.js';
import { decodeHistogram } from '../runs/histogram-encoding.js';
import type { Store } from '../store/store.js';

/** Upper bounds in seconds, as Prometheus' classic histograms have them. */
export const bucketBounds = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
] as const;

export interface BucketCounts {
  /** Up to each bound, cumulative. */
  counts: number[];
  count: number;
  /** Seconds. */
  sum: number;
}

interface Progress {
  histogram: Histogram;
  nextSecond: number;
}

/** What the stored seconds of runs add up to. Each second is read once however often it is asked for. */
export class LatencyBuckets {
  readonly #store: Store;
  readonly #measure: HistogramName;
  readonly #runs = new Map<string, Progress>();

  constructor(store: Store, measure: HistogramName) {
    this.#store = store;
    this.#measure = measure;
  }

  /** The latencies of a run so far, in µs. */
  of(runId: string): Histogram {
    const progress = this.#runs.get(runId) ?? { histogram: newHistogram(), nextSecond: 0 };
    this.#runs.set(runId, progress);
    const rows = this.#store.histograms.list(runId, { name: this.#measure, fromSecond: progress.nextSecond });
    for (const { second, data } of rows) {
      progress.histogram.add(decodeHistogram(data));
      progress.nextSecond = second + 1;
    }
    return progress.histogram;
  }

  /** Forgets the runs that are not among these. */
  keep(runIds: readonly string[]): void {
    for (const runId of this.#runs.keys()) if (!runIds.includes(runId)) this.#runs.delete(runId);
  }
}

export function classicBucketsOf(histogram: Histogram): BucketCounts {
  const counts = bucketBounds.map(() => 0);
  forEachBucket(histogram, (valueUs, count) => {
    const first = bucketBounds.findIndex((bound) => valueUs <= bound * 1e6);
    if (first < 0) return;
    for (let i = first; i < bucketBounds.length; i++) counts[i] = (counts[i] ?? 0) + count;
  });
  return { counts, count: histogram.totalCount, sum: sumOf(histogram) / 1e6 };
}
