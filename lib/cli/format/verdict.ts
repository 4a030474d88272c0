import type { Report } from '../../model/report.js';
import type { Outcome } from '../exit-codes.js';
import { formatCount, plural } from './units.js';

/** What a load run means for the exit code. */
export function outcomeOf(report: Report, interrupted: boolean): Outcome {
  return {
    interrupted,
    thresholdsPassed: report.thresholds.passed,
    failuresJudgedByThreshold: report.thresholds.results.some(({ expression }) =>
      /^\s*(?:error_rate|success_rate|errors)\b/.test(expression),
    ),
    failedRequests: report.summary.failedRequests,
    nothingAnswered: report.summary.totalRequests === 0,
    failedTests: report.summary.testsFailed,
  };
}

export interface VerdictLine {
  word: 'PASSED' | 'FAILED' | 'INTERRUPTED';
  /** Why, in words; empty where there is nothing to say. */
  reasons: string[];
}

/** The first line of a summary: it agrees with the exit code. */
export function describeVerdict(report: Report, outcome: Outcome): VerdictLine {
  const reasons: string[] = [];
  const broken = report.thresholds.results.filter((threshold) => !threshold.passed);
  if (broken.length > 0)
    reasons.push(
      `${plural(broken.length, 'threshold')} not kept: ${broken.map(({ expression }) => expression).join(', ')}`,
    );
  if (outcome.failedTests > 0) reasons.push(`${plural(outcome.failedTests, 'test')} failed`);
  if (outcome.failedRequests > 0) {
    const { failedRequests, totalRequests } = report.summary;
    reasons.push(`${formatCount(failedRequests)} of ${plural(totalRequests, 'request')} failed`);
  }
  if (outcome.nothingAnswered) reasons.push('no request came to a result');
  if (report.status === 'failed' && reasons.length === 0) reasons.push(report.endReason);
  if (outcome.interrupted) return { word: 'INTERRUPTED', reasons };
  const failed =
    !outcome.thresholdsPassed ||
    outcome.failedTests > 0 ||
    outcome.nothingAnswered ||
    report.status === 'failed';
  const tooManyFailed = outcome.failedRequests > 0 && !outcome.failuresJudgedByThreshold;
  return { word: failed || tooManyFailed ? 'FAILED' : 'PASSED', reasons };
}
