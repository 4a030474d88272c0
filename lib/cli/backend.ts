import type { LiveSnapshot } from '../model/live.js';
import type { DesignResult, Report } from '../model/report.js';
import type { DaemonOptions } from './options/output-options.js';

/** Who shows how a run gets on. */
export interface ProgressWatcher {
  /** Whether there is use for a snapshot, `elapsedMs` into the run. */
  wants(elapsedMs: number): boolean;
  update(live: LiveSnapshot): void;
}

/** A load run under way. */
export interface ActiveRun {
  readonly runId: string;
  /** Settles with its report once it has ended, however it ended. */
  readonly done: Promise<Report>;
  stop(): void;
}

/** What carries requests and runs out: this process, or a daemon. */
export interface Backend {
  /** One request with its scripts; throws where there is no response. */
  execute(request: Record<string, unknown>): Promise<DesignResult>;
  startRun(input: Record<string, unknown>, watcher?: ProgressWatcher): Promise<ActiveRun>;
  /** Aborts what is still under way. May be called more than once. */
  close(): Promise<void>;
}

export interface BackendOptions extends DaemonOptions {
  /** Threads of this process that send requests; default one per core. */
  workers?: number;
  /** Connections that this process may need to one host. */
  concurrency?: number;
}

export async function openBackend(options: BackendOptions): Promise<Backend> {
  // Loaded on demand: the help and the errors of the command line need neither.
  if (options.daemon !== undefined) {
    const { openDaemonBackend } = await import('./daemon-backend.js');
    return openDaemonBackend(options.daemon, options.token);
  }
  const { openLocalBackend } = await import('./local-backend.js');
  return openLocalBackend(options);
}
