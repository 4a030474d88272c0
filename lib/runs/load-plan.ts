import { createHash } from 'node:crypto';
import type { DataRows, LoadModel, LoadPlan, Submission } from '../engine/types.js';
import { VayuError } from '../model/errors.js';
import type { RunConfig } from '../model/run-config.js';
import { loadModelOf } from './strategies/strategy.js';

/** What is kept of single exchanges of a load run. */
export interface SampleLimits {
  maxSuccesses: number;
  maxErrors: number;
  maxSlow: number;
  /** Bytes of a kept body. */
  maxBodyBytes: number;
}

export const defaultSampleLimits: SampleLimits = {
  maxSuccesses: 1000,
  maxErrors: 1000,
  maxSlow: 200,
  maxBodyBytes: 16 * 1024,
};

/** Hands a configuration over to the workers. */
export function buildLoadPlan(
  config: RunConfig,
  submission: Submission,
  limits: SampleLimits = defaultSampleLimits,
  rows?: DataRows,
): LoadPlan {
  return {
    submission,
    model: loadModelOf(boundByRows(config, rows)),
    ...(rows === undefined ? {} : { data: { rows, mode: config.dataMode, seed: config.seed } }),
    gracePeriodMs: config.gracePeriodMs,
    sampling: {
      successRate: config.sampling.successSampleRate / 100,
      maxSuccesses: config.sampling.successSampleRate === 0 ? 0 : limits.maxSuccesses,
      maxErrors: limits.maxErrors,
      slowThresholdMs: config.sampling.slowThresholdMs,
      maxSlow: limits.maxSlow,
      maxBodyBytes: limits.maxBodyBytes,
    },
    transport: config.transport,
    streamsPerConnection: config.streamsPerConnection,
  };
}

/** A run that stops at the end of its data makes no more requests than there are rows. */
function boundByRows(config: RunConfig, rows: DataRows | undefined): RunConfig {
  if (rows === undefined || config.dataEnd !== 'stop' || config.dataMode === 'unique') return config;
  return { ...config, iterations: Math.min(config.iterations ?? Infinity, rows.rows) };
}

/** Throws `bad_request` where there are more virtual users than rows for them. */
export function checkUniqueRows({ model, data }: LoadPlan): void {
  if (data?.mode !== 'unique' || model.kind !== 'concurrency') return;
  const users = Math.max(
    ...model.segments.flatMap((segment) => [segment.startConcurrency, segment.endConcurrency]),
  );
  if (users <= data.rows.rows) return;
  throw new VayuError(
    'bad_request',
    `dataMode: "unique" needs a row for each virtual user; there are ${data.rows.rows} rows for ${users} of them`,
  );
}

/** Planned length in ms; Infinity where only a number of requests ends it. */
export function plannedDurationMs(model: LoadModel): number {
  return model.segments.reduce((sum, segment) => sum + segment.durationMs, 0);
}

/** Arrivals of the whole plan, or the budget of requests; undefined where only time ends a closed model. */
export function expectedRequests(model: LoadModel): number | undefined {
  if (model.kind === 'concurrency') return model.iterations;
  const arrivals = model.segments.reduce(
    (sum, segment) => sum + ((segment.startRate + segment.endRate) / 2) * (segment.durationMs / 1000),
    0,
  );
  return Math.min(Math.round(arrivals), model.iterations ?? Infinity);
}

function hashedParts({ request, scripts = { preRequest: [], test: [] } }: Submission): unknown[] {
  const { method, url, headers } = request;
  return [method, url, headers.map(([name]) => name.toLowerCase()), scripts];
}

function hashedReferences({ references = new Map() }: Submission): unknown[] {
  return [...references].map(([id, one]) => ('error' in one ? [id] : [id, ...hashedParts(one.submission)]));
}

/**
 * Names what was planned: equal for runs that make the same load with the same request. Credentials and variables are left out, because
 * tokens change from run to run.
 */
export function planHash(plan: LoadPlan): string {
  const { body } = plan.submission.request;
  const content = JSON.stringify(
    [
      plan.model,
      ...hashedParts(plan.submission),
      plan.transport,
      plan.streamsPerConnection,
      ...(plan.data === undefined ? [] : [plan.data.rows.rows, plan.data.mode]),
      ...hashedReferences(plan.submission),
    ],
    (_key, value: unknown) => (value === Infinity ? 'Infinity' : value),
  );
  return createHash('sha256')
    .update(content)
    .update(body ?? '')
    .digest('hex')
    .slice(0, 16);
}
