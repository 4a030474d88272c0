import type { HistogramDelta, LoadModel } from '../engine/types.js';
import type { LiveLatency, LiveSnapshot, MetricName } from '../model/live.js';
import type { RunTotals } from './aggregator.js';
import { countOf, meanOf, percentilesOf } from './histogram.js';
import { percent, perSecond } from './series.js';
import type { SecondSummary } from './aggregator.js';
import type { SlidingWindow } from './sliding-window.js';
import { testSums } from './test-sums.js';

const ms = (us: number): number => Math.round(us) / 1000;

export function liveLatency(delta: HistogramDelta): LiveLatency {
  const [p50 = 0, p90 = 0, p95 = 0, p99 = 0, p999 = 0, max = 0] = percentilesOf(
    delta,
    [50, 90, 95, 99, 99.9, 100],
  ).map(ms);
  return { count: countOf(delta), avg: ms(meanOf(delta)), p50, p90, p95, p99, p999, max };
}

export interface SnapshotInput {
  runId: string;
  status: string;
  timestamp: number;
  totals: RunTotals;
  window: SlidingWindow;
  overall: LiveSnapshot['overall'];
  model: LoadModel;
  /** Infinity where no time ends the plan. */
  plannedMs: number;
  /** Undefined where only time ends it. */
  expected: number | undefined;
}

/** Seconds until the plan's end: by its time, or by its budget of requests at the pace so far. */
function remaining(input: SnapshotInput): number | null {
  const { totals, plannedMs, expected } = input;
  const byTime = Number.isFinite(plannedMs) ? Math.max(plannedMs - totals.elapsedMs, 0) / 1000 : undefined;
  if (expected === undefined || input.model.iterations === undefined)
    return byTime === undefined ? null : Number(byTime.toFixed(1));
  const pace = totals.counters.sent / Math.max(totals.elapsedMs, 1);
  const byCount = pace === 0 ? undefined : Math.max(expected - totals.counters.sent, 0) / pace / 1000;
  const least = Math.min(byTime ?? Infinity, byCount ?? Infinity);
  return Number.isFinite(least) ? Number(least.toFixed(1)) : null;
}

/** Everything a live display shows, from the state after a tick. */
export function liveSnapshot(input: SnapshotInput): LiveSnapshot {
  const { totals, window } = input;
  const { counters } = totals;
  const spanMs = window.spanMs;
  const failed = window.grown('failed');
  const ended = window.grown('succeeded') + failed;
  const response = liveLatency(window.histogram('responseTime'));
  const service = liveLatency(window.histogram('serviceTime'));
  const done = counters.succeeded + counters.failed;
  const rps = perSecond(ended, spanMs);
  const sendRate = perSecond(window.grown('sent'), spanMs);
  const expected = input.expected ?? counters.planned;
  const tests = testSums(totals.tests);
  return {
    runId: input.runId,
    status: input.status,
    timestamp: input.timestamp,
    elapsedSeconds: Number((totals.elapsedMs / 1000).toFixed(3)),
    durationSeconds: Number.isFinite(input.plannedMs) ? input.plannedMs / 1000 : null,
    remainingSeconds: remaining(input),
    rps,
    send_rate: sendRate,
    latency_avg: response.avg,
    latency_p50: response.p50,
    latency_p90: response.p90,
    latency_p95: response.p95,
    latency_p99: response.p99,
    latency_p999: response.p999,
    latency_max: response.max,
    service_p50: service.p50,
    service_p95: service.p95,
    service_p99: service.p99,
    lateness_p99: ms(percentilesOf(window.histogram('lateness'), [99])[0] ?? 0),
    error_rate: percent(failed, ended),
    total_requests: done,
    connections_active: totals.connectionsOpen,
    in_flight: totals.inFlight,
    requests_sent: counters.sent,
    requests_expected: expected,
    requests_succeeded: counters.succeeded,
    requests_failed: counters.failed,
    requests_aborted: counters.aborted,
    requests_dropped: counters.dropped,
    target: totals.target,
    model: input.model.kind,
    bytes_sent: counters.bytesSent,
    bytes_received: counters.bytesReceived,
    tests_passed: tests.passed,
    tests_failed: tests.failed,
    failures: totals.failures,
    statusCodes: totals.statusCodes,
    currentRps: rps,
    sendRate,
    throughput: rps,
    activeConnections: totals.connectionsOpen,
    totalRequests: done,
    totalErrors: counters.failed,
    errorRate: percent(counters.failed, done),
    avgLatencyMs: response.avg,
    latencyP50Ms: response.p50,
    latencyP95Ms: response.p95,
    latencyP99Ms: response.p99,
    requestsSent: counters.sent,
    requestsExpected: expected,
    overall: input.overall,
  };
}

/** The stored metrics of a second. */
export function metricValues(
  second: SecondSummary,
  totals: RunTotals,
  expected: number | undefined,
): Record<MetricName, number> {
  const spanMs = second.endMs - second.startMs;
  const { counters } = second;
  const ended = counters.succeeded + counters.failed;
  const [p50 = 0, p95 = 0, p99 = 0] = percentilesOf(second.histograms.responseTime, [50, 95, 99]).map(ms);
  const [s50 = 0, s95 = 0, s99 = 0] = percentilesOf(second.histograms.serviceTime, [50, 95, 99]).map(ms);
  return {
    rps: perSecond(ended, spanMs),
    latency_avg: ms(meanOf(second.histograms.responseTime)),
    latency_p50: p50,
    latency_p95: p95,
    latency_p99: p99,
    error_rate: percent(counters.failed, ended),
    total_requests: totals.counters.succeeded + totals.counters.failed,
    connections_active: second.connectionsOpen,
    requests_sent: totals.counters.sent,
    requests_expected: expected ?? totals.counters.planned,
    send_rate: perSecond(counters.sent, spanMs),
    service_p50: s50,
    service_p95: s95,
    service_p99: s99,
    lateness_p99: ms(percentilesOf(second.histograms.lateness, [99])[0] ?? 0),
    requests_dropped: totals.counters.dropped,
    requests_failed: totals.counters.failed,
    requests_aborted: totals.counters.aborted,
    in_flight: second.inFlight,
    target: second.target,
  };
}
