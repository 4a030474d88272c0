import type { Engine } from '../engine/engine.js';
import { TokenSource } from '../engine/oauth2.js';
import { checkRequest, encodeRequest, type RequestDefaults } from '../engine/request-encoder.js';
import type { CredentialsRenewal } from '../engine/request-auth.js';
import type { LoadOutcome, LoadPlan } from '../engine/types.js';
import { VayuError } from '../model/errors.js';
import type { PartialRequest } from '../model/http-request.js';
import type { DesignResult, Report } from '../model/report.js';
import type { RunConfig } from '../model/run-config.js';
import type { Store } from '../store/store.js';
import { ActiveRun } from './active-run.js';
import { configSnapshot } from './config-snapshot.js';
import { executeDesignRun, type ExecuteOptions } from './design-run.js';
import { buildLoadPlan, checkUniqueRows, defaultSampleLimits } from './load-plan.js';
import { encodeReferences, withReferences } from './references.js';
import { checkDataFile, openRunData } from './run-data.js';
import { keepCredentialsFresh } from './credentials-renewal.js';
import type { LiveRun } from './live-run.js';
import { LoadRunState, type StoredSecond } from './load-run.js';
import type { RunOutcome } from './report-builder.js';
import { checkChange, type RunChange } from './run-change.js';
import { RunStorage, type RunEnd } from './run-storage.js';
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
  /**
   * Whether each second of a run, with its histograms and kept results, goes into the store while the run goes on. Default true. False where
   * the store ends with the process and only reports are wanted, which are the same: nobody hears of `onMetrics` then.
   */
  keepsSeconds?: boolean;
}

export interface RunHandle {
  runId: string;
  warnings: string[];
  /** The report once the run has ended. Rejects where it could not be started. */
  done: Promise<Report>;
}

const defaultMaxActiveRuns = 32;
const defaultStopGraceMs = 1000;
/** How often the end of a run that could not be stored is tried again. */
const storeRetryMs = 2000;

/** Starts, follows, stops and records runs: load runs one after the other or side by side, and single requests in design mode. */
export class RunManager {
  readonly #engine: Engine;
  readonly #store: Store;
  readonly #tokens: TokenSource;
  readonly #active = new Map<string, ActiveRun>();
  /** Of runs that have ended and could not be stored yet. */
  readonly #unstored = new Map<string, RunStorage>();
  #storeTimer: NodeJS.Timeout | undefined;
  readonly #keepsSeconds: boolean;
  #limits: RunLimits;
  #closed = false;

  constructor(options: RunManagerOptions) {
    this.#engine = options.engine;
    this.#store = options.store;
    this.#limits = options.limits ?? {};
    this.#keepsSeconds = options.keepsSeconds ?? true;
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
    const resolved = withReferences(this.#store, resolveRequest(this.#store, config.request));
    if (options.baseDir !== undefined) resolved.context.baseDir = options.baseDir;
    resolved.context.defaults = this.#limits;
    if (config.data !== undefined) resolved.context.fedByData = true;
    checkDataFile(config.data, options.baseDir);
    checkRequest(resolved.request, resolved.context);
    const { id: runId } = this.#store.runs.insert({
      type: 'load',
      requestId: resolved.requestId,
      environmentId: resolved.environmentId,
      configSnapshot: configSnapshot(config, resolved.request, resolved.redactor),
    });
    const run = new ActiveRun(runId, config, new RunStorage(this.#store, runId));
    run.done = this.#carryOut(run, resolved);
    // Whoever waits gets the error; that nobody waits is no reason to end the process.
    run.done.catch(() => undefined);
    this.#active.set(runId, run);
    return { runId, warnings: [...config.warnings], done: run.done };
  }

  async #carryOut(run: ActiveRun, resolved: ResolvedRequest): Promise<Report> {
    try {
      // A stop does not wait for a token that is still being fetched.
      const context = { ...resolved.context, tokens: this.#tokens };
      const prepared = await Promise.race([
        Promise.all([
          encodeRequest(resolved.request, context),
          encodeReferences(resolved, context),
          openRunData(run.config.data, context.baseDir),
        ]),
        run.stopped,
      ]);
      if (prepared === undefined) return this.#finishUnbegun(run, resolved);
      const [encoded, references, rows] = prepared;
      const submission = { ...encoded.submission, ...references };
      const plan = buildLoadPlan(run.config, submission, defaultSampleLimits, rows);
      checkUniqueRows(plan);
      const state = this.#newState(run, plan, resolved, encoded.warnings);
      const outcome = await this.#follow(run, state, encoded.renewal);
      return this.#finish(run, state, outcome);
    } catch (error) {
      const message = error instanceof Error ? resolved.redactor.text(error.message) : String(error);
      run.status = 'failed';
      this.#storeEnd(run, { status: 'failed', endTime: run.now(), error: message });
      throw error;
    } finally {
      run.endRenewal();
      this.#active.delete(run.runId);
      run.notify((listener) =>
        listener.onComplete?.({ event: 'complete', runId: run.runId, status: run.status }),
      );
      run.listeners.clear();
    }
  }

  #newState(
    run: ActiveRun,
    plan: LoadPlan,
    resolved: ResolvedRequest,
    warnings: readonly string[],
  ): LoadRunState {
    run.begin();
    return new LoadRunState(
      run.runId,
      run.config,
      plan,
      run.startTime,
      resolved.redactor,
      {
        onTick: () => this.#publish(run),
        ...(this.#keepsSeconds && { onSecond: (stored) => this.#storeSecond(run, stored) }),
        onAbort: (threshold) => run.stop(`threshold ${threshold.expression} failed`, 0),
      },
      [...run.config.warnings, ...warnings],
    );
  }

  async #follow(
    run: ActiveRun,
    state: LoadRunState,
    renewal: CredentialsRenewal | undefined,
  ): Promise<LoadOutcome> {
    const load = this.#engine.startLoad(state.plan, (tick) => state.addTick(tick));
    state.load = load;
    run.state = state;
    run.status = state.status = 'running';
    run.storage.markRunning();
    run.applyStop();
    if (renewal !== undefined) {
      run.endRenewal = keepCredentialsFresh(load, renewal, (message) => {
        if (!state.warnings.includes(message)) state.warnings.push(message);
      });
    }
    return load.done;
  }

  #publish(run: ActiveRun): void {
    const { state } = run;
    if (state === undefined) return;
    const watching = new Set(
      [...run.listeners].filter(
        (listener) => listener.onSnapshot !== undefined && (listener.wants?.(state.elapsedMs) ?? true),
      ),
    );
    const snapshot = watching.size === 0 ? undefined : state.snapshot();
    if (snapshot === undefined) return;
    run.notify((listener) => {
      if (watching.has(listener)) listener.onSnapshot?.(snapshot);
    });
  }

  #storeSecond(run: ActiveRun, stored: StoredSecond): void {
    const rows = run.storage.addSecond(stored);
    if (rows.length > 0) run.notify((listener) => listener.onMetrics?.(rows));
  }

  /** False where it could not be stored yet: that is tried again until it can be, or the manager is closed. */
  #storeEnd(run: ActiveRun, end: RunEnd): boolean {
    if (run.storage.finish(end)) return true;
    this.#unstored.set(run.runId, run.storage);
    this.#storeTimer ??= setInterval(() => this.#storeUnstored(), storeRetryMs).unref();
    return false;
  }

  #storeUnstored(): void {
    for (const [runId, storage] of this.#unstored) {
      // One that fails does so for all; it may have waited for a lock.
      if (!storage.retry()) return;
      this.#unstored.delete(runId);
    }
    clearInterval(this.#storeTimer);
    this.#storeTimer = undefined;
  }

  #finish(run: ActiveRun, state: LoadRunState, outcome: RunOutcome): Report {
    const endTime = run.now();
    const status = run.stopReason === undefined ? 'completed' : 'stopped';
    run.status = state.status = status;
    const { lostSeconds } = run.storage;
    if (lostSeconds > 0) state.warnings.push(`${lostSeconds} seconds could not be stored`);
    const makeReport = (): Report => state.report(status, run.stopReason ?? endOf(state), outcome, endTime);
    const report = makeReport();
    if (this.#storeEnd(run, { status, endTime, report })) return report;
    state.warnings.push(`Not everything could be stored: ${run.storage.problem ?? 'unknown'}`);
    return makeReport();
  }

  /** The report of a run that was stopped before it sent anything. */
  #finishUnbegun(run: ActiveRun, resolved: ResolvedRequest): Report {
    const { method = 'GET', url } = resolved.request;
    const plan = buildLoadPlan(run.config, { request: { method, url, headers: [] } });
    const outcome: RunOutcome = {
      transport: 'unknown',
      transportReason: 'the run was stopped before it began',
      changes: [],
      workers: this.#engine.workers,
    };
    return this.#finish(run, this.#newState(run, plan, resolved, []), outcome);
  }

  /**
   * Ends a run before its plan does: no new requests, those in flight get `graceMs` (default 1000) and are then aborted and counted. Resolves
   * with the report. Throws `not_found`, or `not_running` where it has ended already.
   */
  async stop(runId: string, options: { graceMs?: number; reason?: string } = {}): Promise<Report> {
    const run = this.#require(runId);
    run.stop(options.reason ?? 'stopped on request', options.graceMs ?? defaultStopGraceMs);
    return run.done;
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
        active.now(),
      );
    }
    const waiting = this.#unstored.get(runId)?.waitingReport;
    if (waiting !== undefined) return waiting;
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
    for (const run of runs) run.stop('the engine was shut down', 0);
    await Promise.allSettled(runs.map((run) => run.done));
    this.#storeUnstored();
    clearInterval(this.#storeTimer);
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
