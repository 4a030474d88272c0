import { InvalidArgumentError } from 'commander';
import { durationFault, parseDurationMs } from '../../model/duration.js';

/** Milliseconds of `10s`, `500ms`, `5m`, `1h`, or of a bare number of seconds. */
export function durationMs(minMs = 1): (text: string) => number {
  return (text) => {
    const fault = durationFault(text, minMs);
    if (fault === undefined) return parseDurationMs(text) ?? 0;
    throw new InvalidArgumentError(
      `Expected ${fault.expected}.${fault.fix === undefined ? '' : ` ${fault.fix}.`}`,
    );
  };
}

/** Milliseconds of a timeout: as {@link durationMs}, and 0 for none. */
export const timeoutMs = durationMs(0);

export interface StageText {
  duration: string;
  targetRps: number;
  ramp?: 'linear';
}

/** `30s:100,1m:500`: a duration and a rate per stage; `30s:100~` (or `30s:~100`) goes to the rate in a line. */
export function stages(text: string): StageText[] {
  return text.split(',').map((part) => {
    const match = /^\s*([^:]+?)\s*:\s*(~?)\s*([\d.]+)\s*(~?)\s*$/.exec(part);
    const rate = Number(match?.[3]);
    if (match === null || durationFault(match[1] ?? '') !== undefined || !Number.isFinite(rate)) {
      throw new InvalidArgumentError(
        `Expected stages as duration:rate, for example 30s:100,1m:500, or 30s:~500 to rise in a line; cannot read "${part.trim()}".`,
      );
    }
    const stage: StageText = { duration: match[1] ?? '', targetRps: rate };
    return match[2] === '~' || match[4] === '~' ? { ...stage, ramp: 'linear' as const } : stage;
  });
}

/** Whether text given as a body was most likely meant as wrk's duration. */
export function looksLikeDuration(text: string): boolean {
  return /^\d+(?:\.\d+)?(?:ms|s|m|h)$/.test(text);
}
