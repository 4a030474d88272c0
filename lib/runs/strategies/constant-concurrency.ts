import type { LoadModel } from '../../engine/types.js';
import type { RunConfig } from '../../model/run-config.js';

/** Closed model: as many requests in flight as given, each followed at once by the next, for a time or a number of requests. */
export function constantConcurrency(config: RunConfig): LoadModel {
  const concurrency = config.concurrency ?? 1;
  return {
    kind: 'concurrency',
    segments: [
      {
        durationMs: config.durationMs ?? Infinity,
        startConcurrency: concurrency,
        endConcurrency: concurrency,
      },
    ],
    ...(config.iterations === undefined ? {} : { iterations: config.iterations }),
  };
}
