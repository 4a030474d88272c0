import type { Report, RunStatus } from '../model/report.js';
import type { MetricRecord } from '../store/metrics.js';
import type { Store } from '../store/store.js';
import type { StoredSecond } from './load-run.js';

/** After a failure the next attempt comes no earlier: an attempt may wait for another process's lock, and everything else waits meanwhile. */
const retryMs = 5000;
/** Seconds of a run that wait in memory at most. */
const maxWaiting = 600;

export interface RunEnd {
  status: RunStatus;
  /** In ms since the epoch. */
  endTime: number;
  report?: Report;
  error?: string;
}

/**
 * What a load run leaves in the store. A store that cannot be written for a while (a full disk, another process's lock) does not end the
 * measurement: seconds wait in memory, in order, and are stored as soon as they can be.
 */
export class RunStorage {
  readonly #store: Store;
  readonly #runId: string;
  #waiting: StoredSecond[] = [];
  #retryAt = -Infinity;
  #end: RunEnd | undefined;
  #lost = 0;
  #problem: string | undefined;

  constructor(store: Store, runId: string) {
    this.#store = store;
    this.#runId = runId;
  }

  /** Why the latest attempt failed; undefined where it did not. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Seconds that were given up. */
  get lostSeconds(): number {
    return this.#lost;
  }

  /** The report that waits to be stored. */
  get waitingReport(): Report | undefined {
    return this.#end?.report;
  }

  /** Best effort: what follows says the same. */
  markRunning(): void {
    this.#attempt(() => this.#store.runs.updateStatus(this.#runId, 'running'));
  }

  /** Stores a second, and those that waited. Returns the rows that are stored now. */
  addSecond(second: StoredSecond): MetricRecord[] {
    this.#waiting.push(second);
    if (this.#waiting.length > maxWaiting) {
      this.#waiting.shift();
      this.#lost += 1;
    }
    return performance.now() < this.#retryAt ? [] : this.#storeWaiting();
  }

  /** Stores how the run ended. False where it could not: `retry` is then to be called until it can. */
  finish(end: RunEnd): boolean {
    this.#end = end;
    return this.retry();
  }

  /** Stores what waits. True where nothing waits any more. */
  retry(): boolean {
    this.#storeWaiting();
    return this.#end === undefined || this.#isDeleted();
  }

  #isDeleted(): boolean {
    try {
      return this.#store.runs.get(this.#runId) === undefined;
    } catch {
      return false;
    }
  }

  #storeWaiting(): MetricRecord[] {
    const rows = this.#attempt(() => {
      const stored = this.#waiting.flatMap((second) => this.#insert(second));
      if (this.#end !== undefined) this.#insertEnd(this.#end);
      return stored;
    });
    if (rows === undefined) return [];
    this.#waiting = [];
    this.#end = undefined;
    return rows;
  }

  #insert({ second, histograms, results, metrics }: StoredSecond): MetricRecord[] {
    this.#store.histograms.insertMany(this.#runId, second, histograms);
    this.#store.results.insertMany(this.#runId, results);
    return this.#store.metrics.insertMany(this.#runId, metrics);
  }

  #insertEnd({ status, endTime, report, error }: RunEnd): void {
    if (report !== undefined) this.#store.runs.saveReport(this.#runId, report);
    this.#store.runs.updateStatus(this.#runId, status, {
      endTime,
      ...(error === undefined ? {} : { error }),
    });
  }

  #attempt<T>(write: () => T): T | undefined {
    try {
      const result = this.#store.transaction(write);
      this.#problem = undefined;
      this.#retryAt = -Infinity;
      return result;
    } catch (error) {
      this.#problem = error instanceof Error ? error.message : String(error);
      this.#retryAt = performance.now() + retryMs;
      return undefined;
    }
  }
}
