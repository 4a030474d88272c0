/** The shapes that cross between TypeScript and the addon. Plain data, validated above this layer. */

import type { DataMode } from '../model/run-schema.js';

/** Settings of an {@link Engine}: fixed for its life. */
export interface EngineOptions {
  /** Worker threads; 0 takes one per CPU core. Default 0. */
  workers?: number;
  /** Requests in flight per worker; more wait in its queue. Default 1000. */
  maxConcurrent?: number;
  /** Connections per host and worker. Applies to submitted requests; a load run is bounded by its own concurrency. Default 100. */
  maxPerHost?: number;
  /** Upper bound of one wait of a worker's loop, in ms. 0 (default) lets it sleep until there is work. */
  pollTimeoutMs?: number;
  /** Rate limit of submitted requests over all workers, per second; 0 (default) is unlimited. */
  targetRps?: number;
  /** Token-bucket capacity of that limit, in requests; default 2 × `targetRps`. */
  burstSize?: number;
  /** User-Agent sent when a request has none. Default `vayu-engine/<version>`. */
  userAgent?: string;
  /** Writes libcurl's trace to standard error. Default false. */
  verbose?: boolean;
  /** Proxy of every request that names none itself. */
  proxyUrl?: string;
  /** PEM bundle of trusted authorities. Default: the system's where libcurl finds it, else Node's. */
  caFile?: string;
  /**
   * Hosts that requests, redirects and scripts may reach: names or addresses, `*.suffix`, each with an optional `:port`.
   * Default: every host.
   */
  allowHosts?: string[];
  /** Memory of one worker's script runtime, in bytes. Default 64 MiB. */
  scriptMemoryLimit?: number;
  /** Time one script execution may take, in ms. Default 5000. */
  scriptTimeoutMs?: number;
  /** Stack of a script, in bytes. Default 256 KiB. */
  scriptStackSize?: number;
}

export type HeaderPair = [name: string, value: string];

/** A body made of rows. */
export type FormKind = 'urlencoded' | 'form-data';

/** How values come into the places of `{{templates}}` that the engine resolves. Elsewhere they are put in as they are. */
export interface TemplateRules {
  /** The body is a form's rows, encoded but for its templates: values are encoded likewise, for form-data in the headers of parts. */
  rows?: FormKind;
  /** The part of the URL that was made from rows: values in it are encoded as components of a query. */
  queryRows?: string;
}

/**
 * A request as the native engine takes it: encoded, but with `{{templates}}` still in `url`, header values and a textual `body`
 * when scripts or dynamic variables can change them.
 */
export interface RequestSpec {
  method: string;
  url: string;
  headers: HeaderPair[];
  body?: string | Uint8Array;
  templates?: TemplateRules;
  timeoutMs?: number;
  connectTimeoutMs?: number;
  followRedirects?: boolean;
  maxRedirects?: number;
  insecure?: boolean;
  proxy?: string;
  noProxy?: string;
  caFile?: string;
  clientCertFile?: string;
  clientKeyFile?: string;
  clientKeyPassword?: string;
  httpVersion?: 'auto' | '1.0' | '1.1' | '2' | '2-prior-knowledge' | '3';
  /** Challenge-response authentication, carried by libcurl. */
  auth?: { type: 'digest' | 'ntlm'; username: string; password: string };
  /** `host:port:address` entries that replace DNS. */
  resolve?: string[];
  unixSocket?: string;
  /** Sends Accept-Encoding and decodes compressed bodies. Default true. */
  compressed?: boolean;
  /** Keeps cookies between redirects and, where there are scripts, between the requests of a virtual user. Default true. */
  cookies?: boolean;
  /** Bodies above this fail with `response_too_large`, in bytes. Default 100 MiB. */
  maxResponseBytes?: number;
}

/** What authorises a request, and has an end. */
export interface Credentials {
  headers?: HeaderPair[];
  /** Parameters of the URL, not encoded. */
  query?: [name: string, value: string][];
}

export interface ScriptSource {
  /** Shown in errors, as a file name. */
  name: string;
  code: string;
  /** Name of the collection that it belongs to; absent: of the request. */
  owner?: string;
}

/** Scripts in order of execution: collection → folder → request. */
export interface ScriptSet {
  preRequest: ScriptSource[];
  test: ScriptSource[];
}

export type VariableValue = string | number | boolean | null | object;
export type Variables = Record<string, VariableValue>;

/** What `pm.variables` reads, nearest first: local → data → environment → collection → globals. */
export interface VariableScopes {
  local?: Variables;
  data?: Variables;
  environment?: Variables;
  collection?: Variables;
  globals?: Variables;
  /** What `pm.vault` and `{{vault:name}}` read; absent: `pm.vault` is denied. */
  vault?: Variables;
}

export interface RequestInfo {
  requestName?: string;
  requestId?: string;
  /** Names from the outermost collection to the request: `pm.execution.location`. */
  location?: string[];
}

/**
 * A saved request that scripts may run by its id, or why it cannot be sent. Of its variables, `collection` goes over what the calling script
 * sees, and `local` below what the script has in its own.
 */
export type ReferencedRequest =
  | {
      submission: Submission;
      /** The id of the collection that it lies in. */
      collection?: string;
    }
  | { error: string };

/** One request with everything its scripts see. */
export interface Submission {
  request: RequestSpec;
  scripts?: ScriptSet;
  variables?: VariableScopes;
  info?: RequestInfo;
  /** What `pm.execution.runRequest` can run, by id. Those of referenced requests are not looked at: one table is for all. */
  references?: ReadonlyMap<string, ReferencedRequest>;
}

export const errorCodes = [
  'timeout',
  'connection_failed',
  'connection_closed',
  'dns_failed',
  'ssl_error',
  'too_many_redirects',
  'invalid_url',
  'protocol_error',
  'response_too_large',
  'script_error',
  'aborted',
  'internal_error',
] as const;
/** Why an exchange has no usable response. The position is the native enum's value. */
export type ErrorCode = (typeof errorCodes)[number];

export interface Timing {
  totalMs: number;
  dnsMs: number;
  connectMs: number;
  tlsMs: number;
  /** From the request being sent to the first byte of the response. */
  firstByteMs: number;
  downloadMs: number;
}

export interface TestResult {
  name: string;
  passed: boolean;
  skipped?: boolean;
  error?: string;
}

export interface ConsoleLine {
  level: 'log' | 'info' | 'warn' | 'error' | 'debug';
  message: string;
}

export interface ScriptFailure {
  phase: 'preRequest' | 'test';
  kind: 'exception' | 'syntax' | 'timeout' | 'memory' | 'stack';
  script: string;
  message: string;
  line?: number;
  column?: number;
}

export interface SentRequest {
  method: string;
  url: string;
  headers: HeaderPair[];
  body: Uint8Array;
}

export interface ReceivedResponse {
  status: number;
  statusText: string;
  /** `1.0`, `1.1`, `2` or `3`. */
  httpVersion: string;
  headers: HeaderPair[];
  /** Decoded where it was compressed. */
  body: Uint8Array;
  /** True where `body` was cut at a limit of the sampler. */
  bodyCut: boolean;
  headerBytes: number;
  /** Bytes of the body on the wire, before decoding. */
  bodyBytes: number;
  remoteAddress: string;
  redirects: number;
  /** Where the redirects ended. */
  effectiveUrl: string;
}

/** A page that a script wants shown: a Handlebars template and what fills it. */
export interface Visualization {
  template: string;
  data?: unknown;
  options?: unknown;
}

/** One request and what came of it. Either `response` or `error` is set, and both when a response was cut off. */
export interface Exchange {
  request: SentRequest;
  response?: ReceivedResponse;
  error?: { code: ErrorCode; message: string };
  timing: Timing;
  /** What scripts put into the vault: not to be shown. */
  secrets: string[];
  /** Milliseconds since the epoch at which it was sent. */
  startedAt: number;
  tests: TestResult[];
  console: ConsoleLine[];
  scriptFailure?: ScriptFailure;
  /** The scopes that scripts wrote to, whole, as they are afterwards. */
  changedVariables: { environment?: Variables; collection?: Variables; globals?: Variables };
  warnings: string[];
  execution: { skipped: boolean; nextRequest?: string | null };
  /** What the scripts gave to `pm.visualizer.set`. */
  visualizer?: Visualization;
}

/** A piece of an open load model: the arrival rate goes linearly from `startRate` to `endRate`, per second. */
export interface RateSegment {
  durationMs: number;
  startRate: number;
  endRate: number;
}

/** A piece of a closed load model. `durationMs` may be `Infinity` in the last one when `iterations` bounds the run. */
export interface ConcurrencySegment {
  durationMs: number;
  startConcurrency: number;
  endConcurrency: number;
}

export type LoadModel =
  | {
      kind: 'rate';
      segments: RateSegment[];
      arrival: 'uniform' | 'poisson';
      seed: number;
      /** Token-bucket capacity over all workers: arrivals that a stalled loop may send at once; 0 is no limit. */
      burst: number;
      /** Arrivals due while this many are in flight are dropped and counted. */
      maxInFlight: number;
      /** Ends the run after this many arrivals. */
      iterations?: number;
    }
  | { kind: 'concurrency'; segments: ConcurrencySegment[]; iterations?: number };

/** What is kept of single exchanges, bounded whatever the run's length. */
export interface SamplingOptions {
  /** Share of successes that may be kept, 0 to 1. */
  successRate: number;
  /** Size of the uniform reservoir of successes. */
  maxSuccesses: number;
  maxErrors: number;
  slowThresholdMs: number;
  maxSlow: number;
  /** Bodies longer than this are cut and marked. */
  maxBodyBytes: number;
}

export type { DataMode };

/** Rows for the iterations of a plan, as {@link openData} returns them. */
export interface DataRows {
  readonly rows: number;
  /** Of CSV; the members of a JSON row are its own. */
  readonly columns: string[];
  /** The addon's own. */
  readonly handle: object;
}

/** A load run as the workers carry it out. Frozen once handed over. */
export interface LoadPlan {
  submission: Submission;
  model: LoadModel;
  /** What in-flight requests get at the end of the plan before they are aborted. */
  gracePeriodMs: number;
  sampling: SamplingOptions;
  transport: 'auto' | 'curl' | 'wire';
  /** HTTP/2: requests at a time on one connection; fewer where the server allows fewer. Default 32. */
  streamsPerConnection?: number;
  /** Feeds `pm.iterationData` and the templates of the request. */
  data?: { rows: DataRows; mode: DataMode; seed: number };
  /** `counters` leaves histograms and samples out; only the benchmark of the recorder uses it. Default `full`. */
  recording?: 'full' | 'counters';
}

export const histogramNames = [
  'responseTime',
  'serviceTime',
  'lateness',
  'dns',
  'connect',
  'tls',
  'firstByte',
  'download',
  'script',
] as const;
export type HistogramName = (typeof histogramNames)[number];

/**
 * `late`: still unsent when the grace period after the plan's end was over, because the generator could not keep up.
 * `burst`: more than the allowed burst had become due at once. `stopped`: due before a stop and not begun by then.
 */
export const dropReasons = ['max_in_flight', 'script_error', 'skipped', 'stopped', 'burst', 'late'] as const;
export type DropReason = (typeof dropReasons)[number];

export const counterNames = [
  'planned',
  'sent',
  'succeeded',
  'failed',
  'aborted',
  'dropped',
  'connectionsOpened',
  'connectionsReused',
  'retries',
  'bytesSent',
  'bytesReceived',
  'slow',
  'scriptRuns',
  'scriptFailures',
] as const;
export type CounterName = (typeof counterNames)[number];

/**
 * Values of a histogram and how often each occurred, ascending. `values` are the lower bounds, in µs, of buckets in HdrHistogram layout
 * (lowest discernible value 1, highest trackable 3 600 000 000, 3 significant digits).
 */
export interface HistogramDelta {
  values: Float64Array;
  counts: Float64Array;
}

export interface TestCount {
  name: string;
  passed: number;
  failed: number;
  skipped: number;
  /** The first distinct failure messages, at most five. */
  failures: string[];
}

/** One kept exchange of a load run with its four clocks. */
export interface Sample {
  /** `exemplar`: one of the three slowest of a quarter octave of response times, delivered at the end. */
  kind: 'error' | 'slow' | 'success' | 'exemplar';
  exchange: Exchange;
  /** Milliseconds since the run's start. */
  intendedMs: number;
  sentMs: number;
  firstByteMs: number;
  doneMs: number;
}

/** What changed in a running plan, stamped when it took effect. */
export interface PlanChange {
  atMs: number;
  rate?: number;
  concurrency?: number;
}

/** A snapshot of a load run: `counters` and `tests` are totals since its start, histograms are what was added since the last tick. */
export interface Tick {
  /** Milliseconds since the run's start. */
  elapsedMs: number;
  /** True once: all requests have ended and nothing more follows. */
  final: boolean;
  counters: Record<CounterName, number>;
  dropped: Record<DropReason, number>;
  /** By class: an {@link ErrorCode}, `http_4xx` or `http_5xx`. Only classes that occurred. */
  failures: Record<string, number>;
  /** Responses by status code. Only codes that occurred. */
  statusCodes: Record<string, number>;
  histograms: Record<HistogramName, HistogramDelta>;
  tests: TestCount[];
  samples: Sample[];
  inFlight: number;
  connectionsOpen: number;
  /** What the plan asks for now: requests per second (`rate` model) or concurrency. */
  target: number;
  /** Per worker: the share of the last interval its thread was on a CPU (0 to 1), and the longest pass of its loop. */
  workers: { cpu: number; maxLoopLagMs: number }[];
  /** Descriptor or ephemeral-port exhaustion seen, as counts. */
  limits: { descriptors: number; ports: number };
}

/** A load run under way. */
export interface LoadRun {
  /** Settles after the final tick was delivered. */
  readonly done: Promise<LoadOutcome>;
  /** No new requests; those in flight get `graceMs` (default 1000) and are then aborted. */
  stop(graceMs?: number): void;
  /** From now on hold this rate (`rate` model) or concurrency until the plan's end. */
  update(change: { rate?: number; concurrency?: number }): void;
  /** From now on these replace the headers and the parameters of the URL that have their names in the plan's request. */
  renew(credentials: Credentials): void;
}

export interface LoadOutcome {
  transport: 'curl' | 'wire';
  /** Why that transport carried the run. */
  transportReason: string;
  changes: PlanChange[];
  workers: number;
  durationMs: number;
}

export interface EngineVersions {
  engine: string;
  curl: string;
  /** The TLS library that the addon was built with. */
  tlsBuilt: string;
  /** The TLS library that libcurl runs on. */
  tls: string;
  http2: boolean;
  http3: boolean;
  brotli: boolean;
  zstd: boolean;
  quickjs: string;
}
