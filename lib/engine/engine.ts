import { VayuError } from '../model/errors.js';
import { loadAddon, type NativeEngine, type NativeResult, type NativeSnapshot } from './addon.js';
import { trustedAuthorities } from './certificates.js';
import { decodeResult, decodeSnapshot } from './decode.js';
import { checkEngineOptions } from './engine-options.js';
import { nativeConfig, nativePlan, nativeSubmission, type EngineDefaults } from './normalize.js';
import type {
  EngineOptions,
  EngineVersions,
  Exchange,
  LoadOutcome,
  LoadPlan,
  LoadRun,
  PlanChange,
  Submission,
  Tick,
} from './types.js';

interface RunningLoad {
  startedAt: number;
  onTick: (tick: Tick) => void;
  finish: (tick: Tick) => void;
}

/**
 * Sends requests and carries out load plans on native worker threads. It keeps the process alive only while work is under way; call
 * {@link Engine.close} to end its threads.
 */
export class Engine {
  readonly #native: NativeEngine;
  readonly #defaults: EngineDefaults;
  readonly #waiting = new Map<number, (exchange: Exchange) => void>();
  readonly #loads = new Map<number, RunningLoad>();
  #closed: Promise<void> | undefined;

  /** Throws a {@link VayuError} `bad_request` that names every option out of bounds, or `addon_unavailable`. */
  constructor(options: EngineOptions = {}) {
    checkEngineOptions(options);
    const addon = loadAddon();
    this.#defaults = {
      userAgent: options.userAgent ?? `vayu-engine/${String(addon.versions()['engine'])}`,
      verbose: options.verbose ?? false,
      proxyUrl: options.proxyUrl ?? '',
      caFile: options.caFile ?? trustedAuthorities(),
      allowHosts: options.allowHosts ?? [],
    };
    this.#native = new addon.NativeEngine(
      nativeConfig(options),
      (result) => {
        this.#onResult(result);
      },
      (snapshot) => {
        this.#onSnapshot(snapshot);
      },
    );
  }

  /** What the addon was built with and runs on. */
  static versions(): EngineVersions {
    return loadAddon().versions() as unknown as EngineVersions;
  }

  get workers(): number {
    return this.#native.counts()[3];
  }

  /** Submitted requests in flight. */
  get activeCount(): number {
    return this.#native.counts()[0];
  }

  /** Submitted requests that wait in a queue. */
  get pendingCount(): number {
    return this.#native.counts()[1];
  }

  /** Requests completed since the start; those of a load run are added when it ends. */
  get totalProcessed(): number {
    return this.#native.counts()[2];
  }

  /** Sends one request. `onDone` is called once, on the JavaScript thread; what it throws is an uncaught exception. Returns its id. */
  submit(submission: Submission, onDone: (exchange: Exchange) => void): number {
    this.#requireOpen();
    const id = this.#native.submit(nativeSubmission(submission, this.#defaults));
    this.#waiting.set(id, onDone);
    return id;
  }

  /** Sends one request. Resolves whatever comes of it: a target that fails is an exchange with an `error`. */
  submitAsync(submission: Submission): Promise<Exchange> {
    return new Promise((resolve) => {
      this.submit(submission, resolve);
    });
  }

  /** Sends all, at most `concurrency` at once (default: the engine's limits). The results are in the order given. */
  async executeBatch(submissions: Submission[], options: { concurrency?: number } = {}): Promise<Exchange[]> {
    const wanted = options.concurrency ?? Infinity;
    if (!(wanted >= 1) || (wanted !== Infinity && !Number.isInteger(wanted))) {
      throw new VayuError(
        'bad_request',
        `"concurrency" must be an integer from 1, got ${String(options.concurrency)}`,
      );
    }
    const concurrency = Math.min(wanted, submissions.length);
    const results: Exchange[] = [];
    let next = 0;
    const sendInTurn = async (): Promise<void> => {
      for (let index = next++; index < submissions.length; index = next++) {
        results[index] = await this.submitAsync(submissions[index]!);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, sendInTurn));
    return results;
  }

  /** Aborts a submitted request; its exchange ends with `aborted`. An id that has ended is ignored. */
  cancel(id: number): void {
    if (this.#closed === undefined) this.#native.cancel(id);
  }

  /** Carries out a load plan. `onTick` is called about every 100 ms and a last time with `final: true`. */
  startLoad(plan: LoadPlan, onTick: (tick: Tick) => void): LoadRun {
    this.#requireOpen();
    const started = this.#startNative(plan);
    const changes: PlanChange[] = [];
    const done = new Promise<LoadOutcome>((resolve) => {
      this.#loads.set(started.id, {
        startedAt: Date.now(),
        onTick,
        finish: (tick) => {
          resolve({
            transport: started.transport as LoadOutcome['transport'],
            transportReason: started.transportReason,
            changes,
            workers: started.workers,
            durationMs: tick.elapsedMs,
          });
        },
      });
    });
    return {
      done,
      stop: (graceMs = 1000) => {
        if (this.#closed === undefined) this.#native.stopRun(started.id, graceMs);
      },
      renew: ({ headers = [], query = [] }) => {
        if (this.#closed !== undefined) return;
        this.#native.renewRun(started.id, headers.flat(), query.flat().map(encodeURIComponent));
      },
      update: (change) => {
        const value = plan.model.kind === 'rate' ? change.rate : change.concurrency;
        if (value === undefined || !Number.isFinite(value) || value < 0) {
          const field = plan.model.kind === 'rate' ? 'rate' : 'concurrency';
          throw new VayuError(
            'bad_request',
            `"${field}" must be a number ≥ 0 to change this run, got ${String(value)}`,
          );
        }
        if (!this.#loads.has(started.id)) throw new VayuError('conflict', 'the run has ended');
        this.#requireOpen();
        const atMs = this.#native.holdRun(started.id, value);
        changes.push(plan.model.kind === 'rate' ? { atMs, rate: value } : { atMs, concurrency: value });
      },
    };
  }

  /** Aborts what is in flight, joins the worker threads and frees everything. Exchanges and final ticks are delivered before it resolves. */
  close(): Promise<void> {
    this.#closed ??= this.#native.close();
    return this.#closed;
  }

  #startNative(plan: LoadPlan): ReturnType<NativeEngine['startRun']> {
    try {
      return this.#native.startRun(nativePlan(plan, this.#defaults));
    } catch (error) {
      throw new VayuError('bad_request', error instanceof Error ? error.message : String(error));
    }
  }

  #requireOpen(): void {
    if (this.#closed !== undefined) throw new VayuError('conflict', 'the engine is closed');
  }

  #onResult(result: NativeResult): void {
    const onDone = this.#waiting.get(result.id);
    this.#waiting.delete(result.id);
    if (onDone !== undefined) callOutside(() => onDone(decodeResult(result)));
  }

  #onSnapshot(snapshot: NativeSnapshot): void {
    const load = this.#loads.get(snapshot.runId);
    if (load === undefined) return;
    if (snapshot.final) this.#loads.delete(snapshot.runId);
    callOutside(() => {
      const tick = decodeSnapshot(snapshot, load.startedAt);
      try {
        load.onTick(tick);
      } finally {
        if (tick.final) load.finish(tick);
      }
    });
  }
}

/** Runs a callback of the user so that what it throws surfaces as an uncaught exception and never unwinds into the addon. */
function callOutside(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
