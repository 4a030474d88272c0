import * as z from 'zod';
import { durationSchema } from './duration.js';
import { httpRequestShape, partialRequestSchema } from './http-request.js';
import { parseThresholdExpression, thresholdExamples } from './threshold.js';

/**
 * How rows of data are given to iterations. `sequential`: the rows in order, each iteration the next, from the first again after the last.
 * `shuffle`: the same in an order that follows from the seed, another one each round. `unique`: one row for each virtual user, kept as long
 * as it lives. The order is that of the engine's own table.
 */
export const dataModes = ['sequential', 'shuffle', 'unique'] as const;
export type DataMode = (typeof dataModes)[number];
const maxInlineRows = 10_000;

export const maxRate = 10_000_000;
export const maxConcurrency = 1_000_000;
export const maxStreamsPerConnection = 10_000;
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

export const thresholdSchema = z
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
  streamsPerConnection: z.number().int().min(1).max(maxStreamsPerConnection).optional().meta({
    description:
      'HTTP/2: requests at a time on one connection; default 32, fewer where the server allows fewer',
  }),
  data: z
    .union([z.string().min(1), z.array(z.record(z.string(), z.unknown())).min(1).max(maxInlineRows)], {
      error: `the path of a CSV or JSON file, or an array of at most ${maxInlineRows} objects`,
    })
    .optional()
    .meta({
      description:
        'Rows for the iterations: a CSV file with a header line, a JSON file with an array of objects, or such an array. ' +
        '`{{column}}` and `pm.iterationData` read them',
    }),
  dataMode: z.enum(dataModes).optional().meta({
    description:
      '`sequential` (default): in order; `shuffle`: in an order that follows from `seed`; `unique`: one row for each virtual user, for good',
  }),
  dataEnd: z
    .enum(['wrap', 'stop'])
    .optional()
    .meta({ description: 'After the last row: begin again (default), or end the run' }),
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

export const loadSchema = z.strictObject(loadShape);
export type LoadInput = z.infer<typeof loadSchema>;

/** Other spellings of the same fields. */
export const fieldAliases: Record<string, keyof typeof loadShape> = {
  successSampleRate: 'success_sample_rate',
  slowThresholdMs: 'slow_threshold_ms',
  saveTimingBreakdown: 'save_timing_breakdown',
  target_rps: 'targetRps',
  max_in_flight: 'maxInFlight',
  streams_per_connection: 'streamsPerConnection',
  start_concurrency: 'startConcurrency',
  ramp_up_duration: 'rampUpDuration',
  data_mode: 'dataMode',
  data_end: 'dataEnd',
};

/** A run as clients write it: `parseRunConfig` reads it. */
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
