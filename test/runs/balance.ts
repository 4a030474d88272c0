import assert from 'node:assert/strict';
import type { Report } from '../../lib/model/report.js';

/** planned = sent + dropped, sent = succeeded + failed + aborted, and nothing is in flight. */
export function assertBalanced(report: Report): void {
  const { planned, sent, dropped, succeeded, failed, aborted, inFlight, balanced, sums } =
    report.conservation;
  assert.equal(planned, sent + dropped.total, sums.join());
  assert.equal(sent, succeeded + failed.total + aborted, sums.join());
  assert.equal(inFlight, 0);
  assert.equal(balanced, true);
}
