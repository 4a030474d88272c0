import type { Report, RunStatus } from '../model/report.js';
import type { RunConfig } from '../model/run-config.js';
import type { LiveListener } from './live-run.js';
import type { LoadRunState } from './load-run.js';

/** A load run from its start to its report. */
export class ActiveRun {
  status: RunStatus = 'pending';
  startTime: number;
  state: LoadRunState | undefined;
  readonly listeners = new Set<LiveListener>();
  /** Settles with the report; set as soon as the run begins. */
  done!: Promise<Report>;
  /** Settles when the run is told to stop. */
  readonly stopped: Promise<undefined>;
  lostSeconds = 0;
  endRenewal: () => void = () => undefined;
  #settleStopped: (value: undefined) => void = () => undefined;
  #stopReason: string | undefined;
  #graceMs = 0;

  constructor(
    readonly runId: string,
    readonly config: RunConfig,
    startTime: number,
  ) {
    this.startTime = startTime;
    this.stopped = new Promise((resolve) => {
      this.#settleStopped = resolve;
    });
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
