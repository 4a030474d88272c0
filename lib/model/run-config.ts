import { z } from 'zod';
import { durationSchema, parseDurationMs } from './duration.js';
import { invalidInput, type Problem } from './errors.js';
import {
  httpRequestSchema,
  httpRequestShape,
  partialRequestSchema,
  type PartialRequest,
} from './http-request.js';
import { checkLoad } from './load-rules.js';
import { parseThresholdExpression, thresholdExamples, type Threshold } from './threshold.js';
import { problemsOf, unknownField } from './validation.js';

export const maxRate = 10_000_000;
export const maxConcurrency = 1_000_000;
const maxIterations = 1_000_000_000_000;

export const runModes = ['constant', 'iterations', 'ramp_up'] as const;
export type RunMode = (typeof runModes)[number];
/** Names of older clients, and what has to be there for them. */
export const modeAliases = { constant_rps: 'targetRps', constant_concurrency: 'concurrency' } as const;

const rate = z.number().min(0).max(maxRate);
const concurrency = z.number().int().min(1).max(maxConcurrency);

const stageSchema = z.strictObject({
  duration: durationSchema(),
  targetRps: rate.optional(),
  concurrency: z.number().int().min(0).max(maxConcurrency).optional(),
  ramp: z
    .enum(['step', 'linear'])
    .optional()
    .meta({ description: 'How the stage gets to its target; default step' }),
});

const thresholdSchema = z
  .union(
    [
      z.string(),
      z.strictObject({
        expression: z.string(),
        window: durationSchema()
          .optional()
          .meta({ description: 'Looks at this much of the latest past; default the whole run' }),
        abortOnFail: z.boolean().optional(),
        abortDelay: durationSchema(0)
          .optional()
          .meta({ description: 'No abort before this much of the run has passed' }),
      }),
    ],
    {
      error: `a condition such as ${thresholdExamples}, or {expression, window?, abortOnFail?, abortDelay?}`,
    },
  )
  .superRefine((threshold, context) => {
    const expression = typeof threshold === 'string' ? threshold : threshold.expression;
    const parsed = parseThresholdExpression(expression);
    if (parsed.ok) return;
    context.addIssue({
      code: 'custom',
      path: typeof threshold === 'string' ? [] : ['expression'],
      message: parsed.expected,
      params: { fix: parsed.fix },
    });
  });

/** The fields that say what load a run makes; they stand at the top level of a run or under `config`. */
export const loadShape = {
  mode: z.enum([...runModes, 'constant_rps', 'constant_concurrency']),
  duration: durationSchema().optional(),
  targetRps: rate.optional(),
  concurrency: concurrency.optional(),
  iterations: z.number().int().min(1).max(maxIterations).optional(),
  stages: z.array(stageSchema).min(1).max(10_000).optional(),
  ramp: z.enum(['step', 'linear']).optional().meta({ description: 'The ramp of stages that name none' }),
  startConcurrency: z.number().int().min(0).max(maxConcurrency).optional(),
  startRps: rate.optional(),
  rampUpDuration: durationSchema().optional(),
  maxInFlight: concurrency
    .optional()
    .meta({ description: 'Arrivals that are due while this many are in flight are dropped and counted' }),
  arrival: z.enum(['uniform', 'poisson']).optional(),
  burst: z
    .number()
    .int()
    .min(0)
    .max(maxRate)
    .optional()
    .meta({ description: 'Arrivals that a stalled loop may send at once; 0 is no limit' }),
  seed: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional(),
  gracePeriod: durationSchema(0)
    .optional()
    .meta({ description: 'What requests in flight get at the end; default 5 s' }),
  transport: z.enum(['auto', 'curl', 'wire']).optional(),
  success_sample_rate: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .meta({ description: 'Percent of successes that may be kept; default 100, up to a cap' }),
  slow_threshold_ms: z.number().min(0).max(3_600_000).optional().meta({ description: 'Default 1000' }),
  save_timing_breakdown: z.boolean().optional(),
  thresholds: z
    .union([z.array(thresholdSchema).max(1000), thresholdSchema], { error: 'an array of conditions' })
    .optional(),
  comment: z.string().max(10_000).optional(),
  name: z.string().max(1000).optional(),
} as const;

const loadSchema = z.strictObject(loadShape);
type LoadInput = z.infer<typeof loadSchema>;

/** Other spellings of the same fields. */
const fieldAliases: Record<string, keyof typeof loadShape> = {
  successSampleRate: 'success_sample_rate',
  slowThresholdMs: 'slow_threshold_ms',
  saveTimingBreakdown: 'save_timing_breakdown',
  target_rps: 'targetRps',
  max_in_flight: 'maxInFlight',
  start_concurrency: 'startConcurrency',
  ramp_up_duration: 'rampUpDuration',
};

/** A run as clients write it: documentation of {@link parseRunConfig}, which reads it. */
export const runConfigSchema = z
  .object({
    ...Object.fromEntries(Object.entries(httpRequestShape).map(([key, schema]) => [key, schema.optional()])),
    ...loadSchema.partial().shape,
    request: partialRequestSchema.optional(),
    config: loadSchema.partial().optional(),
  })
  .meta({
    description:
      'The load at the top level or under `config`, the request under `request` or at the top level',
  });

export interface Stage {
  durationMs: number;
  targetRps?: number;
  concurrency?: number;
  ramp: 'step' | 'linear';
}

export interface Sampling {
  /** Percent of successes that may be kept. */
  successSampleRate: number;
  slowThresholdMs: number;
  saveTimingBreakdown: boolean;
}

/** A run that can be started: checked as a whole, defaults filled in, durations in ms. */
export interface RunConfig {
  request: PartialRequest;
  name?: string;
  mode: RunMode;
  durationMs?: number;
  targetRps?: number;
  concurrency?: number;
  iterations?: number;
  stages?: Stage[];
  startConcurrency?: number;
  startRps?: number;
  rampUpDurationMs?: number;
  maxInFlight: number;
  arrival: 'uniform' | 'poisson';
  burst: number;
  seed: number;
  gracePeriodMs: number;
  transport: 'auto' | 'curl' | 'wire';
  sampling: Sampling;
  thresholds: Threshold[];
  comment?: string;
  /** What was accepted but will not do what it may seem to. */
  warnings: string[];
}

export const defaultMaxInFlight = 10_000;
export const defaultGracePeriodMs = 5000;

interface Parts {
  load: Record<string, unknown>;
  request: Record<string, unknown>;
  /** Where the load and the request stood in the input, for messages. */
  loadPrefix: string[];
  requestPrefix: string[];
  problems: Problem[];
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function object(
  input: Record<string, unknown>,
  key: string,
  problems: Problem[],
): Record<string, unknown> | undefined {
  const value = input[key];
  if (value === undefined) return undefined;
  if (isObject(value)) return value;
  problems.push({
    field: key,
    expected: 'an object',
    actual: Array.isArray(value) ? 'an array' : JSON.stringify(value),
  });
  return undefined;
}

/** Tells the load's fields from the request's, wherever they stand. */
function separate(input: Record<string, unknown>): Parts {
  const problems: Problem[] = [];
  const config = object(input, 'config', problems);
  const request = object(input, 'request', problems);
  const parts: Parts = {
    load: {},
    request: { ...request },
    loadPrefix: config === undefined ? [] : ['config'],
    requestPrefix: request === undefined ? [] : ['request'],
    problems,
  };
  const both = [
    ...new Set([...Object.keys(loadShape), ...Object.keys(httpRequestShape), 'request', 'config']),
  ];
  for (const [key, value] of Object.entries(input)) {
    const loadKey = fieldAliases[key] ?? key;
    if (key === 'request' || key === 'config') continue;
    const ofRequest = key === 'name' && request === undefined;
    if (loadKey in loadShape && !ofRequest) parts.load[loadKey] = value;
    else if (key in httpRequestShape) {
      if (
        request !== undefined &&
        key in request &&
        key !== 'requestId' &&
        key !== 'environmentId' &&
        key !== 'variables'
      ) {
        problems.push({
          field: key,
          expected: `"${key}" once`,
          actual: 'it both at the top level and under "request"',
        });
      }
      parts.request[key] = value;
    } else problems.push(unknownField(key, key, both));
  }
  for (const [key, value] of Object.entries(config ?? {})) {
    const loadKey = fieldAliases[key] ?? key;
    if (loadKey in parts.load)
      problems.push({
        field: key,
        expected: `"${key}" once`,
        actual: 'it both at the top level and under "config"',
      });
    if (loadKey in loadShape) parts.load[loadKey] = value;
    else if (key === 'environmentId' || key === 'requestId') parts.request[key] = value;
    else problems.push(unknownField(`config.${key}`, key, Object.keys(loadShape)));
  }
  return parts;
}

function normalise(
  load: LoadInput,
  request: PartialRequest,
  random: () => number,
  warnings: string[],
): RunConfig {
  const ms = (value: number | string | undefined): number | undefined =>
    value === undefined ? undefined : parseDurationMs(value);
  const durationMs = ms(load.duration);
  const rampUpDurationMs = ms(load.rampUpDuration);
  const alias = load.mode in modeAliases;
  const given =
    load.thresholds === undefined ? [] : Array.isArray(load.thresholds) ? load.thresholds : [load.thresholds];
  return {
    request,
    ...(load.name === undefined ? {} : { name: load.name }),
    mode: alias ? 'constant' : (load.mode as RunMode),
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(load.targetRps === undefined || load.mode === 'constant_concurrency'
      ? {}
      : { targetRps: load.targetRps }),
    ...(load.concurrency === undefined ? {} : { concurrency: load.concurrency }),
    ...(load.iterations === undefined ? {} : { iterations: load.iterations }),
    ...(load.stages === undefined
      ? {}
      : {
          stages: load.stages.map((stage) => ({
            durationMs: ms(stage.duration) ?? 0,
            ...(stage.targetRps === undefined ? {} : { targetRps: stage.targetRps }),
            ...(stage.concurrency === undefined ? {} : { concurrency: stage.concurrency }),
            ramp: stage.ramp ?? load.ramp ?? 'step',
          })),
        }),
    ...(load.startConcurrency === undefined ? {} : { startConcurrency: load.startConcurrency }),
    ...(load.startRps === undefined ? {} : { startRps: load.startRps }),
    ...(rampUpDurationMs === undefined ? {} : { rampUpDurationMs }),
    maxInFlight: load.maxInFlight ?? defaultMaxInFlight,
    arrival: load.arrival ?? 'uniform',
    burst: load.burst ?? 0,
    seed: load.seed ?? Math.floor(random() * 0xffff_ffff),
    gracePeriodMs: ms(load.gracePeriod) ?? defaultGracePeriodMs,
    transport: load.transport ?? 'auto',
    sampling: {
      successSampleRate: load.success_sample_rate ?? 100,
      slowThresholdMs: load.slow_threshold_ms ?? 1000,
      saveTimingBreakdown: load.save_timing_breakdown ?? false,
    },
    thresholds: given.flatMap((threshold) => toThreshold(threshold)),
    ...(load.comment === undefined ? {} : { comment: load.comment }),
    warnings,
  };
}

function toThreshold(given: z.infer<typeof thresholdSchema>): Threshold[] {
  const parsed = parseThresholdExpression(typeof given === 'string' ? given : given.expression);
  if (!parsed.ok) return [];
  const options: Exclude<typeof given, string> = typeof given === 'string' ? { expression: given } : given;
  const windowMs = options.window === undefined ? undefined : parseDurationMs(options.window);
  return [
    {
      ...parsed.value,
      ...(windowMs === undefined ? {} : { windowMs }),
      abortOnFail: options.abortOnFail ?? false,
      abortDelayMs: options.abortDelay === undefined ? 0 : (parseDurationMs(options.abortDelay) ?? 0),
    },
  ];
}

/**
 * Reads a run as clients write it: the load at the top level or under `config`, the request under `request` or at the top level. Throws one
 * `bad_request` with everything that keeps it from running. `random` chooses the seed of a run that names none.
 */
export function parseRunConfig(input: unknown, random: () => number = Math.random): RunConfig {
  if (!isObject(input)) {
    throw invalidInput([
      {
        field: '',
        expected: 'an object with "request" and "mode"',
        actual: Array.isArray(input) ? 'an array' : (JSON.stringify(input) ?? 'nothing'),
      },
    ]);
  }
  const parts = separate(input);
  const problems = parts.problems;
  const saved = typeof parts.request['requestId'] === 'string';
  const requestSchema = saved ? partialRequestSchema : httpRequestSchema;
  const request = requestSchema.safeParse(parts.request);
  if (!request.success)
    problems.push(...problemsOf(request.error, requestSchema, parts.request, parts.requestPrefix));
  const load = loadSchema.safeParse(parts.load);
  const named = (field: string): string => [...parts.loadPrefix, field].join('.');
  if (!load.success) problems.push(...problemsOf(load.error, loadSchema, parts.load, parts.loadPrefix));
  const rules = checkLoad(parts.load);
  // A field that is wrong by itself is not also blamed for what it does to the whole.
  const blamed = new Set(problems.map((problem) => problem.field.split(/[.[]/).at(parts.loadPrefix.length)));
  for (const problem of rules.problems) {
    if (!blamed.has(problem.field.split(/[.[]/)[0]))
      problems.push({ ...problem, field: named(problem.field) });
  }
  if (problems.length > 0 || !load.success || !request.success) throw invalidInput(problems);
  return normalise(load.data, request.data, random, rules.warnings);
}
