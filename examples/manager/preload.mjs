// What a renderer gets: plain functions and plain data, no Node. In Electron's preload script:
//   contextBridge.exposeInMainWorld('vayu', createApi(await ipcRenderer.invoke('engine-address')))
import { VayuClient } from 'vayu-engine/client';

/** `baseUrl` and `token` come from the main process. */
export function createApi({ baseUrl, token }) {
  const client = new VayuClient({ baseUrl, token });
  return {
    /** Sends one request with its scripts. */
    send: (request) => client.execute(request),
    /** Runs a load; `onLive` is called with each snapshot. Answers the report. */
    load: async (config, onLive) => {
      const { runId } = await client.startRun(config);
      for await (const { event, data } of client.live(runId)) {
        if (event === 'snapshot') onLive(data);
      }
      return client.report(runId);
    },
    runs: () => client.runs({ limit: 50 }),
    stop: (runId) => client.stopRun(runId),
  };
}
