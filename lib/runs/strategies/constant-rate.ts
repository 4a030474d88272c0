import type { LoadModel } from '../../engine/types.js';
import type { RunConfig } from '../../model/run-config.js';
import { rateModel } from './rate-model.js';

/**
 * How long a plan of `iterations` arrivals may take, in ms. Uniform arrivals take exactly their number over the rate; Poisson arrivals scatter
 * around it by the square root of their number, of which ten are left as room.
 */
export function timeForArrivals(iterations: number, rate: number, arrival: 'uniform' | 'poisson'): number {
  const room = arrival === 'poisson' ? 10 * Math.sqrt(iterations) + 10 : 1;
  return Math.ceil(((iterations + room) / rate) * 1000);
}

/** Open model: arrivals are due at a fixed rate whatever the server does, for a time or a number of them, whichever ends first. */
export function constantRate(config: RunConfig): LoadModel {
  const rate = config.targetRps ?? 0;
  const durationMs = config.durationMs ?? timeForArrivals(config.iterations ?? 0, rate, config.arrival);
  return rateModel(config, [{ durationMs, startRate: rate, endRate: rate }]);
}
