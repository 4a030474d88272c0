import path from 'node:path';
import type { EngineOptions } from '../engine/types.js';
import type { Settings } from '../model/settings.js';
import type { Logger } from './log.js';
import type { App, AppOptions } from './app.js';
import type { ProcessInfo } from './engine-status.js';
import type { GuardPolicy } from './guard.js';

const fileName = 'vayu.db';
const retentionIntervalMs = 10 * 60_000;
const dayMs = 24 * 60 * 60_000;
/** What requests of callers get at the end of the daemon before they are aborted. */
const drainMs = 2000;

export interface ServiceOptions {
  dataDir: string;
  startedWith: Partial<Settings>;
  allowHosts?: readonly string[] | undefined;
  info: ProcessInfo;
  policy: GuardPolicy;
  log: Logger;
  limits: Record<string, unknown>;
  shutdown: () => void;
}

export interface Services {
  app: App;
  workers: number;
  /** Stops the runs and stores what there is; the engine and the store end with it. */
  close(): Promise<void>;
}

function engineOptions(settings: Settings, allowHosts: readonly string[] | undefined): EngineOptions {
  return {
    workers: settings.workers,
    maxConcurrent: settings.maxConnections,
    maxPerHost: settings.maxPerHost,
    scriptMemoryLimit: settings.scriptMemoryLimit,
    scriptTimeoutMs: settings.scriptTimeout,
    scriptStackSize: settings.scriptStackSize,
    ...(settings.userAgent === '' ? {} : { userAgent: settings.userAgent }),
    ...(settings.proxyUrl === '' ? {} : { proxyUrl: settings.proxyUrl }),
    ...(allowHosts === undefined ? {} : { allowHosts: [...allowHosts] }),
  };
}

/**
 * Everything behind the port: store, engine, runs, app. Modules are loaded here one after the other, so that the port, open by then, answers
 * in between.
 */
export async function startServices(options: ServiceOptions): Promise<Services> {
  const { log } = options;
  const { openStore } = await import('../store/store.js');
  const store = openStore({ file: path.join(options.dataDir, fileName) });
  try {
    for (const notice of store.notices) log.warn(notice);
    for (const run of store.markInterruptedRuns())
      log.warn('a run of the last process was interrupted', { runId: run.id });
    const { SettingsService } = await import('./settings.js');
    const settings = new SettingsService(store, options.startedWith);
    const { Engine } = await import('../engine/engine.js');
    const engine = new Engine(engineOptions(settings.effective, options.allowHosts));
    const { RunManager } = await import('../runs/run-manager.js');
    const runs = new RunManager({ engine, store });
    const { createApp } = await import('./app.js');
    const appOptions: AppOptions = {
      engine,
      store,
      runs,
      settings,
      info: { ...options.info, versions: Engine.versions() },
      policy: options.policy,
      log,
      limits: options.limits,
      shutdown: options.shutdown,
    };
    const app = createApp(appOptions);
    settings.follow((now) => {
      runs.setLimits({
        maxActiveRuns: now.maxRuns,
        timeoutMs: now.defaultTimeout,
        maxRedirects: now.maxRedirects,
        maxResponseBytes: now.maxResponseSize,
      });
      log.level = now.logLevel as Logger['level'];
    });
    const prune = (): void => {
      const { retentionCount, retentionDays } = settings.effective;
      const deleted = store.runs.prune({
        ...(retentionCount === 0 ? {} : { maxCount: retentionCount }),
        ...(retentionDays === 0 ? {} : { olderThan: Date.now() - retentionDays * dayMs }),
      });
      if (deleted > 0) log.info('old runs deleted', { deleted });
    };
    settings.follow(prune);
    const pruning = setInterval(prune, retentionIntervalMs);
    pruning.unref();
    return {
      app,
      workers: engine.workers,
      close: async () => {
        clearInterval(pruning);
        await runs.close();
        const deadline = performance.now() + drainMs;
        while (engine.activeCount + engine.pendingCount > 0 && performance.now() < deadline) {
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        app.live.close();
        await engine.close();
        store.checkpoint();
        store.close();
      },
    };
  } catch (error) {
    store.close();
    throw error;
  }
}
