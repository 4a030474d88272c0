import express, { type Express } from 'express';
import * as z from 'zod';
import type { Store } from '../store/store.js';
import type { EngineStatus, ProcessInfo } from './engine-status.js';
import { errorHandler, unknownRoute } from './errors.js';
import { executionRoutes } from './execution.js';
import { defaultOrigins, guard, type GuardPolicy } from './guard.js';
import { jsonBody } from './json-body.js';
import { liveRoutes } from './live-routes.js';
import { LiveStreams } from './live.js';
import { createLogger, type Logger } from './log.js';
import { collectionRoutes, environmentRoutes, globalsRoutes, requestRoutes } from './resources.js';
import { route, routerOf, type Route } from './route.js';
import type { RunService } from './run-service.js';
import { runRoutes } from './runs.js';
import { SettingsService } from './settings.js';
import { systemRoutes } from './system.js';

const defaultBodyLimit = 10 * 1024 * 1024;
const defaultKeepAliveMs = 15_000;

export interface AppOptions {
  engine: EngineStatus;
  store: Store;
  runs: RunService;
  info: ProcessInfo;
  /** Default: those in the store. */
  settings?: SettingsService;
  /** Default: loopback hosts, the manager's origin in development, no token. */
  policy?: GuardPolicy;
  log?: Logger;
  /** Largest body that is read, in bytes. Default 10 MiB. */
  bodyLimit?: number;
  /** Interval of the comments that keep idle live streams open, in ms. Default 15 s. */
  keepAliveMs?: number;
  /** Limits of whoever serves the app, for `GET /config`. */
  limits?: Record<string, unknown>;
  /** Makes `POST /shutdown` work. */
  shutdown?: () => void;
}

export interface App {
  handler: Express;
  live: LiveStreams;
  settings: SettingsService;
}

/** The control API as an Express app; who serves it closes `live` when it ends. */
export function createApp(options: AppOptions): App {
  const { engine, store, runs, info, log = createLogger('warn') } = options;
  const policy = options.policy ?? { hosts: [], origins: defaultOrigins };
  const settings = options.settings ?? new SettingsService(store);
  const bodyLimit = options.bodyLimit ?? defaultBodyLimit;
  const live = new LiveStreams(store, runs);
  settings.follow(({ maxLiveReaders }) => {
    live.maxReaders = maxLiveReaders;
  });

  const groups: Route[][] = [
    systemRoutes({
      engine,
      store,
      runs,
      live,
      settings,
      info,
      limits: { bodyLimit, ...options.limits },
      shutdown: options.shutdown,
    }),
    executionRoutes({ store, runs }),
    runRoutes({ store, runs }),
    liveRoutes({
      store,
      live,
      statsInterval: () => settings.effective.statsInterval,
      keepAliveMs: options.keepAliveMs ?? defaultKeepAliveMs,
    }),
    collectionRoutes(store),
    requestRoutes(store),
    environmentRoutes(store),
    globalsRoutes(store),
  ];
  groups.push([descriptionRoute(groups, info.version)]);

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use((request, response, next) => {
    const { method, path } = request;
    const began = performance.now();
    response.on('close', () => {
      const ms = Math.round(performance.now() - began);
      log.debug('request', { method, path, status: response.statusCode, ms });
    });
    if (guard(request, response, policy)) next();
  });
  app.use(jsonBody(bodyLimit));
  for (const routes of groups) app.use(routerOf(routes));
  app.use(unknownRoute);
  app.use(errorHandler(log));
  return { handler: app, live, settings };
}

function descriptionRoute(groups: readonly Route[][], version: string): Route {
  let document: Promise<unknown> | undefined;
  const self = route({
    method: 'get',
    paths: ['/openapi.json'],
    tag: 'Engine',
    summary: 'This description of the API',
    answer: z.looseObject({ openapi: z.string() }),
    handle: async () => {
      document ??= import('./openapi.js').then(({ openApiDocument }) =>
        openApiDocument([...groups.flat()], version),
      );
      return document;
    },
  });
  return self;
}
