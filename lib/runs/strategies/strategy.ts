import type { LoadModel } from '../../engine/types.js';
import type { RunConfig } from '../../model/run-config.js';
import { constantConcurrency } from './constant-concurrency.js';
import { constantRate } from './constant-rate.js';
import { iterations } from './iterations.js';
import { rampUp } from './ramp-up.js';

/** From a configuration to the load that the workers make: pure, without a clock. */
export function loadModelOf(config: RunConfig): LoadModel {
  switch (config.mode) {
    case 'constant':
      return config.targetRps === undefined ? constantConcurrency(config) : constantRate(config);
    case 'iterations':
      return iterations(config);
    case 'ramp_up':
      return rampUp(config);
  }
}
