import { emptyTotals, type RunTotals } from './aggregator.js';

/** The totals as of a second, as they are stored beside its `total_requests`: enough to report on a run whose process was killed. */
export function storedTotals(totals: RunTotals): Record<string, unknown> {
  const tests = totals.tests.map(({ name, passed, failed, skipped }) => ({ name, passed, failed, skipped }));
  return { ...totals, tests };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

export function readTotals(labels: unknown): RunTotals | undefined {
  if (!isObject(labels) || !isObject(labels['counters'])) return undefined;
  const empty = emptyTotals();
  const stored = labels as unknown as RunTotals;
  return {
    ...empty,
    ...stored,
    counters: { ...empty.counters, ...stored.counters },
    dropped: { ...empty.dropped, ...stored.dropped },
    tests: stored.tests.map((test) => ({ ...test, failures: [] })),
  };
}
