import type { Histogram } from 'hdr-histogram-js';
import type { HistogramName, LoadOutcome, LoadPlan } from '../engine/types.js';
import {
  phaseNames,
  type Distribution,
  type PhaseName,
  type Report,
  type RunStatus,
  type SeriesPoint,
  type ThresholdResult,
} from '../model/report.js';
import type { RunConfig } from '../model/run-config.js';
import type { RunTotals, WorkerHistory } from './aggregator.js';
import { conservationOf } from './conservation.js';
import { binsOf, distributionOf, sumOf } from './histogram.js';
import type { ReportSamples } from './report-samples.js';
import { expectedRequests, plannedDurationMs, planHash } from './load-plan.js';
import { percent, perSecond } from './series.js';
import { verdictOf } from './verdict.js';
import { testSums } from './test-sums.js';

/** How a run was carried out, as far as it is known. */
export type RunOutcome = Omit<LoadOutcome, 'transport' | 'durationMs'> & {
  transport: Report['transport']['name'];
};

export interface ReportInput {
  runId: string;
  status: RunStatus;
  endReason: string;
  /** Milliseconds since the epoch. */
  startTime: number;
  endTime: number;
  config: RunConfig;
  plan: LoadPlan;
  totals: RunTotals;
  whole: Record<HistogramName, Histogram>;
  history: WorkerHistory;
  outcome: RunOutcome;
  series: SeriesPoint[];
  peakRps: number;
  thresholds: ThresholdResult[];
  samples: ReportSamples;
  warnings: string[];
}

function testsOf(totals: RunTotals): Report['tests'] {
  if (totals.tests.length === 0) return undefined;
  const { passed, failed, skipped } = testSums(totals.tests);
  return {
    total: passed + failed,
    passed,
    failed,
    skipped,
    passRate: percent(passed, passed + failed),
    tests: totals.tests,
  };
}

function summaryOf(input: ReportInput, tests: Report['tests']): Report['summary'] {
  const { counters, elapsedMs } = input.totals;
  const total = counters.succeeded + counters.failed;
  return {
    totalRequests: total,
    successfulRequests: counters.succeeded,
    failedRequests: counters.failed,
    abortedRequests: counters.aborted,
    droppedRequests: counters.dropped,
    sentRequests: counters.sent,
    plannedRequests: counters.planned,
    errorRate: percent(counters.failed, total),
    successRate: percent(counters.succeeded, counters.sent),
    totalDurationSeconds: Number((elapsedMs / 1000).toFixed(3)),
    avgRps: perSecond(total, elapsedMs),
    sendRate: perSecond(counters.sent, elapsedMs),
    peakRps: input.peakRps,
    bytesSent: counters.bytesSent,
    bytesReceived: counters.bytesReceived,
    testsPassed: tests?.passed ?? 0,
    testsFailed: tests?.failed ?? 0,
  };
}

function verdictFor(
  input: ReportInput,
  response: Distribution,
  service: Distribution,
  lateness: Distribution,
): Report['verdict'] {
  const { history, totals } = input;
  return verdictOf({
    model: input.plan.model.kind,
    durationMs: totals.elapsedMs,
    sent: totals.counters.sent,
    latenessP99Ms: lateness.p99,
    latenessMaxMs: lateness.max,
    responseP50Ms: response.p50,
    serviceP50Ms: service.p50,
    workerCpu: history.workers.map((worker) =>
      history.observedMs === 0 ? 0 : worker.cpuMs / history.observedMs,
    ),
    slowLoopShare: history.lag.ticks === 0 ? 0 : history.lag.over50Ms / history.lag.ticks,
    loopLagMaxMs: history.lag.maxMs,
    scriptMs: sumOf(input.whole.script) / 1000,
    descriptorsExhausted: totals.limits.descriptors,
    portsExhausted: totals.limits.ports,
    droppedInFlight: totals.dropped.max_in_flight,
    droppedBurst: totals.dropped.burst,
    droppedLate: totals.dropped.late,
  });
}

/** The report of a run from what was measured: a pure function. */
export function buildReport(input: ReportInput): Report {
  const { totals, whole, config, plan, outcome, samples } = input;
  const { counters } = totals;
  const ended = counters.succeeded + counters.failed;
  const responseTime = distributionOf(whole.responseTime);
  const serviceTime = distributionOf(whole.serviceTime);
  const lateness = distributionOf(whole.lateness);
  const phases = Object.fromEntries(phaseNames.map((name) => [name, distributionOf(whole[name])])) as Record<
    PhaseName,
    Distribution
  >;
  const tests = testsOf(totals);
  const conservation = conservationOf(totals);
  const plannedMs = plannedDurationMs(plan.model);
  const { count: _count, stdDev: _stdDev, p9999: _p9999, ...latency } = responseTime;
  const rateModel = plan.model.kind === 'rate' ? plan.model : undefined;
  return {
    runId: input.runId,
    status: input.status,
    endReason: input.endReason,
    summary: summaryOf(input, tests),
    latency,
    statusCodes: totals.statusCodes,
    errors: {
      total: counters.failed,
      withDetails: samples.errorCount,
      types: totals.failures,
      examples: { ...samples.examples },
      samples: samples.errors,
    },
    timingBreakdown: {
      // Averages over all requests: those on a kept connection spent nothing on the first three.
      avgDnsMs: averageOver(whole.dns, ended),
      avgConnectMs: averageOver(whole.connect, ended),
      avgTlsMs: averageOver(whole.tls, ended),
      avgFirstByteMs: phases.firstByte.avg,
      avgDownloadMs: phases.download.avg,
      phases,
    },
    slowRequests: {
      count: counters.slow,
      thresholdMs: config.sampling.slowThresholdMs,
      percentage: percent(counters.slow, ended),
      slowest: samples.slowest(),
    },
    ...(tests === undefined ? {} : { tests }),
    startTime: input.startTime,
    endTime: input.endTime,
    mode: config.mode,
    comment: config.comment ?? null,
    responseTime,
    serviceTime,
    lateness,
    distribution: { responseTime: binsOf(whole.responseTime), serviceTime: binsOf(whole.serviceTime) },
    exemplars: samples.exemplars(responseTime),
    phases,
    script: distributionOf(whole.script),
    conservation,
    verdict: verdictFor(input, responseTime, serviceTime, lateness),
    thresholds: { passed: input.thresholds.every((result) => result.passed), results: input.thresholds },
    series: input.series,
    transport: { name: outcome.transport, reason: outcome.transportReason },
    plan: {
      hash: planHash(plan),
      model: plan.model.kind,
      arrival: rateModel?.arrival ?? null,
      seed: rateModel?.seed ?? null,
      durationSeconds: Number.isFinite(plannedMs) ? plannedMs / 1000 : null,
      expectedRequests: expectedRequests(plan.model) ?? null,
      changes: outcome.changes.map(({ atMs, rate, concurrency }) => ({
        atSeconds: Number((atMs / 1000).toFixed(3)),
        ...(rate === undefined ? {} : { rate }),
        ...(concurrency === undefined ? {} : { concurrency }),
      })),
    },
    connections: {
      opened: counters.connectionsOpened,
      reused: counters.connectionsReused,
      retries: counters.retries,
    },
    workers: {
      count: outcome.workers,
      cpu: input.history.workers.map((worker) => ({
        avg: Number(
          (input.history.observedMs === 0 ? 0 : worker.cpuMs / input.history.observedMs).toFixed(4),
        ),
        max: Number(worker.maxCpu.toFixed(4)),
      })),
    },
    warnings: [
      ...input.warnings,
      ...(conservation.balanced ? [] : [`The sums do not balance: ${conservation.sums.join('; ')}`]),
    ],
  };
}

function averageOver(histogram: Histogram, requests: number): number {
  return requests === 0 ? 0 : Number((sumOf(histogram) / requests / 1000).toFixed(3));
}
