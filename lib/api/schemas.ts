import * as z from 'zod';
import {
  collectionFields,
  environmentFields,
  requestFields,
  requestOptionFields,
  variablesSchema,
} from '../model/resources.js';
import { httpRequestShape, partialRequestSchema } from '../model/http-request.js';
import { runConfigSchema } from '../model/run-config.js';
import {
  settingCategories,
  settingDefinitions,
  settingNames,
  type SettingDefinition,
  type SettingName,
} from '../model/settings.js';
import { runStatuses, runTypes } from '../store/runs.js';
import { describedAs, milliseconds, named } from './named-schemas.js';
import { idSchema } from './route.js';

export { executionAnswer, reportAnswer } from './report-schemas.js';

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

const scriptParts = z.array(
  z.object({
    origin: z.enum(['collection', 'request']),
    id: z.string().optional(),
    name: z.string().optional(),
    script: z.string(),
  }),
);
const {
  name: _name,
  preRequestScript: _before,
  postRequestScript: _after,
  tests: _tests,
  ...composedFields
} = httpRequestShape;
export const composedAnswer = named(
  'Composed',
  z.object({
    ...composedFields,
    method: z.string(),
    requestName: z.string().optional(),
    preRequestScripts: scriptParts,
    postRequestScripts: scriptParts,
    warnings: z.array(z.string()),
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

/** One kept exchange of a run. */
export const keptRow = named(
  'Result',
  z.object({
    id: z.number().int(),
    runId: idSchema,
    timestamp: milliseconds,
    statusCode: z.number().int().nullable(),
    latencyMs: z.number(),
    error: z.string().nullable(),
    traceData: z.unknown(),
  }),
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
    result: keptRow
      .extend({ trace: z.unknown() })
      .optional()
      .meta({ description: 'Of a single request, where one run is read: what came' }),
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
    uptime_seconds: z.number().meta({ description: 'The same' }),
    versions: z
      .record(z.string(), z.union([z.string(), z.boolean()]))
      .optional()
      .meta({ description: 'Of Node.js and the libraries; absent while the engine is being loaded' }),
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

/** A setting's schema. */
function settingSchema({ type, description, unit, ...rest }: SettingDefinition): z.ZodType {
  const about = { description: unit === '' ? description : `${description}; ${unit}` };
  if (type === 'integer') return z.number().int().meta(about);
  const options = 'options' in rest ? rest.options.map(({ value }) => value) : [];
  return (options.length === 0 ? z.string() : z.enum(options)).meta(about);
}

const settingSchemas = Object.fromEntries(
  settingNames.map((name) => [name, settingSchema(settingDefinitions[name])]),
) as Record<SettingName, z.ZodType>;

export const configAnswer = named(
  'Config',
  z.object({
    ...settingSchemas,
    entries: z.array(settingEntry),
    limits: z.record(z.string(), z.number()).meta({ description: 'Limits that are no settings, too' }),
    success: z.literal(true),
  }),
);
/** What a setting takes is said by whoever stores it: here it is only described. */
const describedOnly = Object.fromEntries(
  settingNames.map((name) => [name, describedAs(settingSchemas[name].nullable()).optional()]),
);
export const configBody = named(
  'ConfigChange',
  z
    .looseObject({
      ...describedOnly,
      key: z.string().optional(),
      value: z.unknown().optional(),
      entries: z.unknown().optional(),
    })
    .meta({ description: 'Settings by name; or {key, value}; or {entries: {name: value}}' }),
);
export const shutdownAnswer = named('Done', z.object({ status: z.string(), message: z.string() }));
