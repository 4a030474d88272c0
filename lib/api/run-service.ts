import type { RunManager } from '../runs/run-manager.js';

/** What the API needs of the RunManager. */
export type RunService = Pick<
  RunManager,
  | 'start'
  | 'stop'
  | 'update'
  | 'execute'
  | 'live'
  | 'activeRuns'
  | 'report'
  | 'window'
  | 'setLimits'
  | 'close'
>;
