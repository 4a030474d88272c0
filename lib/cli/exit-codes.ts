/** What the process tells its caller. */
export const exitCodes = {
  ok: 0,
  /** A request or a test failed. */
  failed: 1,
  /** The command line or the configuration is wrong, or something it names cannot be used. */
  usage: 2,
  /** A threshold was not kept. */
  threshold: 99,
  /** Ended by Ctrl-C or a termination signal. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export interface Outcome {
  interrupted: boolean;
  /** Every threshold that was asked for was kept; true when there is none. */
  thresholdsPassed: boolean;
  /** A threshold on the share of failed requests was given: it then decides how many may fail. */
  failuresJudgedByThreshold: boolean;
  failedRequests: number;
  /** Not one request came to a result: nothing was measured. */
  nothingAnswered: boolean;
  failedTests: number;
}

/** An interruption outweighs a threshold, which outweighs single failures. */
export function decideExitCode(outcome: Outcome): ExitCode {
  if (outcome.interrupted) return exitCodes.interrupted;
  if (!outcome.thresholdsPassed) return exitCodes.threshold;
  if (outcome.failedTests > 0 || outcome.nothingAnswered) return exitCodes.failed;
  if (outcome.failedRequests > 0 && !outcome.failuresJudgedByThreshold) return exitCodes.failed;
  return exitCodes.ok;
}
