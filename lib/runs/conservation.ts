import type { Conservation } from '../model/report.js';
import type { RunTotals } from './aggregator.js';

const nonZero = (counts: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));

const sum = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

const parts = (counts: Record<string, number>): string => {
  const entries = Object.entries(nonZero(counts));
  return entries.length === 0 ? '' : ` (${entries.map(([name, count]) => `${name} ${count}`).join(', ')})`;
};

/**
 * Where every planned request went. Totals are the sums of their parts, so that a part that is lost shows as an imbalance instead of
 * disappearing. Requests still in flight count as sent only; at the end there are none.
 */
export function conservationOf(totals: RunTotals): Conservation {
  const { planned, sent, succeeded, aborted } = totals.counters;
  const dropped = { total: sum(totals.dropped), byReason: nonZero(totals.dropped) };
  const failed = { total: sum(totals.failures), byClass: nonZero(totals.failures) };
  const ended = succeeded + failed.total + aborted;
  const flying = totals.inFlight === 0 ? '' : ` + in flight ${totals.inFlight}`;
  const planEquals = planned === sent + dropped.total;
  const sentEquals = sent === ended + totals.inFlight;
  const countersAgree = totals.counters.dropped === dropped.total && totals.counters.failed === failed.total;
  return {
    planned,
    sent,
    dropped,
    succeeded,
    failed,
    aborted,
    inFlight: totals.inFlight,
    balanced: planEquals && sentEquals && countersAgree,
    sums: [
      `planned ${planned} ${planEquals ? '=' : '≠'} sent ${sent} + dropped ${dropped.total}${parts(dropped.byReason)}`,
      `sent ${sent} ${sentEquals ? '=' : '≠'} succeeded ${succeeded} + failed ${failed.total}${parts(failed.byClass)} + aborted ${aborted}${flying}`,
    ],
  };
}
