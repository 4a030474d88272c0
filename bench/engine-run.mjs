// One closed-model run of the library, without the command line's report: what recording costs shows between `full` and `counters`.
//   node bench/engine-run.mjs URL CONNECTIONS SECONDS full|counters
import { Engine } from '../dist/index.js';

const [url, connections, seconds, recording] = process.argv.slice(2);
const engine = new Engine({ workers: 1 });
const concurrency = Number(connections);
const run = engine.startLoad(
  {
    submission: { request: { method: 'GET', url, headers: [] } },
    model: {
      kind: 'concurrency',
      segments: [
        { durationMs: Number(seconds) * 1000, startConcurrency: concurrency, endConcurrency: concurrency },
      ],
    },
    gracePeriodMs: 1000,
    sampling: {
      successRate: 1,
      maxSuccesses: 1000,
      maxErrors: 1000,
      slowThresholdMs: 1000,
      maxSlow: 1000,
      maxBodyBytes: 16_384,
    },
    transport: 'auto',
    recording,
  },
  () => undefined,
);
await run.done;
await engine.close();
