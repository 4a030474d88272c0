import type { HistogramDelta, HistogramName } from '../engine/types.js';
import { holds, type Threshold, type ThresholdMetric, type TimeMeasure } from '../model/threshold.js';
import type { ThresholdResult } from '../model/report.js';
import type { SecondSummary } from './aggregator.js';
import { countOf, meanOf, mergeDeltas, percentilesOf } from './histogram.js';

/** What a condition is evaluated on: a whole run or a window of it. */
export interface Measurements {
  spanMs: number;
  counters: {
    sent: number;
    succeeded: number;
    failed: number;
    aborted: number;
    dropped: number;
    planned: number;
    slow: number;
  };
  failures: Record<string, number>;
  statusCodes: Record<string, number>;
  tests: { passed: number; failed: number };
  inFlight: number;
  histogram(name: HistogramName): HistogramDelta;
}

const histogramOf: Record<TimeMeasure, HistogramName> = {
  response: 'responseTime',
  service: 'serviceTime',
  lateness: 'lateness',
  dns: 'dns',
  connect: 'connect',
  tls: 'tls',
  first_byte: 'firstByte',
  download: 'download',
  script: 'script',
};

function timeValue(
  metric: Extract<ThresholdMetric, { kind: 'time' }>,
  delta: HistogramDelta,
): number | undefined {
  if (countOf(delta) === 0) return undefined;
  const at = (percentile: number): number => (percentilesOf(delta, [percentile])[0] ?? 0) / 1000;
  switch (metric.stat) {
    case 'avg':
      return meanOf(delta) / 1000;
    case 'min':
      return (delta.values[0] ?? 0) / 1000;
    case 'max':
      return at(100);
    case 'percentile':
      return at(metric.percentile ?? 100);
  }
}

const share = (part: number, whole: number): number | undefined =>
  whole === 0 ? undefined : (part / whole) * 100;

function shareValue(
  name: Extract<ThresholdMetric, { kind: 'share' }>['name'],
  m: Measurements,
): number | undefined {
  const ended = m.counters.succeeded + m.counters.failed;
  switch (name) {
    case 'error_rate':
      return share(m.counters.failed, ended);
    case 'success_rate':
      return share(m.counters.succeeded, ended + m.counters.aborted);
    case 'tests_passed':
      return share(m.tests.passed, m.tests.passed + m.tests.failed);
    case 'tests_failed':
      return share(m.tests.failed, m.tests.passed + m.tests.failed);
    case 'dropped_rate':
      return share(m.counters.dropped, m.counters.planned);
    case 'slow_rate':
      return share(m.counters.slow, ended);
  }
}

function countValue(name: Extract<ThresholdMetric, { kind: 'count' }>['name'], m: Measurements): number {
  switch (name) {
    case 'requests':
      return m.counters.succeeded + m.counters.failed;
    case 'sent':
      return m.counters.sent;
    case 'errors':
      return m.counters.failed;
    case 'dropped':
      return m.counters.dropped;
    case 'aborted':
      return m.counters.aborted;
    case 'slow':
      return m.counters.slow;
    case 'test_failures':
      return m.tests.failed;
    case 'in_flight':
      return m.inFlight;
  }
}

/** The value of a metric in its unit; undefined where nothing was measured. */
export function metricValue(metric: ThresholdMetric, m: Measurements): number | undefined {
  switch (metric.kind) {
    case 'time':
      return timeValue(metric, m.histogram(histogramOf[metric.measure]));
    case 'share':
      return shareValue(metric.name, m);
    case 'rate':
      if (m.spanMs <= 0) return undefined;
      return (
        ((metric.name === 'rps' ? m.counters.succeeded + m.counters.failed : m.counters.sent) * 1000) /
        m.spanMs
      );
    case 'count':
      return countValue(metric.name, m);
    case 'class':
      return (metric.of === 'errors' ? m.failures : m.statusCodes)[metric.name] ?? 0;
  }
}

function addCounts(into: Record<string, number>, from: Record<string, number>): void {
  for (const [key, value] of Object.entries(from)) into[key] = (into[key] ?? 0) + value;
}

/** Several seconds as one measurement. */
export function measureSeconds(seconds: readonly SecondSummary[]): Measurements {
  const counters = { sent: 0, succeeded: 0, failed: 0, aborted: 0, dropped: 0, planned: 0, slow: 0 };
  const failures: Record<string, number> = {};
  const statusCodes: Record<string, number> = {};
  const tests = { passed: 0, failed: 0 };
  let spanMs = 0;
  for (const second of seconds) {
    for (const name of Object.keys(counters) as (keyof typeof counters)[])
      counters[name] += second.counters[name];
    addCounts(failures, second.failures);
    addCounts(statusCodes, second.statusCodes);
    tests.passed += second.tests.passed;
    tests.failed += second.tests.failed;
    spanMs += second.endMs - second.startMs;
  }
  return {
    spanMs,
    counters,
    failures,
    statusCodes,
    tests,
    inFlight: seconds.at(-1)?.inFlight ?? 0,
    histogram: (name) => mergeDeltas(seconds.map((second) => second.histograms[name])),
  };
}

interface State {
  threshold: Threshold;
  /** Latest value, and the worst that a window showed. */
  actual: number | undefined;
  failedAtMs: number | undefined;
  aborted: boolean;
}

/**
 * Follows the conditions of a run second by second. One with a window fails as soon as a full window does not meet it; one over the whole run
 * is decided at its end, or earlier where it aborts the run. A condition on something that was never measured fails: it says nothing.
 */
export class ThresholdEvaluation {
  readonly #states: State[];
  readonly #longestMs: number;
  #recent: SecondSummary[] = [];

  constructor(thresholds: readonly Threshold[]) {
    this.#states = thresholds.map((threshold) => ({
      threshold,
      actual: undefined,
      failedAtMs: undefined,
      aborted: false,
    }));
    this.#longestMs = Math.max(0, ...thresholds.map((threshold) => threshold.windowMs ?? 0));
  }

  /** Looks at a second that ended; answers the condition that now aborts the run, if one does. */
  addSecond(second: SecondSummary, whole: Measurements): Threshold | undefined {
    if (this.#longestMs > 0) {
      this.#recent.push(second);
      while ((this.#recent[0]?.endMs ?? Infinity) <= second.endMs - this.#longestMs) this.#recent.shift();
    }
    let aborting: Threshold | undefined;
    for (const state of this.#states) {
      const { threshold } = state;
      const past = second.endMs;
      if (threshold.windowMs === undefined && !threshold.abortOnFail) continue;
      if (threshold.windowMs !== undefined && past < threshold.windowMs) continue;
      const value = metricValue(
        threshold.metric,
        threshold.windowMs === undefined ? whole : this.#window(threshold.windowMs, past),
      );
      if (value === undefined) continue;
      const failed = !holds(value, threshold.operator, threshold.limit);
      if (threshold.windowMs !== undefined) this.#noteWindow(state, value, failed, past);
      if (!failed || !threshold.abortOnFail || past < threshold.abortDelayMs) continue;
      state.actual = value;
      state.failedAtMs ??= past;
      state.aborted = true;
      aborting ??= threshold;
    }
    return aborting;
  }

  #window(lengthMs: number, endMs: number): Measurements {
    return measureSeconds(this.#recent.filter((second) => second.endMs > endMs - lengthMs));
  }

  /** Keeps the value of the first failing window, until then the latest. */
  #noteWindow(state: State, value: number, failed: boolean, atMs: number): void {
    if (state.failedAtMs !== undefined) return;
    state.actual = value;
    if (failed) state.failedAtMs = atMs;
  }

  /** What came of each condition. */
  results(whole: Measurements): ThresholdResult[] {
    return this.#states.map(({ threshold, actual, failedAtMs, aborted }) => {
      // A run shorter than a window is looked at as a whole.
      const decided = aborted || (threshold.windowMs !== undefined && actual !== undefined);
      const value = decided ? actual : metricValue(threshold.metric, whole);
      const passed = decided
        ? failedAtMs === undefined
        : value !== undefined && holds(value, threshold.operator, threshold.limit);
      return {
        expression: threshold.expression,
        passed,
        actual: value === undefined ? null : Number(value.toFixed(4)),
        limit: threshold.limit,
        windowSeconds: threshold.windowMs === undefined ? null : threshold.windowMs / 1000,
        failedAtSeconds: failedAtMs === undefined ? null : failedAtMs / 1000,
        aborted,
      };
    });
  }
}
