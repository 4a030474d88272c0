import type { LoadModel } from '../../engine/types.js';
import type { RunConfig } from '../../model/run-config.js';
import { constantConcurrency } from './constant-concurrency.js';
import { constantRate } from './constant-rate.js';

export const defaultConcurrency = 10;

/** An exact number of requests, shared over all workers: at a concurrency, or at a rate where one is given. */
export function iterations(config: RunConfig): LoadModel {
  if (config.targetRps !== undefined) return constantRate(config);
  const budget = config.iterations ?? 0;
  const concurrency = Math.min(config.concurrency ?? defaultConcurrency, budget);
  return constantConcurrency({ ...config, concurrency });
}
