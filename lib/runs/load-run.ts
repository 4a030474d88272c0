import { histogramNames, type LoadPlan, type LoadRun, type Sample, type Tick } from '../engine/types.js';
import type { Redactor } from '../model/redaction.js';
import type { LiveSnapshot } from '../model/live.js';
import type { Report, RunStatus } from '../model/report.js';
import type { RunConfig } from '../model/run-config.js';
import type { Threshold } from '../model/threshold.js';
import type { NewHistogram } from '../store/histograms.js';
import type { NewMetric } from '../store/metrics.js';
import type { NewResult } from '../store/results.js';
import { RunAggregator, type SecondSummary } from './aggregator.js';
import { storedTotals } from './stored-totals.js';
import { toDelta } from './histogram.js';
import { encodeDelta } from './histogram-encoding.js';
import { keptResult, resultRow } from './kept-result.js';
import { liveLatency, liveSnapshot, metricValues } from './live-snapshot.js';
import { expectedRequests, plannedDurationMs } from './load-plan.js';
import { ReportSamples } from './report-samples.js';
import { buildReport, type RunOutcome } from './report-builder.js';
import { Series, seriesPoint } from './series.js';
import { SlidingWindow } from './sliding-window.js';
import { ThresholdEvaluation, type Measurements } from './threshold-evaluation.js';
import { testSums } from './test-sums.js';

/** What one second of a run puts into the store. */
export interface StoredSecond {
  second: number;
  metrics: NewMetric[];
  histograms: NewHistogram[];
  results: NewResult[];
}

export interface LoadRunEvents {
  onTick(): void;
  /** Without it nothing is prepared for a store. */
  onSecond?(stored: StoredSecond): void;
  onAbort(threshold: Threshold): void;
}

/** The state of a load run under way: takes its ticks, answers snapshots, and in the end the report. Knows no store and no clock but the ticks'. */
export class LoadRunState {
  readonly expected: number | undefined;
  readonly plannedMs: number;
  readonly warnings: string[];
  status: RunStatus = 'pending';
  load: LoadRun | undefined;
  #aggregator = new RunAggregator();
  #window = new SlidingWindow();
  #series = new Series();
  #samples = new ReportSamples();
  #thresholds: ThresholdEvaluation;
  #results: NewResult[] = [];
  #storedSamples = new Set<string>();
  /** Read when it is asked for, at most once a second. */
  #overall: LiveSnapshot['overall'] | undefined;
  #ticked = false;

  constructor(
    readonly runId: string,
    readonly config: RunConfig,
    readonly plan: LoadPlan,
    readonly startTime: number,
    private readonly redactor: Redactor,
    private readonly events: LoadRunEvents,
    warnings: readonly string[],
  ) {
    this.expected = expectedRequests(plan.model);
    this.plannedMs = plannedDurationMs(plan.model);
    this.warnings = [...warnings];
    this.#thresholds = new ThresholdEvaluation(config.thresholds);
  }

  addTick(given: Tick): void {
    const tick = given.tests.length === 0 ? given : { ...given, tests: this.redactor.json(given.tests) };
    this.#ticked = true;
    this.#window.add(tick);
    for (const sample of tick.samples) {
      const redactor = this.redactor.with(sample.exchange.secrets);
      const kept = keptResult(sample, redactor);
      this.#samples.add(kept);
      if (this.events.onSecond === undefined || this.#isStored(sample)) continue;
      this.#results.push(resultRow(sample, kept, redactor, this.config.sampling.saveTimingBreakdown));
    }
    const second = this.#aggregator.add(tick);
    if (second !== undefined) this.#endSecond(second, tick.final);
    this.events.onTick();
  }

  /** An exemplar may have been kept as a sample before: it is stored once. */
  #isStored(sample: Sample): boolean {
    const key = `${sample.intendedMs} ${sample.sentMs} ${sample.doneMs}`;
    if (this.#storedSamples.has(key)) return sample.kind === 'exemplar';
    this.#storedSamples.add(key);
    return false;
  }

  #endSecond(second: SecondSummary, final: boolean): void {
    this.#series.add(seriesPoint(second));
    this.#overall = undefined;
    if (this.events.onSecond !== undefined) this.events.onSecond(this.#storedSecond(second));
    const aborting = this.#thresholds.addSecond(second, this.measurements());
    if (aborting !== undefined && !final) this.events.onAbort(aborting);
  }

  #storedSecond(second: SecondSummary): StoredSecond {
    const timestamp = Math.round(this.startTime + second.endMs);
    const values = metricValues(second, this.#aggregator.totals, this.expected);
    const results = this.#results;
    this.#results = [];
    return {
      second: second.second,
      metrics: Object.entries(values).map(([name, value]) => ({
        timestamp,
        name,
        value,
        ...(name === 'total_requests' ? { labels: storedTotals(this.#aggregator.totals) } : {}),
      })),
      histograms: this.#encode(second),
      results,
    };
  }

  #encode(second: SecondSummary): NewHistogram[] {
    return histogramNames.flatMap((name) => {
      const delta = second.histograms[name];
      return delta.values.length === 0 ? [] : [{ name, data: encodeDelta(delta) }];
    });
  }

  #readOverall(): LiveSnapshot['overall'] {
    const { responseTime, serviceTime } = this.#aggregator.whole;
    return {
      responseTime: liveLatency(toDelta(responseTime)),
      serviceTime: liveLatency(toDelta(serviceTime)),
    };
  }

  /** As of the latest tick. */
  get elapsedMs(): number {
    return this.#aggregator.totals.elapsedMs;
  }

  /** The whole run as conditions see it. */
  measurements(): Measurements {
    const { totals, whole } = this.#aggregator;
    return {
      spanMs: totals.elapsedMs,
      counters: totals.counters,
      failures: totals.failures,
      statusCodes: totals.statusCodes,
      tests: testSums(totals.tests),
      inFlight: totals.inFlight,
      histogram: (name) => toDelta(whole[name]),
    };
  }

  /** Undefined until the first tick. */
  snapshot(): LiveSnapshot | undefined {
    if (!this.#ticked) return undefined;
    return liveSnapshot({
      runId: this.runId,
      status: this.status,
      timestamp: Math.round(this.startTime + this.#aggregator.totals.elapsedMs),
      totals: this.#aggregator.totals,
      window: this.#window,
      overall: (this.#overall ??= this.#readOverall()),
      model: this.plan.model,
      plannedMs: this.plannedMs,
      expected: this.expected,
    });
  }

  /** The report as of now; final once the run has ended. */
  report(status: RunStatus, endReason: string, outcome: RunOutcome, endTime: number): Report {
    return buildReport({
      runId: this.runId,
      status,
      endReason,
      startTime: this.startTime,
      endTime,
      config: this.config,
      plan: this.plan,
      totals: this.#aggregator.totals,
      whole: this.#aggregator.whole,
      history: this.#aggregator.history,
      outcome,
      series: this.#series.points(),
      peakRps: this.#series.peakRps,
      thresholds: this.#thresholds.results(this.measurements()),
      samples: this.#samples,
      warnings: this.warnings,
    });
  }
}
