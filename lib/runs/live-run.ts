import type { LiveSnapshot, RunComplete } from '../model/live.js';
import type { RunStatus } from '../model/report.js';
import type { MetricRecord } from '../store/metrics.js';

export interface LiveListener {
  /** About every 100 ms. */
  onSnapshot?(snapshot: LiveSnapshot): void;
  /** Whether there is use for a snapshot now, `elapsedMs` into the run; without it there always is. One that nobody wants is not made. */
  wants?(elapsedMs: number): boolean;
  /** The rows that were stored for a second. */
  onMetrics?(rows: MetricRecord[]): void;
  onComplete?(event: RunComplete): void;
}

/** A run under way, for those who watch it. */
export interface LiveRun {
  readonly status: RunStatus;
  /** Undefined until the first figures are there. */
  latest(): LiveSnapshot | undefined;
  /** Returns what ends the subscription. */
  subscribe(listener: LiveListener): () => void;
}
