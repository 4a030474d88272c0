import type * as z from 'zod';
import { parseDurationMs } from './duration.js';
import { describeValue, invalidInput, type Problem } from './errors.js';
import {
  httpRequestSchema,
  httpRequestShape,
  partialRequestSchema,
  type PartialRequest,
} from './http-request.js';
import { checkLoad } from './load-rules.js';
import {
  fieldAliases,
  loadSchema,
  loadShape,
  modeAliases,
  type DataMode,
  type LoadInput,
  type RunMode,
  type thresholdSchema,
} from './run-schema.js';
import { parseThresholdExpression, type Threshold } from './threshold.js';
import { problemsOf, unknownField } from './validation.js';

export {
  dataModes,
  loadShape,
  maxConcurrency,
  maxRate,
  modeAliases,
  runConfigSchema,
  runModes,
  type DataMode,
  type RunMode,
} from './run-schema.js';

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
  /** HTTP/2: requests at a time on one connection. */
  streamsPerConnection: number;
  /** Path of a file, or rows. */
  data?: string | Record<string, unknown>[];
  dataMode: DataMode;
  dataEnd: 'wrap' | 'stop';
  sampling: Sampling;
  thresholds: Threshold[];
  comment?: string;
  /** What was accepted but will not do what it may seem to. */
  warnings: string[];
}

export const defaultMaxInFlight = 10_000;
export const defaultGracePeriodMs = 5000;
export const defaultStreamsPerConnection = 32;

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
    actual: describeValue(value),
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
    streamsPerConnection: load.streamsPerConnection ?? defaultStreamsPerConnection,
    ...(load.data === undefined ? {} : { data: load.data }),
    dataMode: load.dataMode ?? 'sequential',
    dataEnd: load.dataEnd ?? 'wrap',
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
        actual: describeValue(input),
      },
    ]);
  }
  const parts = separate(input);
  const problems = parts.problems;
  const saved = typeof parts.request['requestId'] === 'string';
  const requestSchema = saved ? partialRequestSchema : httpRequestSchema;
  const request = requestSchema.safeParse(parts.request);
  const noRequest = problems.some((problem) => problem.field === 'request');
  if (!request.success && !noRequest)
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
