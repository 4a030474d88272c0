import * as z from 'zod';
import { VayuError } from '../model/errors.js';
import { metricNames } from '../model/live.js';
import type { Store } from '../store/store.js';
import { metricRow, type LiveStreams } from './live.js';
import { queryNumber, route, type Call, type Route } from './route.js';
import { runOf } from './runs.js';
import { metricRowAnswer } from './schemas.js';

export interface LiveRouteDependencies {
  store: Store;
  live: LiveStreams;
  /** Milliseconds between snapshots where a reader names no interval. */
  statsInterval: () => number;
  keepAliveMs: number;
}

const liveQuery = z.strictObject({
  interval: queryNumber(50, 60_000).optional().meta({ description: 'Milliseconds between snapshots' }),
  format: z.enum(['json', 'sse']).optional().meta({ description: '`json` answers the stored rows instead' }),
  lastEventId: queryNumber(0, Number.MAX_SAFE_INTEGER).optional(),
});

function lastEventId(header: string | string[] | undefined): number | undefined {
  if (header === undefined || header === '') return undefined;
  const id = Number(header);
  if (Number.isSafeInteger(id) && id >= 0) return id;
  throw new VayuError(
    'bad_request',
    `Last-Event-ID: expected the id of a metric event, got ${JSON.stringify(header)}`,
    {
      field: 'Last-Event-ID',
    },
  );
}

function serveLive(
  dependencies: LiveRouteDependencies,
  call: Call<unknown, z.output<typeof liveQuery>>,
  metricsEvents: boolean,
): unknown {
  const { store, live } = dependencies;
  const { id = '' } = call.params;
  runOf(store, id);
  const afterId = lastEventId(call.request.headers['last-event-id']) ?? call.query.lastEventId ?? 0;
  if (call.query.format === 'json') return store.metrics.list(id, { afterId }).map(metricRow);
  live.serve(call.response, {
    runId: id,
    intervalMs: call.query.interval ?? dependencies.statsInterval(),
    afterId,
    metricsEvents,
    keepAliveMs: dependencies.keepAliveMs,
  });
  return undefined;
}

export function liveRoutes(dependencies: LiveRouteDependencies): Route[] {
  return [
    route({
      method: 'get',
      paths: ['/stats/:id'],
      tag: 'Live',
      summary: `Follow a run: events \`snapshot\`, \`metric\` (${metricNames.join(', ')}) and \`complete\``,
      query: liveQuery,
      mediaType: 'text/event-stream',
      answer: z.string(),
      jsonAnswer: z.array(metricRowAnswer),
      handle: (call) => serveLive(dependencies, call, false),
    }),
    route({
      method: 'get',
      paths: ['/runs/:id/live'],
      tag: 'Live',
      summary: 'The same with each snapshot as a `metrics` event too',
      query: liveQuery,
      mediaType: 'text/event-stream',
      answer: z.string(),
      jsonAnswer: z.array(metricRowAnswer),
      handle: (call) => serveLive(dependencies, call, true),
    }),
  ];
}
