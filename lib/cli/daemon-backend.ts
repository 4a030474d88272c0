import { VayuClient } from '../client/client.js';
import { CliError } from './cli-error.js';
import type { ActiveRun, Backend } from './backend.js';

/** A client of the daemon that `--daemon` names. */
export function connectDaemon(url: string | undefined, token: string | undefined): VayuClient {
  if (url !== undefined) {
    const full = /^[a-z]+:\/\//i.test(url) ? url : `http://${url}`;
    if (!URL.canParse(full) || !/^https?:/i.test(full)) {
      throw new CliError(
        `--daemon: expected a URL such as http://127.0.0.1:9876, got ${JSON.stringify(url)}`,
      );
    }
    return new VayuClient({ baseUrl: full, ...(token === undefined ? {} : { token }) });
  }
  return new VayuClient(token === undefined ? {} : { token });
}

export function openDaemonBackend(url: string, token: string | undefined): Backend {
  const client = connectDaemon(url, token);
  const closing = new AbortController();
  return {
    execute: (request) => client.execute(request, { signal: closing.signal }),
    async startRun(input, watcher): Promise<ActiveRun> {
      const { runId } = await client.startRun(input);
      const follow = async () => {
        for await (const event of client.live(runId, { signal: closing.signal })) {
          if (event.event === 'snapshot' && watcher?.wants(event.data.elapsedSeconds * 1000) === true) {
            watcher.update(event.data);
          }
        }
        return client.report(runId);
      };
      return {
        runId,
        done: follow(),
        stop() {
          // What comes of it shows in the live stream, whose end is waited for.
          client.stopRun(runId).catch(() => undefined);
        },
      };
    },
    close() {
      closing.abort();
      return Promise.resolve();
    },
  };
}
