import type { Engine } from '../engine/engine.js';
import { TokenSource } from '../engine/oauth2.js';
import { checkRequest, encodeRequest, type RequestDefaults } from '../engine/request-encoder.js';
import type { HeaderRenewal } from '../engine/request-auth.js';
import type { LoadOutcome, LoadPlan } from '../engine/types.js';
import { VayuError } from '../model/errors.js';
import type { PartialRequest } from '../model/http-request.js';
import type { DesignResult, Report, RunStatus } from '../model/report.js';
import type { RunConfig } from '../model/run-config.js';
import type { MetricRecord } from '../store/metrics.js';
import type { Store } from '../store/store.js';
import { configSnapshot } from './config-snapshot.js';
import { executeDesignRun, type ExecuteOptions } from './design-run.js';
import { buildLoadPlan } from './load-plan.js';
import { keepHeadersFresh } from './header-renewal.js';
import type { LiveListener, LiveRun } from './live-run.js';
import { LoadRunState, type StoredSecond } from './load-run.js';
import { checkChange, type RunChange } from './run-change.js';
import { resolveRequest, type ResolvedRequest } from './resolve-request.js';
import { readWindow, rebuildReport, type RunWindow, type WindowOptions } from './stored-report.js';

export type { LiveListener, LiveRun } from './live-run.js';

export interface RunLimits extends RequestDefaults {
  /** Load runs at the same time. Default 32. */
  maxActiveRuns?: number;
}

export interface RunManagerOptions {
  engine: Engine;
  store: Store;
  limits?: RunLimits;
}

export interface RunHandle {
  runId: string;
  warnings: string[];
  /** The report once the run has ended. Rejects where it could not be started. */
  done: Promise<Report>;
}

interface ActiveRun {
  runId: string;
  config: RunConfig;
  startTime: number;
  state: LoadRunState | undefined;
  status: RunStatus;
  listeners: Set<LiveListener>;
  /** Why it is to end before its plan does. */
  stopReason: string | undefined;
  graceMs: number;
  endRenewal: () => void;
  done: Promise<Report>;
  lostSeconds: number;
}

const defaultMaxActiveRuns = 32;
const defaultStopGraceMs = 1000;

/** Starts, follows, stops and records runs: load runs one after the other or side by side, and single requests in design mode. */
export class RunManager {
  readonly #engine: Engine;
  readonly #store: Store;
  readonly #tokens: TokenSource;
  readonly #active = new Map<string, ActiveRun>();
  #limits: RunLimits;
  #closed = false;

  constructor(options: RunManagerOptions) {
    this.#engine = options.engine;
    this.#store = options.store;
    this.#limits = options.limits ?? {};
    this.#tokens = new TokenSource((submission) => this.#engine.submitAsync(submission));
  }

  /** Changes limits for what begins from now on. */
  setLimits(limits: RunLimits): void {
    this.#limits = { ...this.#limits, ...limits };
  }

  /** Records a load run and begins it. Throws where the configuration cannot run: unknown ids, a URL that cannot be used, missing files. */
  start(config: RunConfig, options: { baseDir?: string } = {}): RunHandle {
    this.#requireOpen();
    const maxActive = this.#limits.maxActiveRuns ?? defaultMaxActiveRuns;
    if (this.#active.size >= maxActive) {
      throw new VayuError(
        'too_many_runs',
        `${this.#active.size} runs are under way, at most ${maxActive} may be; stop one or wait`,
      );
    }
    const resolved = resolveRequest(this.#store, config.request);
    if (options.baseDir !== undefined) resolved.context.baseDir = options.baseDir;
    resolved.context.defaults = this.#limits;
    checkRequest(resolved.request, resolved.context);
    const startTime = Date.now();
    const { id: runId } = this.#store.runs.insert({
      type: 'load',
      requestId: resolved.requestId,
      environmentId: resolved.environmentId,
      configSnapshot: configSnapshot(config, resolved.request, resolved.redactor),
      startTime,
    });
    const run: ActiveRun = {
      runId,
      config,
      startTime,
      state: undefined,
      status: 'pending',
      listeners: new Set(),
      stopReason: undefined,
      graceMs: defaultStopGraceMs,
      endRenewal: () => undefined,
      done: Promise.resolve({} as Report),
      lostSeconds: 0,
    };
    run.done = this.#carryOut(run, resolved);
    // Whoever waits gets the error; that nobody waits is no reason to end the process.
    run.done.catch(() => undefined);
    this.#active.set(runId, run);
    return { runId, warnings: [...config.warnings], done: run.done };
  }

  async #carryOut(run: ActiveRun, resolved: ResolvedRequest): Promise<Report> {
    try {
      const encoded = await encodeRequest(resolved.request, { ...resolved.context, tokens: this.#tokens });
      const plan = buildLoadPlan(run.config, encoded.submission);
      const outcome = await this.#follow(run, plan, resolved, encoded.warnings, encoded.renewal);
      return this.#finish(run, outcome);
    } catch (error) {
      const message = error instanceof Error ? resolved.redactor.text(error.message) : String(error);
      run.status = 'failed';
      this.#store.runs.updateStatus(run.runId, 'failed', { endTime: Date.now(), error: message });
      throw error;
    } finally {
      run.endRenewal();
      this.#active.delete(run.runId);
      for (const listener of run.listeners)
        listener.onComplete?.({ event: 'complete', runId: run.runId, status: run.status });
      run.listeners.clear();
    }
  }

  async #follow(
    run: ActiveRun,
    plan: LoadPlan,
    resolved: ResolvedRequest,
    warnings: string[],
    renewal: HeaderRenewal | undefined,
  ): Promise<LoadOutcome> {
    run.startTime = Date.now();
    const state = new LoadRunState(
      run.runId,
      run.config,
      plan,
      run.startTime,
      resolved.redactor,
      {
        onTick: () => this.#publish(run),
        onSecond: (stored) => this.#storeSecond(run, stored),
        onAbort: (threshold) => this.#stop(run, `threshold ${threshold.expression} failed`, 0),
      },
      [...run.config.warnings, ...warnings],
    );
    const load = this.#engine.startLoad(plan, (tick) => state.addTick(tick));
    state.load = load;
    run.state = state;
    run.status = state.status = 'running';
    this.#store.runs.updateStatus(run.runId, 'running');
    if (run.stopReason !== undefined) load.stop(run.graceMs);
    if (renewal !== undefined) {
      run.endRenewal = keepHeadersFresh(load, renewal, (message) => {
        if (!state.warnings.includes(message)) state.warnings.push(message);
      });
    }
    return load.done;
  }

  #publish(run: ActiveRun): void {
    if (run.listeners.size === 0) return;
    const watching = [...run.listeners].filter((listener) => listener.onSnapshot !== undefined);
    if (watching.length === 0) return;
    const snapshot = run.state?.snapshot();
    if (snapshot === undefined) return;
    for (const listener of watching) listener.onSnapshot?.(snapshot);
  }

  #storeSecond(run: ActiveRun, stored: StoredSecond): void {
    let rows: MetricRecord[];
    try {
      rows = this.#store.transaction(() => {
        this.#store.histograms.insertMany(run.runId, stored.second, stored.histograms);
        this.#store.results.insertMany(run.runId, stored.results);
        return this.#store.metrics.insertMany(run.runId, stored.metrics);
      });
    } catch (error) {
      // A full disk must not end the measurement: the report is made from memory.
      run.lostSeconds += 1;
      if (run.lostSeconds === 1) {
        run.state?.warnings.push(
          `Some seconds could not be stored: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
      return;
    }
    for (const listener of run.listeners) listener.onMetrics?.(rows);
  }

  #finish(run: ActiveRun, outcome: LoadOutcome): Report {
    const { state } = run;
    if (state === undefined) throw new VayuError('internal_error', 'the run ended before it began');
    const endTime = Date.now();
    const status = run.stopReason === undefined ? 'completed' : 'stopped';
    const report = state.report(status, run.stopReason ?? endOf(state), outcome, endTime);
    run.status = state.status = status;
    this.#store.transaction(() => {
      this.#store.runs.saveReport(run.runId, report);
      this.#store.runs.updateStatus(run.runId, status, { endTime });
    });
    return report;
  }

  /**
   * Ends a run before its plan does: no new requests, those in flight get `graceMs` (default 1000) and are then aborted and counted. Resolves
   * with the report. Throws `not_found`, or `not_running` where it has ended already.
   */
  async stop(runId: string, options: { graceMs?: number; reason?: string } = {}): Promise<Report> {
    const run = this.#require(runId);
    this.#stop(run, options.reason ?? 'stopped on request', options.graceMs ?? defaultStopGraceMs);
    return run.done;
  }

  #stop(run: ActiveRun, reason: string, graceMs: number): void {
    run.stopReason ??= reason;
    run.graceMs = graceMs;
    run.state?.load?.stop(graceMs);
  }

  /** Changes the rate or the concurrency of a run under way. */
  update(runId: string, change: RunChange): void {
    const run = this.#require(runId);
    const { state } = run;
    if (state?.load === undefined)
      throw new VayuError('conflict', 'The run has not begun yet; try again in a moment', { runId });
    state.load.update(checkChange(state.plan.model, change));
  }

  /** Executes one request in design mode and records it. Throws the engine's error code where the target failed. */
  execute(request: PartialRequest, options: ExecuteOptions = {}): Promise<DesignResult> {
    this.#requireOpen();
    return executeDesignRun(this.#engine, this.#store, this.#tokens, request, {
      ...options,
      defaults: this.#limits,
    });
  }

  live(runId: string): LiveRun | undefined {
    const run = this.#active.get(runId);
    if (run === undefined) return undefined;
    return {
      get status() {
        return run.status;
      },
      latest: () => run.state?.snapshot(),
      subscribe: (listener) => {
        run.listeners.add(listener);
        return () => run.listeners.delete(listener);
      },
    };
  }

  /** Ids of the load runs under way, oldest first. */
  activeRuns(): string[] {
    return [...this.#active.keys()];
  }

  /** The report of a run: as of now while it is under way, else as stored, else rebuilt from stored seconds. Undefined where there is nothing to report. */
  report(runId: string): Report | undefined {
    const active = this.#active.get(runId);
    if (active?.state !== undefined) {
      const outcome = {
        transport: 'unknown',
        transportReason: 'the run is under way',
        changes: [],
        workers: this.#engine.workers,
      } as const;
      return active.state.report(
        active.status,
        'the run is under way',
        { ...outcome, changes: [] },
        Date.now(),
      );
    }
    const run = this.#store.runs.get(runId);
    if (run === undefined)
      throw new VayuError('not_found', `There is no run ${JSON.stringify(runId)}`, { runId });
    return (this.#store.runs.getReport(runId) as Report | undefined) ?? rebuildReport(this.#store, run);
  }

  /** Any percentile of any window of a run, whole seconds, under way or ended. */
  window(runId: string, options: WindowOptions = {}): RunWindow {
    return readWindow(this.#store, runId, options);
  }

  /** Stops all runs without grace and waits for their reports. Starts nothing afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    const runs = [...this.#active.values()];
    for (const run of runs) this.#stop(run, 'the engine was shut down', 0);
    await Promise.allSettled(runs.map((run) => run.done));
  }

  #requireOpen(): void {
    if (this.#closed) throw new VayuError('shutting_down', 'The engine is being shut down');
  }

  #require(runId: string): ActiveRun {
    const run = this.#active.get(runId);
    if (run !== undefined) return run;
    const stored = this.#store.runs.get(runId);
    if (stored === undefined)
      throw new VayuError('not_found', `There is no run ${JSON.stringify(runId)}`, { runId });
    throw new VayuError('not_running', `The run is ${stored.status}`, {
      runId,
      currentStatus: stored.status,
    });
  }
}

function endOf(state: LoadRunState): string {
  const { expected, plan } = state;
  const planned = state.measurements().counters.planned;
  if (plan.model.iterations !== undefined && expected !== undefined && planned >= expected)
    return `all ${expected} requests were made`;
  return "the plan's time was over";
}
