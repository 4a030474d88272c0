import * as z from 'zod';
import { VayuError } from '../model/errors.js';
import type { Store } from '../store/store.js';
import { healthOf, type EngineStatus, type ProcessInfo } from './engine-status.js';
import type { LiveStreams } from './live.js';
import type { Metrics } from './prometheus.js';
import { route, type Route } from './route.js';
import type { RunService } from './run-service.js';
import { configAnswer, configBody, healthAnswer, shutdownAnswer } from './schemas.js';
import type { SettingsService } from './settings.js';

export interface SystemDependencies {
  engine: EngineStatus;
  store: Store;
  runs: RunService;
  live: LiveStreams;
  settings: SettingsService;
  info: ProcessInfo;
  /** Limits that are no settings, for `GET /config`. */
  limits: Record<string, unknown>;
  /** Begins the end of the daemon; without it `POST /shutdown` is refused. */
  shutdown?: (() => void) | undefined;
}

/** The change in any of the three forms that clients send. */
function settingsIn(body: z.output<typeof configBody>): Record<string, unknown> {
  const { key, value, entries, ...rest } = body;
  if (entries !== undefined) {
    if (typeof entries === 'object' && entries !== null && !Array.isArray(entries))
      return { ...rest, ...entries };
    throw new VayuError('bad_request', 'entries: expected an object of settings by name', {
      field: 'entries',
    });
  }
  return key === undefined ? rest : { ...rest, [key]: value };
}

function configOf({ settings, engine, limits }: SystemDependencies): Record<string, unknown> {
  const { effective } = settings;
  return {
    ...effective,
    workers: engine.workers,
    limits: { ...limits, maxRuns: effective.maxRuns, maxLiveReaders: effective.maxLiveReaders },
    entries: settings.entries(),
    success: true,
  };
}

export function systemRoutes(dependencies: SystemDependencies): Route[] {
  const { engine, info, settings } = dependencies;
  const tag = 'Engine';
  const change = {
    paths: ['/config'] as [string],
    tag,
    summary: 'Change settings; null resets one to its default',
    body: configBody,
    answer: configAnswer,
    handle: ({ body }: { body: z.output<typeof configBody> }) => {
      settings.put(settingsIn(body));
      return configOf(dependencies);
    },
  };
  let metrics: Promise<Metrics> | undefined;
  return [
    route({
      method: 'get',
      paths: ['/health'],
      tag,
      summary: 'Whether the engine is up',
      answer: healthAnswer,
      handle: () => ({ ...healthOf(info, engine), versions: info.versions }),
    }),
    route({
      method: 'get',
      paths: ['/config'],
      tag,
      summary: 'The settings in force, and what each of them is',
      answer: configAnswer,
      handle: () => configOf(dependencies),
    }),
    route({ method: 'put', ...change }),
    route({ method: 'post', ...change }),
    route({
      method: 'get',
      paths: ['/metrics'],
      tag,
      summary: 'Figures for Prometheus; native histograms where Accept prefers its protobuf form',
      mediaType: 'text/plain',
      answer: z.string(),
      handle: async ({ request, response }) => {
        // Loaded when first asked for: most daemons are never scraped.
        metrics ??= import('./prometheus.js').then(({ createMetrics }) =>
          createMetrics(engine, dependencies.store, dependencies.runs, dependencies.live),
        );
        const { contentType, body } = await (await metrics).exposition(request.headers.accept);
        response.setHeader('Content-Type', contentType);
        response.end(body);
      },
    }),
    route({
      method: 'post',
      paths: ['/shutdown'],
      tag,
      summary: 'Stop all runs, store what there is and end the daemon',
      status: 202,
      answer: shutdownAnswer,
      handle: ({ response }) => {
        const { shutdown } = dependencies;
        if (shutdown === undefined)
          throw new VayuError('forbidden', 'This engine is not a daemon of its own');
        response.on('finish', shutdown);
        return { status: 'shutting_down', message: 'The engine stops its runs and ends' };
      },
    }),
  ];
}
