import * as z from 'zod';
import { limitKinds, phaseNames, runStatuses, type DesignResult, type Report } from '../model/report.js';
import { milliseconds, named } from './named-schemas.js';
import { idSchema } from './route.js';

/** Compiles only where every value of the model is as the schema describes it. */
type Described<Schema extends z.ZodType, Value extends z.input<Schema>> = [Schema, Value];
export type DescribedAnswers = [
  Described<typeof reportAnswer, Report>,
  Described<typeof executionShape, DesignResult>,
];

const count = z.number().int();
const counts = z.record(z.string(), z.number());

/** In milliseconds. */
const distribution = named(
  'Distribution',
  z.object({
    count,
    min: z.number(),
    max: z.number(),
    avg: z.number(),
    stdDev: z.number(),
    p50: z.number(),
    p75: z.number(),
    p90: z.number(),
    p95: z.number(),
    p99: z.number(),
    p999: z.number(),
    p9999: z.number(),
  }),
);
const phases = z.object(
  Object.fromEntries(phaseNames.map((name) => [name, distribution])) as Record<
    (typeof phaseNames)[number],
    typeof distribution
  >,
);
const bins = z.array(z.object({ fromMs: z.number(), toMs: z.number(), count }));
const keptResult = named(
  'KeptResult',
  z.object({
    kind: z.enum(['error', 'slow', 'success', 'exemplar']),
    intendedMs: z.number(),
    sentMs: z.number(),
    firstByteMs: z.number(),
    doneMs: z.number(),
    responseTimeMs: z.number(),
    serviceTimeMs: z.number(),
    status: count.nullable(),
    error: z.string().nullable(),
    errorClass: z.string().nullable(),
  }),
);
const latencyOfSecond = z.object({
  avg: z.number(),
  p50: z.number(),
  p90: z.number(),
  p95: z.number(),
  p99: z.number(),
  max: z.number(),
});
const second = named(
  'Second',
  z.object({
    second: z.number().meta({ description: 'Seconds since the start at which it ends' }),
    durationMs: z.number(),
    rps: z.number(),
    sendRate: z.number(),
    planned: count,
    sent: count,
    succeeded: count,
    failed: count,
    aborted: count,
    dropped: count,
    inFlight: count,
    connectionsActive: count,
    target: z.number(),
    errorRate: z.number(),
    latency: latencyOfSecond,
    service: latencyOfSecond,
    latenessP99: z.number(),
    bytesSent: z.number(),
    bytesReceived: z.number(),
  }),
);
const testSums = { passed: count, failed: count, skipped: count } as const;

const outcomeFields = {
  summary: z.object({
    totalRequests: count,
    successfulRequests: count,
    failedRequests: count,
    abortedRequests: count,
    droppedRequests: count,
    sentRequests: count,
    plannedRequests: count,
    errorRate: z.number().meta({ description: 'Percent of those that ended with a result' }),
    successRate: z.number().meta({ description: 'Percent of those sent' }),
    totalDurationSeconds: z.number(),
    avgRps: z.number(),
    sendRate: z.number(),
    peakRps: z.number(),
    bytesSent: z.number(),
    bytesReceived: z.number(),
    testsPassed: count,
    testsFailed: count,
  }),
  statusCodes: counts,
  errors: z.object({
    total: count,
    withDetails: count,
    types: counts,
    examples: z.record(z.string(), z.string()),
    samples: z.array(keptResult),
  }),
  conservation: z.object({
    planned: count,
    sent: count,
    dropped: z.object({ total: count, byReason: counts }),
    succeeded: count,
    failed: z.object({ total: count, byClass: counts }),
    aborted: count,
    inFlight: count,
    balanced: z.boolean(),
    sums: z.array(z.string()),
  }),
  tests: z
    .object({
      total: count,
      ...testSums,
      passRate: z.number(),
      tests: z.array(z.object({ name: z.string(), ...testSums, failures: z.array(z.string()) })),
    })
    .optional(),
} as const;

const judgementFields = {
  verdict: z.object({
    result: z.enum(['ok', 'generator_limited', 'server_limited']),
    message: z.string(),
    evidence: z.array(
      z.object({
        kind: z.enum(limitKinds),
        limiting: z.boolean(),
        message: z.string(),
        value: z.number(),
        limit: z.number(),
      }),
    ),
  }),
  thresholds: z.object({
    passed: z.boolean(),
    results: z.array(
      z.object({
        expression: z.string(),
        passed: z.boolean(),
        actual: z.number().nullable(),
        limit: z.number(),
        windowSeconds: z.number().nullable(),
        failedAtSeconds: z.number().nullable(),
        aborted: z.boolean(),
      }),
    ),
  }),
} as const;

const timeFields = {
  latency: z
    .looseObject({
      min: z.number(),
      max: z.number(),
      avg: z.number(),
      p50: z.number(),
      p75: z.number(),
      p90: z.number(),
      p95: z.number(),
      p99: z.number(),
      p999: z.number(),
    })
    .meta({ description: 'Response time in milliseconds' }),
  timingBreakdown: z.object({
    avgDnsMs: z.number(),
    avgConnectMs: z.number(),
    avgTlsMs: z.number(),
    avgFirstByteMs: z.number(),
    avgDownloadMs: z.number(),
    phases: phases.optional(),
  }),
  slowRequests: z.object({
    count,
    thresholdMs: z.number(),
    percentage: z.number(),
    slowest: z.array(keptResult),
  }),
  responseTime: distribution,
  serviceTime: distribution,
  lateness: distribution,
  distribution: z.object({ responseTime: bins, serviceTime: bins }),
  exemplars: z.array(
    z.object({ fromPercentile: z.number(), toPercentile: z.number(), results: z.array(keptResult) }),
  ),
  phases,
  script: distribution,
  series: z.array(second),
} as const;

const circumstanceFields = {
  startTime: milliseconds,
  endTime: milliseconds,
  mode: z.string(),
  comment: z.string().nullable(),
  transport: z.object({ name: z.enum(['curl', 'wire', 'unknown']), reason: z.string() }),
  plan: z.object({
    hash: z.string(),
    model: z.enum(['rate', 'concurrency']),
    arrival: z.enum(['uniform', 'poisson']).nullable(),
    seed: z.number().nullable(),
    durationSeconds: z.number().nullable(),
    expectedRequests: z.number().nullable(),
    changes: z.array(
      z.object({ atSeconds: z.number(), rate: z.number().optional(), concurrency: z.number().optional() }),
    ),
  }),
  connections: z.object({ opened: count, reused: count, retries: count }),
  workers: z.object({ count, cpu: z.array(z.object({ avg: z.number(), max: z.number() })) }),
  warnings: z.array(z.string()),
} as const;

const window = z
  .object({
    runId: idSchema,
    fromSeconds: z.number(),
    toSeconds: z.number(),
    measures: z.record(z.string(), distribution.extend({ percentiles: z.record(z.string(), z.number()) })),
  })
  .optional()
  .meta({ description: 'Only where percentiles or a span of seconds were asked for' });

export const reportAnswer = named(
  'Report',
  z.object({
    runId: idSchema,
    status: z.enum(runStatuses),
    endReason: z.string(),
    ...outcomeFields,
    ...timeFields,
    ...judgementFields,
    ...circumstanceFields,
    window,
  }),
);

const header = z.tuple([z.string(), z.string()]);
const testOfRequest = z.object({
  name: z.string(),
  passed: z.boolean(),
  skipped: z.boolean().optional(),
  error: z.string().optional(),
});
const consoleLine = z.object({ level: z.string(), message: z.string() });
const timing = z.looseObject({
  total_ms: z.number(),
  dns_ms: z.number(),
  connect_ms: z.number(),
  tls_ms: z.number(),
  first_byte_ms: z.number(),
  download_ms: z.number(),
});
const scriptError = z.object({
  phase: z.string(),
  kind: z.string(),
  script: z.string(),
  message: z.string(),
  line: count.optional(),
  column: count.optional(),
});

const executionShape = z.object({
  runId: idSchema,
  status: z.number().int(),
  statusText: z.string(),
  headers: z.record(z.string(), z.string()),
  headerList: z.array(header).meta({ description: 'Every header line in order' }),
  body: z.unknown().meta({ description: 'Parsed where it is JSON, else text; null for a binary body' }),
  bodyRaw: z.string().nullable(),
  bodyBase64: z.string().optional().meta({ description: 'Only for a body that is no text' }),
  timing,
  tests: z.array(testOfRequest),
  console: z.array(consoleLine),
  scriptError: scriptError.optional(),
  variables: z
    .record(z.string(), z.record(z.string(), z.unknown()))
    .optional()
    .meta({ description: 'The scopes that scripts wrote to, as they are afterwards' }),
  httpVersion: z.string(),
  size: z.number().meta({ description: 'Bytes of the body, decoded' }),
  headerSize: z.number(),
  bodyBytesOnWire: z.number(),
  remoteAddress: z.string(),
  redirects: count,
  effectiveUrl: z.string(),
  request: z
    .object({ method: z.string(), url: z.string(), headers: z.array(header), body: z.string().optional() })
    .meta({ description: 'What was sent, secrets masked' }),
  warnings: z.array(z.string()),
  nextRequest: z.string().nullable().optional(),
  skipped: z.boolean().optional(),
  visualizer: z
    .object({ template: z.string(), data: z.unknown().optional(), options: z.unknown().optional() })
    .optional(),
});

/** With the names that the manager knows. */
export const executionAnswer = named(
  'Execution',
  executionShape.extend({
    bodySize: z.number(),
    testResults: z.array(testOfRequest),
    consoleLogs: z.array(z.string()),
    requestHeaders: z.record(z.string(), z.string()),
    preScriptError: z.string().optional(),
    postScriptError: z.string().optional(),
  }),
);
