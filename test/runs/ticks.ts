import { emptyTotals } from '../../lib/runs/aggregator.js';
import { emptyDelta, newHistogram, toDelta } from '../../lib/runs/histogram.js';
import {
  histogramNames,
  type CounterName,
  type HistogramDelta,
  type HistogramName,
  type Tick,
} from '../../lib/engine/types.js';

/** How often each value, in µs, occurred; as the engine counts, by the lower bounds of buckets. */
export function delta(counts: Record<number, number>): HistogramDelta {
  const histogram = newHistogram();
  for (const [value, count] of Object.entries(counts)) histogram.recordValueWithCount(Number(value), count);
  return toDelta(histogram);
}

export interface TickOptions {
  counters?: Partial<Record<CounterName, number>>;
  histograms?: Partial<Record<HistogramName, HistogramDelta>>;
  tick?: Partial<Tick>;
}

/** A tick of a run: what is not given is zero. */
export function makeTick(
  elapsedMs: number,
  { counters = {}, histograms = {}, tick = {} }: TickOptions = {},
): Tick {
  const empty = emptyTotals();
  return {
    elapsedMs,
    final: false,
    counters: { ...empty.counters, ...counters },
    dropped: empty.dropped,
    failures: {},
    statusCodes: {},
    histograms: Object.fromEntries(
      histogramNames.map((name) => [name, histograms[name] ?? emptyDelta]),
    ) as Tick['histograms'],
    tests: [],
    samples: [],
    inFlight: 0,
    connectionsOpen: 0,
    target: 0,
    workers: [],
    limits: empty.limits,
    ...tick,
  };
}

/** A small seeded generator of numbers from 0 to 1 (mulberry32), so that a failing property can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
