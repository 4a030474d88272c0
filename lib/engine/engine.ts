import type { EngineOptions, EngineVersions, Exchange, LoadPlan, LoadRun, Submission, Tick } from './types.js';

/** Stands in until the addon is wired: the signatures are the contract. */
export declare class Engine {
  constructor(options?: EngineOptions);
  static versions(): EngineVersions;
  readonly workers: number;
  /** Submitted requests in flight. */
  readonly activeCount: number;
  /** Submitted requests that wait in a queue. */
  readonly pendingCount: number;
  /** Requests completed since the start, load runs included. */
  readonly totalProcessed: number;
  /** Sends one request; `onDone` is called once, on the JavaScript thread. Returns its id. */
  submit(submission: Submission, onDone: (exchange: Exchange) => void): number;
  submitAsync(submission: Submission): Promise<Exchange>;
  /** Sends all, at most `concurrency` at once (default: the engine's limits); results in the order given. */
  executeBatch(submissions: Submission[], options?: { concurrency?: number }): Promise<Exchange[]>;
  /** Aborts a submitted request; its exchange ends with `aborted`. */
  cancel(id: number): void;
  startLoad(plan: LoadPlan, onTick: (tick: Tick) => void): LoadRun;
  /** Aborts what is in flight, joins the workers and frees everything. */
  close(): Promise<void>;
}
