import type { Histogram } from 'hdr-histogram-js';
import {
  histogramNames,
  type CounterName,
  type DropReason,
  type HistogramDelta,
  type HistogramName,
  type TestCount,
  type Tick,
} from '../engine/types.js';
import { addDelta, mergeDeltas, newHistogram } from './histogram.js';
import { testSums } from './test-sums.js';

/** What one second of a run added. */
export interface SecondSummary {
  /** Whole seconds since the run's start at which it begins. */
  second: number;
  startMs: number;
  endMs: number;
  /** Added in this second. */
  counters: Record<CounterName, number>;
  dropped: Record<DropReason, number>;
  failures: Record<string, number>;
  statusCodes: Record<string, number>;
  histograms: Record<HistogramName, HistogramDelta>;
  tests: { passed: number; failed: number };
  /** As of its end. */
  inFlight: number;
  connectionsOpen: number;
  target: number;
}

/** Everything that is known of a run as of its latest tick. */
export interface RunTotals {
  elapsedMs: number;
  counters: Record<CounterName, number>;
  dropped: Record<DropReason, number>;
  failures: Record<string, number>;
  statusCodes: Record<string, number>;
  tests: TestCount[];
  inFlight: number;
  connectionsOpen: number;
  target: number;
  limits: { descriptors: number; ports: number };
}

const noCounters = (): Record<CounterName, number> => ({
  planned: 0,
  sent: 0,
  succeeded: 0,
  failed: 0,
  aborted: 0,
  dropped: 0,
  connectionsOpened: 0,
  connectionsReused: 0,
  retries: 0,
  bytesSent: 0,
  bytesReceived: 0,
  slow: 0,
  scriptRuns: 0,
  scriptFailures: 0,
});

const noDrops = (): Record<DropReason, number> => ({
  max_in_flight: 0,
  script_error: 0,
  skipped: 0,
  stopped: 0,
  burst: 0,
  late: 0,
});

export function emptyTotals(): RunTotals {
  return {
    elapsedMs: 0,
    counters: noCounters(),
    dropped: noDrops(),
    failures: {},
    statusCodes: {},
    tests: [],
    inFlight: 0,
    connectionsOpen: 0,
    target: 0,
    limits: { descriptors: 0, ports: 0 },
  };
}

function difference<K extends string>(
  now: Record<K, number>,
  before: Record<string, number>,
): Record<K, number> {
  const entries = Object.entries<number>(now).map(([key, value]): [string, number] => [
    key,
    value - (before[key] ?? 0),
  ]);
  return Object.fromEntries(entries) as Record<K, number>;
}

/** What the threads of the generator did over a run. */
export interface WorkerHistory {
  /** Per worker: sum of CPU shares weighted by time, and the greatest share of one tick. */
  workers: { cpuMs: number; maxCpu: number }[];
  observedMs: number;
  /** Ticks by how long the longest pass of a worker's loop took. */
  lag: { ticks: number; over10Ms: number; over50Ms: number; maxMs: number };
}

/**
 * Turns a run's ticks into seconds and totals. A second ends with the first tick at or after its end, so that each tick belongs to one
 * second as a whole; the last one is as short as the run left it. Memory does not grow with the run.
 */
export class RunAggregator {
  readonly whole: Record<HistogramName, Histogram>;
  totals: RunTotals = emptyTotals();
  readonly history: WorkerHistory = {
    workers: [],
    observedMs: 0,
    lag: { ticks: 0, over10Ms: 0, over50Ms: 0, maxMs: 0 },
  };
  #secondStart: RunTotals = emptyTotals();
  #second: { deltas: Record<HistogramName, HistogramDelta[]> };

  constructor() {
    this.whole = Object.fromEntries(histogramNames.map((name) => [name, newHistogram()])) as Record<
      HistogramName,
      Histogram
    >;
    this.#second = { deltas: noDeltas() };
  }

  /** Takes a tick; answers the second that it ended, if it did. */
  add(tick: Tick): SecondSummary | undefined {
    this.#observeWorkers(tick);
    for (const name of histogramNames) {
      const delta = tick.histograms[name];
      if (delta.values.length === 0) continue;
      addDelta(this.whole[name], delta);
      this.#second.deltas[name].push(delta);
    }
    this.totals = {
      elapsedMs: tick.elapsedMs,
      counters: { ...tick.counters },
      dropped: { ...tick.dropped },
      failures: { ...tick.failures },
      statusCodes: { ...tick.statusCodes },
      tests: tick.tests,
      inFlight: tick.inFlight,
      connectionsOpen: tick.connectionsOpen,
      // After the plan's end nothing is asked for any more: the last second shows what was.
      target: tick.final && this.totals.target !== 0 ? this.totals.target : tick.target,
      limits: { ...tick.limits },
    };
    const start = this.#secondStart.elapsedMs;
    const due = (Math.floor(start / 1000) + 1) * 1000;
    if (tick.elapsedMs < due && !tick.final) return undefined;
    return this.#endSecond();
  }

  /** Takes the totals as of the end of a second that is already known as a whole. */
  addTotals(totals: RunTotals, histograms: Record<HistogramName, HistogramDelta>): SecondSummary {
    for (const name of histogramNames) this.#second.deltas[name].push(histograms[name]);
    this.totals = totals;
    return this.#endSecond();
  }

  #endSecond(): SecondSummary {
    const { totals } = this;
    const before = this.#secondStart;
    const tests = testSums(totals.tests);
    const testsBefore = testSums(before.tests);
    const summary: SecondSummary = {
      second: Math.floor(before.elapsedMs / 1000),
      startMs: before.elapsedMs,
      endMs: totals.elapsedMs,
      counters: difference(totals.counters, before.counters),
      dropped: difference(totals.dropped, before.dropped),
      failures: difference(totals.failures, before.failures),
      statusCodes: difference(totals.statusCodes, before.statusCodes),
      histograms: Object.fromEntries(
        histogramNames.map((name) => [name, mergeDeltas(this.#second.deltas[name])]),
      ) as Record<HistogramName, HistogramDelta>,
      tests: { passed: tests.passed - testsBefore.passed, failed: tests.failed - testsBefore.failed },
      inFlight: totals.inFlight,
      connectionsOpen: totals.connectionsOpen,
      target: totals.target,
    };
    this.#secondStart = totals;
    this.#second = { deltas: noDeltas() };
    return summary;
  }

  #observeWorkers(tick: Tick): void {
    const { history } = this;
    const spanMs = Math.max(tick.elapsedMs - this.totals.elapsedMs, 0);
    let lag = 0;
    tick.workers.forEach((worker, index) => {
      const known = (history.workers[index] ??= { cpuMs: 0, maxCpu: 0 });
      known.cpuMs += worker.cpu * spanMs;
      known.maxCpu = Math.max(known.maxCpu, worker.cpu);
      lag = Math.max(lag, worker.maxLoopLagMs);
    });
    history.observedMs += spanMs;
    history.lag.ticks += 1;
    if (lag > 10) history.lag.over10Ms += 1;
    if (lag > 50) history.lag.over50Ms += 1;
    history.lag.maxMs = Math.max(history.lag.maxMs, lag);
  }
}

function noDeltas(): Record<HistogramName, HistogramDelta[]> {
  return Object.fromEntries(histogramNames.map((name) => [name, []])) as unknown as Record<
    HistogramName,
    HistogramDelta[]
  >;
}
