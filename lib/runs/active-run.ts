import type { Report, RunStatus } from '../model/report.js';
import type { RunConfig } from '../model/run-config.js';
import type { LiveListener } from './live-run.js';
import type { LoadRunState } from './load-run.js';
import type { RunStorage } from './run-storage.js';

/** A load run from its start to its report. */
export class ActiveRun {
  status: RunStatus = 'pending';
  state: LoadRunState | undefined;
  readonly listeners = new Set<LiveListener>();
  /** Settles with the report; set as soon as the run begins. */
  done!: Promise<Report>;
  /** Settles when the run is told to stop. */
  readonly stopped: Promise<undefined>;
  endRenewal: () => void = () => undefined;
  #settleStopped: (value: undefined) => void = () => undefined;
  #stopReason: string | undefined;
  #graceMs = 0;
  #startTime = Date.now();
  #begunAt = performance.now();

  constructor(
    readonly runId: string,
    readonly config: RunConfig,
    readonly storage: RunStorage,
  ) {
    this.stopped = new Promise((resolve) => {
      this.#settleStopped = resolve;
    });
  }

  /** In ms since the epoch. */
  get startTime(): number {
    return this.#startTime;
  }

  /** The start is now. */
  begin(): void {
    this.#startTime = Date.now();
    this.#begunAt = performance.now();
  }

  /** In ms since the epoch, counted from the start by the monotonic clock: setting the computer's clock makes no run longer or shorter. */
  now(): number {
    return this.#startTime + Math.round(performance.now() - this.#begunAt);
  }

  /** Why it ends before its plan does. */
  get stopReason(): string | undefined {
    return this.#stopReason;
  }

  stop(reason: string, graceMs: number): void {
    this.#stopReason ??= reason;
    this.#graceMs = graceMs;
    this.applyStop();
    this.#settleStopped(undefined);
  }

  /** Passes a stop on that came before there was something to stop. */
  applyStop(): void {
    if (this.#stopReason !== undefined) this.state?.load?.stop(this.#graceMs);
  }

  /** Calls each listener; one that throws is not called again and disturbs nobody else. */
  notify(call: (listener: LiveListener) => void): void {
    for (const listener of [...this.listeners]) {
      try {
        call(listener);
      } catch {
        this.listeners.delete(listener);
      }
    }
  }
}
