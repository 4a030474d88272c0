import type { LiveSnapshot, MetricRow } from '../model/live.js';
import type { RunStatus } from '../model/report.js';

/** What `GET /health` answers. */
export interface Health {
  status: string;
  version: string;
  workers: number;
  /** Seconds. */
  uptime: number;
  [field: string]: unknown;
}

/** A run as the API lists it. Times are milliseconds since the epoch. */
export interface RunInfo {
  id: string;
  requestId: string | null;
  environmentId: string | null;
  type: 'design' | 'load';
  status: RunStatus;
  configSnapshot: unknown;
  startTime: number;
  endTime: number | null;
  [field: string]: unknown;
}

export interface RunStarted {
  runId: string;
  status: string;
  message: string;
}

export interface RunStopped {
  status: 'stopped' | 'already_stopped' | 'not_running';
  runId: string;
  currentStatus?: string;
  summary?: { totalRequests: number; errors: number; errorRate: number; avgLatency: number };
}

export interface RunQuery {
  limit?: number;
  offset?: number;
  status?: RunStatus;
  type?: 'design' | 'load';
  requestId?: string;
}

/** What the live stream of a run carries. */
export type LiveEvent =
  | { event: 'snapshot'; data: LiveSnapshot }
  | { event: 'metric'; id: string; data: MetricRow }
  | { event: 'complete'; data: { event: 'complete'; runId: string; status: string } };
