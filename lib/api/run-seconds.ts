import type { RunRecord } from '../store/runs.js';
import type { Store } from '../store/store.js';

/** The manager's names for what a second of a run stores. */
const managerNames: Record<string, string> = {
  rps: 'current_rps',
  latency_p50: 'latency_p50_ms',
  latency_p95: 'latency_p95_ms',
  latency_p99: 'latency_p99_ms',
  latency_avg: 'avg_latency_ms',
  total_requests: 'requests_completed',
  connections_active: 'current_concurrency',
  requests_dropped: 'dropped_requests',
};

/** The stored rows of a run as one object per second. */
export function secondsOf(store: Store, run: RunRecord): Record<string, unknown>[] {
  const seconds: Record<string, unknown>[] = [];
  for (const { timestamp, name, value } of store.metrics.list(run.id)) {
    let second = seconds.at(-1);
    if (second?.['timestamp'] !== timestamp) {
      second = { timestamp, elapsed_seconds: Math.max(0, (timestamp - run.startTime) / 1000) };
      seconds.push(second);
    }
    second[name] = value;
    const other = managerNames[name];
    if (other !== undefined) second[other] = value;
  }
  return seconds;
}
