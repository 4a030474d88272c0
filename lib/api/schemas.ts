import * as z from 'zod';
import {
  collectionFields,
  environmentFields,
  requestFields,
  requestOptionFields,
  variablesSchema,
} from '../model/resources.js';
import { partialRequestSchema } from '../model/http-request.js';
import { runConfigSchema } from '../model/run-config.js';
import { settingCategories } from '../model/settings.js';
import { runStatuses, runTypes } from '../store/runs.js';
import { idSchema } from './route.js';

/** The named shapes of the API: what validates bodies, and what its description shows. */
export const components = z.registry<{ id: string }>();
export const namedSchemas: z.ZodType[] = [];

function named<S extends z.ZodType>(id: string, schema: S): S {
  components.add(schema, { id });
  namedSchemas.push(schema);
  return schema;
}

type Shape = Record<string, z.ZodType>;
type PatchShape<S extends Shape> = { [Key in keyof S]: z.ZodOptional<z.ZodNullable<S[Key]>> };

function patchShape<S extends Shape>(shape: S): PatchShape<S> {
  return Object.fromEntries(
    Object.entries(shape).map(([key, schema]) => [key, schema.nullable().optional()]),
  ) as PatchShape<S>;
}

/** What answers carry and bodies may repeat, without effect. */
const readOnly = {
  createdAt: z.unknown().optional().meta({ description: 'Ignored' }),
  updatedAt: z.unknown().optional().meta({ description: 'Ignored' }),
} as const;

const milliseconds = z.number().int().meta({ description: 'Milliseconds since the epoch' });
const stamps = { createdAt: milliseconds, updatedAt: milliseconds } as const;

const allRequestFields = { ...requestFields, ...requestOptionFields } as const;

export const collectionAnswer = named(
  'Collection',
  z.object({ id: idSchema, ...collectionFields, ...stamps }),
);
export const collectionBody = named(
  'CollectionBody',
  z.strictObject({ id: idSchema.optional(), ...patchShape(collectionFields), ...readOnly }),
);
export const requestAnswer = named(
  'SavedRequest',
  z.object({ id: idSchema, ...allRequestFields, ...stamps }),
);
export const requestBody = named(
  'SavedRequestBody',
  z.strictObject({ id: idSchema.optional(), ...patchShape(allRequestFields), ...readOnly }),
);
export const environmentAnswer = named(
  'Environment',
  z.object({ id: idSchema, ...environmentFields, ...stamps }),
);
export const environmentBody = named(
  'EnvironmentBody',
  z.strictObject({ id: idSchema.optional(), ...patchShape(environmentFields), ...readOnly }),
);
export const globalsAnswer = named(
  'Globals',
  z.object({ id: z.literal('globals'), variables: variablesSchema, updatedAt: milliseconds }),
);
export const globalsBody = named(
  'GlobalsBody',
  z.strictObject({
    id: z.literal('globals').optional(),
    variables: variablesSchema,
    updatedAt: z.unknown().optional(),
  }),
);
export const deletedAnswer = named('Deleted', z.object({ deleted: z.literal(true), id: z.string() }));

/** Named here, though the model defines it, so that other shapes can refer to it. */
export const sendRequestBody = named('Request', partialRequestSchema);
export const runBody = named('RunConfig', runConfigSchema);
export const composeBody = named(
  'Compose',
  z
    .strictObject({
      requestId: idSchema.optional(),
      request: sendRequestBody.optional(),
      collectionId: idSchema.nullable().optional(),
      environmentId: idSchema.nullable().optional(),
    })
    .refine((body) => body.requestId !== undefined || body.request !== undefined, {
      error: '"requestId", "request" or both',
    }),
);

const scope = z.string().nullable();
export const reorderBody = named(
  'Reorder',
  z.strictObject({
    moves: z
      .array(
        z.discriminatedUnion('type', [
          z.strictObject({
            type: z.literal('collection'),
            id: idSchema,
            order: collectionFields.order,
            parentId: scope.optional(),
          }),
          z.strictObject({
            type: z.literal('request'),
            id: idSchema,
            order: requestFields.order,
            collectionId: scope.optional(),
          }),
        ]),
      )
      .default([]),
    normalize: z
      .array(
        z.discriminatedUnion('type', [
          z.strictObject({ type: z.literal('collection'), parentId: scope }),
          z.strictObject({ type: z.literal('request'), collectionId: scope }),
        ]),
      )
      .default([])
      .meta({ description: 'Scopes that are numbered 0, 1, 2, … before the moves' }),
  }),
);
export const reorderAnswer = named(
  'Reordered',
  z.object({ collections: z.array(collectionAnswer), requests: z.array(requestAnswer) }),
);

export const errorAnswer = named(
  'Error',
  z.object({ error: z.looseObject({ code: z.string(), message: z.string() }) }),
);

export const runAnswer = named(
  'Run',
  z.looseObject({
    id: idSchema,
    requestId: z.string().nullable(),
    environmentId: z.string().nullable(),
    type: z.enum(runTypes),
    status: z.enum(runStatuses),
    configSnapshot: z.unknown(),
    summary: z
      .record(z.string(), z.unknown())
      .meta({ description: 'The head of the configuration, for lists' }),
    error: z.string().nullable(),
    startTime: milliseconds,
    endTime: milliseconds.nullable(),
  }),
);
export const pagination = named(
  'Pagination',
  z.object({
    total: z.number().int(),
    limit: z.number().int(),
    offset: z.number().int(),
    hasMore: z.boolean(),
    returned: z.number().int(),
    next: z.string().nullable().optional().meta({ description: 'The `before` of the next page of runs' }),
  }),
);
export const runListAnswer = named(
  'RunList',
  z
    .union([z.array(runAnswer), z.object({ data: z.array(runAnswer), pagination })])
    .meta({ description: 'The bare array where no parameter was given, else a page' }),
);
export const runStartedAnswer = named(
  'RunStarted',
  z.object({ runId: idSchema, status: z.string(), message: z.string(), warnings: z.array(z.string()) }),
);
export const runStoppedAnswer = named(
  'RunStopped',
  z.object({
    status: z.enum(['stopped', 'already_stopped', 'not_running']),
    runId: idSchema,
    currentStatus: z.enum(runStatuses).optional(),
    summary: z
      .object({
        totalRequests: z.number(),
        errors: z.number(),
        errorRate: z.number(),
        avgLatency: z.number(),
      })
      .optional(),
  }),
);
export const runChangeBody = named(
  'RunChange',
  z
    .strictObject({
      targetRps: z.number().min(0).max(10_000_000).optional(),
      concurrency: z.number().int().min(0).max(1_000_000).optional(),
    })
    .refine((change) => (change.targetRps === undefined) !== (change.concurrency === undefined), {
      error: 'either "targetRps" or "concurrency"',
    }),
);

const distribution = z.looseObject({ min: z.number(), max: z.number(), avg: z.number(), p50: z.number() });
export const reportAnswer = named(
  'Report',
  z.looseObject({
    runId: idSchema,
    status: z.enum(runStatuses),
    summary: z.looseObject({
      totalRequests: z.number(),
      successfulRequests: z.number(),
      failedRequests: z.number(),
      errorRate: z.number(),
      totalDurationSeconds: z.number(),
      avgRps: z.number(),
    }),
    latency: z.looseObject({
      min: z.number(),
      max: z.number(),
      avg: z.number(),
      p50: z.number(),
      p90: z.number(),
      p95: z.number(),
      p99: z.number(),
      p999: z.number(),
    }),
    statusCodes: z.record(z.string(), z.number()),
    errors: z.looseObject({
      total: z.number(),
      withDetails: z.number(),
      types: z.record(z.string(), z.number()),
    }),
    timingBreakdown: z.looseObject({}),
    slowRequests: z.looseObject({ count: z.number(), thresholdMs: z.number(), percentage: z.number() }),
    responseTime: distribution.optional(),
    serviceTime: distribution.optional(),
    verdict: z.looseObject({}).optional(),
    conservation: z.looseObject({}).optional(),
    thresholds: z.looseObject({}).optional(),
  }),
);

export const metricRowAnswer = named(
  'Metric',
  z.looseObject({
    id: z.number().int(),
    runId: idSchema,
    name: z.string(),
    timestamp: milliseconds,
    value: z.number(),
  }),
);

export const executionAnswer = named(
  'Execution',
  z.looseObject({
    status: z.number().int(),
    statusText: z.string(),
    headers: z.record(z.string(), z.string()),
    body: z.unknown(),
    bodyRaw: z.string().nullable(),
    bodyBase64: z.string().optional(),
    timing: z.looseObject({
      total_ms: z.number(),
      dns_ms: z.number(),
      connect_ms: z.number(),
      tls_ms: z.number(),
      first_byte_ms: z.number(),
      download_ms: z.number(),
    }),
    tests: z.array(z.looseObject({ name: z.string(), passed: z.boolean(), error: z.string().optional() })),
    console: z.array(z.object({ level: z.string(), message: z.string() })),
    variables: z.record(z.string(), z.unknown()).optional(),
    runId: idSchema,
    httpVersion: z.string(),
    size: z.number(),
  }),
);

export const healthAnswer = named(
  'Health',
  z.looseObject({
    status: z.literal('ok'),
    ready: z
      .boolean()
      .meta({ description: 'False while the engine is still being loaded; calls wait until it is' }),
    version: z.string(),
    workers: z.number().int(),
    uptime: z.number().meta({ description: 'Seconds' }),
    pid: z.number().int(),
  }),
);

const settingEntry = named(
  'SettingEntry',
  z.object({
    key: z.string(),
    value: z.string(),
    type: z.enum(['integer', 'string', 'enum']),
    label: z.string(),
    description: z.string(),
    category: z.enum(settingCategories),
    unit: z.string(),
    default: z.string(),
    min: z.string().optional(),
    max: z.string().optional(),
    options: z.array(z.object({ value: z.string(), label: z.string() })).optional(),
    updatedAt: z.number(),
    requiresRestart: z.boolean(),
    pendingRestart: z.boolean(),
  }),
);
export const configAnswer = named(
  'Config',
  z.looseObject({ workers: z.number().int(), entries: z.array(settingEntry), limits: z.looseObject({}) }),
);
export const configBody = named(
  'ConfigChange',
  z
    .looseObject({
      key: z.string().optional(),
      value: z.unknown().optional(),
      entries: z.unknown().optional(),
    })
    .meta({ description: 'Settings by name; or {key, value}; or {entries: {name: value}}' }),
);
export const okAnswer = named('Done', z.looseObject({ status: z.string() }));
