import { Engine } from '../engine/engine.js';
import { parseHttpRequest } from '../model/http-request.js';
import { parseRunConfig } from '../model/run-config.js';
import { RunManager } from '../runs/run-manager.js';
import { openStore } from '../store/store.js';
import type { ActiveRun, Backend, BackendOptions } from './backend.js';

/** What a stopped run's requests in flight get; with it, Ctrl-C takes effect within two seconds. */
const stopGraceMs = 1000;

/** An engine of this process, with a store that ends with it. */
export function openLocalBackend(options: BackendOptions): Backend {
  const store = openStore({ file: ':memory:' });
  const engine = new Engine({
    ...(options.workers === undefined ? {} : { workers: options.workers }),
    // A batch of few requests needs few threads' worth of connections, but one of many must not queue in the engine.
    ...(options.concurrency === undefined ? {} : { maxPerHost: Math.max(100, options.concurrency) }),
  });
  const manager = new RunManager({ engine, store, keepsSeconds: false });
  const closing = new AbortController();
  let closed: Promise<void> | undefined;

  const closeAll = async (): Promise<void> => {
    closing.abort();
    await manager.close();
    await engine.close();
    store.close();
  };
  return {
    execute: (request) => manager.execute(parseHttpRequest(request), { signal: closing.signal }),
    startRun(input, watcher): Promise<ActiveRun> {
      const { runId, done } = manager.start(parseRunConfig(input));
      if (watcher !== undefined) {
        manager.live(runId)?.subscribe({
          wants: (elapsedMs) => watcher.wants(elapsedMs),
          onSnapshot: (snapshot) => watcher.update(snapshot),
        });
      }
      return Promise.resolve({
        runId,
        done,
        stop() {
          void manager.stop(runId, { graceMs: stopGraceMs });
        },
      });
    },
    close() {
      closed ??= closeAll();
      return closed;
    },
  };
}
