import * as z from 'zod';
import { invalidInput, VayuError } from '../model/errors.js';
import type { Report } from '../model/report.js';
import { parseRunConfig, type RunConfig } from '../model/run-config.js';
import type { RunRecord } from '../store/runs.js';
import { runStatuses, runTypes } from '../store/runs.js';
import type { Store } from '../store/store.js';
import { fromClientSpelling } from './client-spelling.js';
import { notFound } from './errors.js';
import { secondsOf } from './run-seconds.js';
import { idSchema, queryNumber, route, type Route } from './route.js';
import type { RunService } from './run-service.js';
import {
  deletedAnswer,
  keptRow,
  pagination,
  reportAnswer,
  runAnswer,
  runBody,
  runChangeBody,
  runListAnswer,
  runStartedAnswer,
  runStoppedAnswer,
} from './schemas.js';

/** A stop is answered within this, with whatever the report is then. */
const stopAnswerMs = 5000;
const defaultPage = 100;
/** Runs in an answer without pages. */
const maxBareList = 1000;

export interface RunRouteDependencies {
  store: Store;
  runs: RunService;
}

const summaryKeys = [
  'url',
  'method',
  'mode',
  'duration',
  'targetRps',
  'concurrency',
  'iterations',
  'comment',
  'name',
  'httpVersion',
  'followRedirects',
  'maxRedirects',
];

type Fields = Record<string, unknown>;

/** What lists show of a configuration: the few fields that tell runs apart. */
function summaryOf(snapshot: unknown): Fields {
  const top = (snapshot ?? {}) as Fields;
  const all: Fields = {
    ...(top['request'] as Fields | undefined),
    ...(top['config'] as Fields | undefined),
    ...top,
  };
  if (typeof all['durationMs'] === 'number') all['duration'] ??= `${all['durationMs'] / 1000}s`;
  return Object.fromEntries(
    summaryKeys.filter((key) => all[key] !== undefined).map((key) => [key, all[key]]),
  );
}

function answerOf(run: RunRecord): RunRecord & { summary: Fields } {
  return { ...run, summary: summaryOf(run.configSnapshot) };
}

export function runOf(store: Store, id: string): RunRecord {
  const run = store.runs.get(id);
  if (run === undefined) throw notFound('run', id);
  return run;
}

const listQuery = z.strictObject({
  limit: queryNumber(1, 10_000).optional(),
  offset: queryNumber(0, Number.MAX_SAFE_INTEGER).optional(),
  before: idSchema.optional().meta({ description: 'A run: only those that began before it' }),
  status: z.enum(runStatuses).optional(),
  type: z.enum(runTypes).optional(),
  requestId: idSchema.optional(),
  q: z.string().max(1000).optional().meta({ description: 'Text that the configuration contains' }),
});

function listRuns(store: Store, query: z.output<typeof listQuery>): unknown {
  if (Object.keys(query).length === 0) return store.runs.list({ limit: maxBareList }).map(answerOf);
  const { limit = defaultPage, offset = 0, before, q: text, ...filter } = query;
  if (before !== undefined && store.runs.get(before) === undefined) {
    throw invalidInput([
      {
        field: 'before',
        expected: 'the id of a run that is stored',
        actual: JSON.stringify(before),
        fix: 'Begin with the first page again, without "before"',
      },
    ]);
  }
  const data = store.runs.list({ ...filter, text, before, limit, offset }).map(answerOf);
  const total = store.runs.count({ ...filter, text });
  const hasMore = before === undefined ? offset + data.length < total : data.length === limit;
  const next = hasMore ? (data.at(-1)?.id ?? null) : null;
  return { data, pagination: { total, limit, offset, hasMore, returned: data.length, next } };
}

const percentileList = z
  .string()
  .regex(/^\d+(\.\d+)?(,\d+(\.\d+)?)*$/, { error: 'percentiles such as "50,99,99.99"' })
  .transform((text) => text.split(',').map(Number))
  .refine((all) => all.every((one) => one <= 100), { error: 'percentiles from 0 to 100' });

/** More than any run lasts. */
const seconds = z.coerce.number().min(0).max(1e9);

const reportQuery = z.strictObject({
  percentiles: percentileList.optional().meta({ description: 'Answers these of all measures, as `window`' }),
  from: seconds.optional().meta({ description: 'Seconds since the start, for `window`' }),
  to: seconds.optional(),
});

function reportOf(
  { store, runs }: RunRouteDependencies,
  id: string,
  query: z.output<typeof reportQuery>,
): unknown {
  const run = runOf(store, id);
  const report = runs.report(id);
  if (report === undefined) {
    const message =
      run.type === 'design'
        ? `${id} is a single request: it has a result, but no report`
        : `${id} has no report, as it is ${run.status} and no second of it was stored`;
    throw new VayuError(run.type === 'design' ? 'not_found' : 'conflict', message, { status: run.status });
  }
  if (Object.keys(query).length === 0) return report;
  const { percentiles, from, to } = query;
  return {
    ...report,
    window: runs.window(id, {
      ...(percentiles === undefined ? {} : { percentiles }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
    }),
  };
}

/** An address that cannot be used is a mistake in the configuration, not a failure of the target. */
function startRun(runs: RunService, config: RunConfig): { runId: string; warnings: string[] } {
  try {
    return runs.start(config);
  } catch (error) {
    if (!(error instanceof VayuError) || error.code !== 'invalid_url') throw error;
    throw new VayuError('bad_request', error.message, { ...error.details, field: 'url' }, { cause: error });
  }
}

function stopSummary(report: Report | undefined): z.output<typeof runStoppedAnswer>['summary'] {
  if (report === undefined) return undefined;
  return {
    totalRequests: report.summary.totalRequests,
    errors: report.summary.failedRequests,
    errorRate: report.summary.errorRate,
    avgLatency: report.latency.avg,
  };
}

async function stopRun({ store, runs }: RunRouteDependencies, id: string): Promise<unknown> {
  const run = runOf(store, id);
  if (runs.live(id) === undefined) {
    const ended = run.status !== 'pending' && run.status !== 'running';
    const report = runs.report(id);
    const summary = stopSummary(report);
    return {
      status: ended ? 'already_stopped' : 'not_running',
      runId: id,
      currentStatus: run.status,
      ...(summary === undefined ? {} : { summary }),
    };
  }
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), stopAnswerMs);
  });
  const report = await Promise.race([runs.stop(id), late]);
  clearTimeout(timer);
  const summary = stopSummary(report ?? undefined);
  return { status: 'stopped', runId: id, ...(summary === undefined ? {} : { summary }) };
}

const pageQuery = z.strictObject({
  limit: queryNumber(1, 10_000).default(1000),
  offset: queryNumber(0, Number.MAX_SAFE_INTEGER).default(0),
});

function pageOf(
  all: { total: number; data: unknown[] },
  { limit, offset }: z.output<typeof pageQuery>,
): unknown {
  const returned = all.data.length;
  return {
    data: all.data,
    pagination: { total: all.total, limit, offset, hasMore: offset + returned < all.total, returned },
  };
}

const page = (row: z.ZodType): z.ZodType => z.object({ data: z.array(row), pagination });

export function runRoutes(dependencies: RunRouteDependencies): Route[] {
  const { store, runs } = dependencies;
  const tag = 'Runs';
  return [
    route({
      method: 'post',
      paths: ['/runs', '/run'],
      tag,
      summary: 'Start a load run',
      body: runBody,
      parseBody: (input) => parseRunConfig(fromClientSpelling(input)),
      status: 202,
      answer: runStartedAnswer,
      handle: ({ body }) => {
        const { runId, warnings } = startRun(runs, body);
        return { runId, status: 'pending', message: 'The run is starting', warnings };
      },
    }),
    route({
      method: 'get',
      paths: ['/runs'],
      tag,
      summary: 'List runs, newest first',
      query: listQuery,
      answer: runListAnswer,
      handle: ({ query }) => listRuns(store, query),
    }),
    route({
      method: 'get',
      paths: ['/runs/:id', '/run/:id'],
      tag,
      summary: 'Read a run',
      answer: runAnswer,
      handle: ({ params: { id = '' } }) => {
        const run = runOf(store, id);
        const result = run.type === 'design' ? store.results.list(id, { limit: 1 })[0] : undefined;
        return {
          ...answerOf(run),
          ...(result === undefined ? {} : { result: { ...result, trace: result.traceData } }),
        };
      },
    }),
    route({
      method: 'delete',
      paths: ['/runs/:id', '/run/:id'],
      tag,
      summary: 'Delete a run and everything stored for it; one under way is stopped first',
      answer: deletedAnswer,
      handle: async ({ params: { id = '' } }) => {
        runOf(store, id);
        if (runs.live(id) !== undefined) await runs.stop(id, { graceMs: 0 });
        store.runs.delete(id);
        return { deleted: true, id };
      },
    }),
    route({
      method: 'patch',
      paths: ['/runs/:id', '/run/:id'],
      tag,
      summary: 'Change the rate or the concurrency of a run under way',
      body: runChangeBody,
      answer: runAnswer,
      handle: ({ params: { id = '' }, body: { targetRps, concurrency } }) => {
        const run = runOf(store, id);
        if (runs.live(id) === undefined) {
          throw new VayuError('conflict', `${id} is ${run.status}; only a run under way can be changed`, {
            status: run.status,
          });
        }
        runs.update(id, {
          ...(targetRps === undefined ? {} : { targetRps }),
          ...(concurrency === undefined ? {} : { concurrency }),
        });
        return answerOf(runOf(store, id));
      },
    }),
    route({
      method: 'get',
      paths: ['/runs/:id/report', '/run/:id/report'],
      tag,
      summary: 'Read the report of a load run',
      query: reportQuery,
      answer: reportAnswer,
      handle: ({ params: { id = '' }, query }) => reportOf(dependencies, id, query),
    }),
    route({
      method: 'post',
      paths: ['/runs/:id/stop', '/run/:id/stop'],
      tag,
      summary: 'Stop a run: what is in flight may finish for a while, the rest is aborted',
      answer: runStoppedAnswer,
      handle: ({ params: { id = '' } }) => stopRun(dependencies, id),
    }),
    route({
      method: 'get',
      paths: ['/runs/:id/metrics', '/run/:id/metrics'],
      tag,
      summary: 'The seconds of a run, one object each',
      query: pageQuery,
      answer: page(z.looseObject({ timestamp: z.number() })),
      handle: ({ params: { id = '' }, query }) => {
        const all = secondsOf(store, runOf(store, id));
        return pageOf(
          { total: all.length, data: all.slice(query.offset, query.offset + query.limit) },
          query,
        );
      },
    }),
    route({
      method: 'get',
      paths: ['/runs/:id/samples', '/runs/:id/results', '/run/:id/results'],
      tag,
      summary: 'The kept exchanges of a run',
      query: pageQuery,
      answer: page(keptRow),
      handle: ({ params: { id = '' }, query }) => {
        runOf(store, id);
        return pageOf({ total: store.results.count(id), data: store.results.list(id, query) }, query);
      },
    }),
  ];
}
