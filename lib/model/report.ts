export const runStatuses = ['pending', 'running', 'completed', 'stopped', 'failed'] as const;
export type RunStatus = (typeof runStatuses)[number];

/** A measure's distribution in milliseconds. All zero where nothing was measured (`count` 0). */
export interface Distribution {
  count: number;
  min: number;
  max: number;
  avg: number;
  stdDev: number;
  p50: number;
  p75: number;
  p90: number;
  p95: number;
  p99: number;
  p999: number;
  p9999: number;
}

export interface DistributionBin {
  fromMs: number;
  toMs: number;
  count: number;
}

export const phaseNames = ['dns', 'connect', 'tls', 'firstByte', 'download'] as const;
export type PhaseName = (typeof phaseNames)[number];

/** planned = sent + dropped, sent = succeeded + failed + aborted; in flight is 0 at the end. */
export interface Conservation {
  planned: number;
  sent: number;
  dropped: { total: number; byReason: Record<string, number> };
  succeeded: number;
  failed: { total: number; byClass: Record<string, number> };
  aborted: number;
  inFlight: number;
  balanced: boolean;
  /** The two sums, written out. */
  sums: string[];
}

export const limitKinds = [
  'lateness',
  'loop_lag',
  'cpu',
  'script',
  'descriptors',
  'ports',
  'max_in_flight',
] as const;
export type LimitKind = (typeof limitKinds)[number];

export interface Evidence {
  kind: LimitKind;
  /** Whether it means that the generator, not the server, was the limit. */
  limiting: boolean;
  message: string;
  value: number;
  limit: number;
}

/** Who was the limit of what was measured. */
export interface Verdict {
  result: 'ok' | 'generator_limited' | 'server_limited';
  message: string;
  evidence: Evidence[];
}

export interface ThresholdResult {
  expression: string;
  passed: boolean;
  /** In the unit of the metric (ms, percent, per second or a count); null where nothing was measured. */
  actual: number | null;
  limit: number;
  windowSeconds: number | null;
  /** The first second at which a windowed or aborting condition did not hold, else null. */
  failedAtSeconds: number | null;
  aborted: boolean;
}

/** One second of a run. Latencies are ms, of the requests that ended in it. */
export interface SeriesPoint {
  /** Seconds since the start at which it ends. */
  second: number;
  /** Shorter than 1000 only in the last. */
  durationMs: number;
  rps: number;
  sendRate: number;
  planned: number;
  sent: number;
  succeeded: number;
  failed: number;
  aborted: number;
  dropped: number;
  inFlight: number;
  connectionsActive: number;
  target: number;
  errorRate: number;
  latency: { avg: number; p50: number; p90: number; p95: number; p99: number; max: number };
  service: { avg: number; p50: number; p90: number; p95: number; p99: number; max: number };
  latenessP99: number;
  bytesSent: number;
  bytesReceived: number;
}

export interface TestSummary {
  name: string;
  passed: number;
  failed: number;
  skipped: number;
  failures: string[];
}

/** One kept exchange. Secrets are masked. */
export interface KeptResult {
  kind: 'error' | 'slow' | 'success' | 'exemplar';
  /** Milliseconds since the run's start, by the four clocks. */
  intendedMs: number;
  sentMs: number;
  firstByteMs: number;
  doneMs: number;
  responseTimeMs: number;
  serviceTimeMs: number;
  status: number | null;
  error: string | null;
  errorClass: string | null;
}

/** The slowest exchanges between two percentiles of response time. */
export interface ExemplarBand {
  fromPercentile: number;
  toPercentile: number;
  results: KeptResult[];
}

/** The result of a load run: the specification's fields first, then what the design adds. Milliseconds and percent throughout. */
export interface Report {
  runId: string;
  status: RunStatus;
  /** Why the run ended, in words. */
  endReason: string;
  summary: {
    /** Requests that ended with a result: succeeded and failed. */
    totalRequests: number;
    successfulRequests: number;
    failedRequests: number;
    abortedRequests: number;
    droppedRequests: number;
    sentRequests: number;
    plannedRequests: number;
    /** failed / (succeeded + failed), percent. */
    errorRate: number;
    /** succeeded / sent, percent: interrupted requests count as not succeeded. */
    successRate: number;
    totalDurationSeconds: number;
    avgRps: number;
    sendRate: number;
    peakRps: number;
    bytesSent: number;
    bytesReceived: number;
    testsPassed: number;
    testsFailed: number;
  };
  /** Response time: the same as `responseTime`, under the specification's name. */
  latency: {
    min: number;
    max: number;
    avg: number;
    p50: number;
    p75: number;
    p90: number;
    p95: number;
    p99: number;
    p999: number;
  };
  statusCodes: Record<string, number>;
  errors: {
    total: number;
    withDetails: number;
    types: Record<string, number>;
    examples: Record<string, string>;
    samples: KeptResult[];
  };
  timingBreakdown: {
    avgDnsMs: number;
    avgConnectMs: number;
    avgTlsMs: number;
    avgFirstByteMs: number;
    avgDownloadMs: number;
    phases?: Record<PhaseName, Distribution>;
  };
  slowRequests: { count: number; thresholdMs: number; percentage: number; slowest: KeptResult[] };
  tests?: {
    total: number;
    passed: number;
    failed: number;
    skipped: number;
    passRate: number;
    tests: TestSummary[];
  };

  startTime: number;
  endTime: number;
  mode: string;
  comment: string | null;
  /** done − intended: what a user who wanted to send at that moment waited. */
  responseTime: Distribution;
  /** done − sent: what the server took. */
  serviceTime: Distribution;
  /** sent − intended: what the generator was late. */
  lateness: Distribution;
  /** Bins for drawing; the last may be the tail to the maximum. */
  distribution: { responseTime: DistributionBin[]; serviceTime: DistributionBin[] };
  /** What the requests behind the percentiles were, by percentile band. */
  exemplars: ExemplarBand[];
  /** Over all requests that had the phase. */
  phases: Record<PhaseName, Distribution>;
  script: Distribution;
  conservation: Conservation;
  verdict: Verdict;
  thresholds: { passed: boolean; results: ThresholdResult[] };
  series: SeriesPoint[];
  /** `unknown` while the run is under way and where it did not end in this process. */
  transport: { name: 'curl' | 'wire' | 'unknown'; reason: string };
  plan: {
    hash: string;
    model: 'rate' | 'concurrency';
    arrival: 'uniform' | 'poisson' | null;
    seed: number | null;
    durationSeconds: number | null;
    expectedRequests: number | null;
    /** Changes of rate or concurrency made while it ran. */
    changes: { atSeconds: number; rate?: number; concurrency?: number }[];
  };
  connections: { opened: number; reused: number; retries: number };
  workers: { count: number; cpu: { avg: number; max: number }[] };
  warnings: string[];
}

/** What a design-mode execution answers. */
export interface DesignResult {
  runId: string;
  status: number;
  statusText: string;
  headers: Record<string, string>;
  /** Every header line in order; the object joins lines of one name. */
  headerList: [name: string, value: string][];
  /** Parsed where it is JSON, else the text; null for a binary body. */
  body: unknown;
  /** The text of the body; null for a binary body. */
  bodyRaw: string | null;
  /** Only for a body that is no text. */
  bodyBase64?: string;
  timing: {
    total_ms: number;
    dns_ms: number;
    connect_ms: number;
    tls_ms: number;
    first_byte_ms: number;
    download_ms: number;
  };
  tests: { name: string; passed: boolean; skipped?: boolean; error?: string }[];
  console: { level: string; message: string }[];
  scriptError?: {
    phase: string;
    kind: string;
    script: string;
    message: string;
    line?: number;
    column?: number;
  };
  /** The scopes that scripts wrote to, as they are afterwards. */
  variables?: Record<string, Record<string, unknown>>;
  httpVersion: string;
  /** Bytes of the body, decoded. */
  size: number;
  headerSize: number;
  bodyBytesOnWire: number;
  remoteAddress: string;
  redirects: number;
  effectiveUrl: string;
  /** What was sent, secrets masked. */
  request: { method: string; url: string; headers: [name: string, value: string][]; body?: string };
  warnings: string[];
  nextRequest?: string | null;
  /** True where a script asked for the request not to be sent. */
  skipped?: boolean;
  /** What the scripts gave to `pm.visualizer.set`: a Handlebars template and what fills it. */
  visualizer?: { template: string; data?: unknown; options?: unknown };
}
