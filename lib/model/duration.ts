import * as z from 'zod';

const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const pattern = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;
const part = /(\d+(?:\.\d+)?)(ms|s|m|h)/g;

/** Longest run that is taken for meant: 30 days. */
export const maxDurationMs = 30 * 24 * 3_600_000;
/** A bare number above this many seconds was most likely written as milliseconds: one day. */
const maxBareSeconds = 86_400;

/** Milliseconds of `"500ms"`, `"30s"`, `"1m30s"`, `"5m"`, `"1h"` or a number of seconds; undefined where it is none of them. */
export function parseDurationMs(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value * 1000 : undefined;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!pattern.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(part)) total += Number(amount) * (unitMs[unit ?? ''] ?? 0);
  return total;
}

/** What is wrong with a duration that was given, as `[expected, fix]`; undefined where nothing is. */
export function durationFault(value: unknown, minMs = 1): { expected: string; fix?: string } | undefined {
  const ms = parseDurationMs(value);
  const expected = 'a duration: seconds as a number, or "500ms", "30s", "5m", "1h"';
  if (ms === undefined) return { expected };
  if (ms < minMs) return { expected: minMs <= 0 ? 'a duration of 0 or more' : 'a duration above 0' };
  if (typeof value === 'number' && value > maxBareSeconds) {
    return {
      expected: `at most ${maxBareSeconds} seconds as a bare number`,
      fix: `Write "${value}ms" for milliseconds, or a unit such as "${Math.round(value / 3600)}h" for seconds`,
    };
  }
  if (ms > maxDurationMs) return { expected: 'at most 30 days (720h)' };
  return undefined;
}

/** A duration as users write it; read it with {@link parseDurationMs}. */
export function durationSchema(minMs = 1) {
  return z
    .union([z.number(), z.string()], {
      error: 'a duration: seconds as a number, or "500ms", "30s", "5m", "1h"',
    })
    .superRefine((value, context) => {
      const fault = durationFault(value, minMs);
      if (fault === undefined) return;
      context.addIssue({ code: 'custom', input: value, message: fault.expected, params: { fix: fault.fix } });
    })
    .meta({ description: 'Seconds as a number, or a number with a unit: "500ms", "30s", "5m", "1h"' });
}

/** `1h5m`, `30s`, `1.5s`, `250ms`: the shortest form a user would write. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return 'unlimited';
  if (ms < 1000) return `${Math.round(ms)}ms`;
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(3))}s`;
  const seconds = Math.round(ms / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = seconds % 60;
  return `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes}m` : ''}${rest > 0 ? `${rest}s` : ''}`;
}
