import type { LoadModel, RateSegment } from '../../engine/types.js';
import type { RunConfig } from '../../model/run-config.js';

/** What all open models of a configuration share. */
export function rateModel(config: RunConfig, segments: RateSegment[]): LoadModel {
  return {
    kind: 'rate',
    segments,
    arrival: config.arrival,
    seed: config.seed,
    burst: config.burst,
    maxInFlight: config.maxInFlight,
    ...(config.iterations === undefined ? {} : { iterations: config.iterations }),
  };
}
