import type { Histogram } from 'hdr-histogram-js';
import { histogramNames, type HistogramName } from '../engine/types.js';
import { VayuError } from '../model/errors.js';
import type { Distribution, Report } from '../model/report.js';
import type { RunConfig } from '../model/run-config.js';
import type { RunRecord } from '../store/runs.js';
import type { Store } from '../store/store.js';
import { RunAggregator, type RunTotals, type SecondSummary } from './aggregator.js';
import { distributionOf, emptyDelta, newHistogram, toDelta } from './histogram.js';
import { decodeHistogram } from './histogram-encoding.js';
import { ReportSamples } from './report-samples.js';
import { buildLoadPlan } from './load-plan.js';
import { buildReport } from './report-builder.js';
import { Series, seriesPoint } from './series.js';
import { readTotals } from './stored-totals.js';
import { ThresholdEvaluation } from './threshold-evaluation.js';
import { testSums } from './test-sums.js';

export interface WindowOptions {
  /** Default 50, 90, 95, 99, 99.9. */
  percentiles?: readonly number[];
  /** Seconds since the run's start; the window holds whole seconds. Default: all. */
  from?: number;
  to?: number;
}

export interface WindowMeasure extends Distribution {
  /** Milliseconds by percentile as it was asked for. */
  percentiles: Record<string, number>;
}

/** Any percentile of any window of a run, from its stored seconds. */
export interface RunWindow {
  runId: string;
  fromSeconds: number;
  toSeconds: number;
  measures: Partial<Record<HistogramName, WindowMeasure>>;
}

/** The sum of a run's stored seconds, by measure. */
export function mergeStored(
  store: Store,
  runId: string,
  from?: number,
  to?: number,
): { whole: Record<HistogramName, Histogram>; first: number; last: number } {
  const whole = Object.fromEntries(histogramNames.map((name) => [name, newHistogram()])) as Record<
    HistogramName,
    Histogram
  >;
  let first = Infinity;
  let last = -1;
  const rows = store.histograms.list(runId, {
    fromSecond: from === undefined ? undefined : Math.floor(from),
    // The window ends before the second that begins at `to`.
    toSecond: to === undefined ? undefined : Math.ceil(to) - 1,
  });
  for (const row of rows) {
    if (!(histogramNames as readonly string[]).includes(row.name)) continue;
    whole[row.name as HistogramName].add(decodeHistogram(row.data));
    first = Math.min(first, row.second);
    last = Math.max(last, row.second);
  }
  return { whole, first: last < 0 ? 0 : first, last };
}

export function readWindow(store: Store, runId: string, options: WindowOptions = {}): RunWindow {
  if (store.runs.get(runId) === undefined)
    throw new VayuError('not_found', `There is no run ${JSON.stringify(runId)}`, { runId });
  const { whole, first, last } = mergeStored(store, runId, options.from, options.to);
  const percentiles = options.percentiles ?? [50, 90, 95, 99, 99.9];
  const measures: RunWindow['measures'] = {};
  for (const name of histogramNames) {
    const histogram = whole[name];
    if (histogram.totalCount === 0) continue;
    measures[name] = {
      ...distributionOf(histogram),
      percentiles: Object.fromEntries(
        percentiles.map((p) => [String(p), histogram.getValueAtPercentile(p) / 1000]),
      ),
    };
  }
  return { runId, fromSeconds: options.from ?? first, toSeconds: options.to ?? last + 1, measures };
}

function secondsOf(store: Store, runId: string): { summaries: SecondSummary[]; totals: RunTotals } {
  const aggregator = new RunAggregator();
  const deltas = new Map<number, Partial<Record<HistogramName, Histogram>>>();
  for (const row of store.histograms.list(runId)) {
    const known = deltas.get(row.second) ?? {};
    known[row.name as HistogramName] = decodeHistogram(row.data);
    deltas.set(row.second, known);
  }
  const summaries: SecondSummary[] = [];
  let totals = aggregator.totals;
  for (const row of store.metrics.list(runId, { name: 'total_requests' })) {
    const next = readTotals(row.labels);
    if (next === undefined) continue;
    const second = Math.floor(totals.elapsedMs / 1000);
    const histograms = deltas.get(second) ?? {};
    summaries.push(
      aggregator.addTotals(
        next,
        Object.fromEntries(
          histogramNames.map((name) => [
            name,
            histograms[name] === undefined ? emptyDelta : toDelta(histograms[name]),
          ]),
        ) as Record<HistogramName, ReturnType<typeof toDelta>>,
      ),
    );
    totals = next;
  }
  return { summaries, totals };
}

/** The report of a run that has none, from its stored seconds: its process was killed while it was under way. */
export function rebuildReport(store: Store, run: RunRecord): Report | undefined {
  const config = run.configSnapshot as RunConfig | null;
  if (run.type !== 'load' || config === null || !Array.isArray(config.thresholds)) return undefined;
  const { summaries, totals } = secondsOf(store, run.id);
  const series = new Series();
  const thresholds = new ThresholdEvaluation(config.thresholds);
  for (const summary of summaries) series.add(seriesPoint(summary));
  const { whole } = mergeStored(store, run.id);
  const plan = buildLoadPlan(config, {
    request: { method: config.request.method ?? 'GET', url: config.request.url ?? '', headers: [] },
  });
  return buildReport({
    runId: run.id,
    status: run.status,
    endReason: run.error ?? 'the run did not end in the process that started it',
    startTime: run.startTime,
    endTime: run.endTime ?? run.startTime + totals.elapsedMs,
    config,
    plan,
    totals,
    whole,
    history: new RunAggregator().history,
    outcome: {
      transport: 'unknown',
      transportReason: 'the run did not end in the process that started it',
      changes: [],
      workers: 0,
    },
    series: series.points(),
    peakRps: series.peakRps,
    thresholds: thresholds.results({
      spanMs: totals.elapsedMs,
      counters: totals.counters,
      failures: totals.failures,
      statusCodes: totals.statusCodes,
      tests: testSums(totals.tests),
      inFlight: totals.inFlight,
      histogram: (name) => toDelta(whole[name]),
    }),
    samples: new ReportSamples(),
    warnings: [
      ...config.warnings,
      'Rebuilt from the seconds that were stored: what came after the last of them is not known',
    ],
  });
}
