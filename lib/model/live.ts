/** Percentiles of one measure, in ms. */
export interface LiveLatency {
  count: number;
  avg: number;
  p50: number;
  p90: number;
  p95: number;
  p99: number;
  p999: number;
  max: number;
}

/** The stored row of one metric of one second. */
export interface MetricRow {
  id: number;
  runId: string;
  name: string;
  /** Milliseconds since the epoch. */
  timestamp: number;
  value: number;
}

/** Names of the rows that each second of a run stores. Shares are percent, latencies ms. */
export const metricNames = [
  'rps',
  'latency_avg',
  'latency_p50',
  'latency_p95',
  'latency_p99',
  'error_rate',
  'total_requests',
  'connections_active',
  'requests_sent',
  'requests_expected',
  'send_rate',
  'service_p50',
  'service_p95',
  'service_p99',
  'lateness_p99',
  'requests_dropped',
  'requests_failed',
  'requests_aborted',
  'in_flight',
  'target',
] as const;
export type MetricName = (typeof metricNames)[number];

/**
 * A run under way, as of now. Rates and latencies are those of the last second; counters are totals since the start. The same figures stand
 * under the names of the specification (snake_case) and of the manager (camelCase).
 */
export interface LiveSnapshot {
  runId: string;
  status: string;
  /** Milliseconds since the epoch. */
  timestamp: number;
  elapsedSeconds: number;
  /** Of what the plan takes, where it has an end in time; else null. */
  durationSeconds: number | null;
  /** Seconds until the plan's end as far as it is known, else null. */
  remainingSeconds: number | null;

  rps: number;
  send_rate: number;
  latency_avg: number;
  latency_p50: number;
  latency_p90: number;
  latency_p95: number;
  latency_p99: number;
  latency_p999: number;
  latency_max: number;
  service_p50: number;
  service_p95: number;
  service_p99: number;
  lateness_p99: number;
  /** Percent of the requests that ended in the last second. */
  error_rate: number;
  total_requests: number;
  connections_active: number;
  in_flight: number;
  requests_sent: number;
  requests_expected: number;
  requests_succeeded: number;
  requests_failed: number;
  requests_aborted: number;
  requests_dropped: number;
  /** What the plan asks for now: requests per second or concurrency, after its model. */
  target: number;
  model: 'rate' | 'concurrency';
  bytes_sent: number;
  bytes_received: number;
  tests_passed: number;
  tests_failed: number;
  failures: Record<string, number>;
  statusCodes: Record<string, number>;

  currentRps: number;
  sendRate: number;
  throughput: number;
  activeConnections: number;
  totalRequests: number;
  totalErrors: number;
  /** Percent since the start. */
  errorRate: number;
  avgLatencyMs: number;
  latencyP50Ms: number;
  latencyP95Ms: number;
  latencyP99Ms: number;
  requestsSent: number;
  requestsExpected: number;

  /** Response and service time since the start. */
  overall: { responseTime: LiveLatency; serviceTime: LiveLatency };
}

export interface RunComplete {
  event: 'complete';
  runId: string;
  status: string;
}
