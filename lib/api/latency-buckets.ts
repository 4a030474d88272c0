import type { HistogramName } from '../engine/types.js';
import { decodeHistogram, forEachBucket, sumOf } from '../runs/histogram.js';
import type { Store } from '../store/store.js';

/** Upper bounds in seconds, as Prometheus' histograms have them. */
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

interface Progress extends BucketCounts {
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

  of(runId: string): BucketCounts {
    const fresh = { counts: bucketBounds.map(() => 0), count: 0, sum: 0, nextSecond: 0 };
    const progress = this.#runs.get(runId) ?? fresh;
    this.#runs.set(runId, progress);
    const rows = this.#store.histograms.list(runId, { name: this.#measure, fromSecond: progress.nextSecond });
    for (const { second, data } of rows) {
      const histogram = decodeHistogram(data);
      progress.sum += sumOf(histogram) / 1e6;
      progress.count += histogram.totalCount;
      forEachBucket(histogram, (valueUs, count) => {
        const first = bucketBounds.findIndex((bound) => valueUs <= bound * 1e6);
        if (first < 0) return;
        for (let i = first; i < bucketBounds.length; i++)
          progress.counts[i] = (progress.counts[i] ?? 0) + count;
      });
      progress.nextSecond = second + 1;
    }
    return progress;
  }

  /** Forgets the runs that are not among these. */
  keep(runIds: readonly string[]): void {
    for (const runId of this.#runs.keys()) if (!runIds.includes(runId)) this.#runs.delete(runId);
  }
}
