import { toCsv } from './csv.js';
import type { RequestOutcome } from './exchange.js';
import { hasFailed } from './exchange.js';
import { toJunit, type JunitCase } from './junit.js';

const header = [
  'name',
  'method',
  'url',
  'status',
  'total_ms',
  'dns_ms',
  'connect_ms',
  'tls_ms',
  'first_byte_ms',
  'download_ms',
  'size_bytes',
  'tests_passed',
  'tests_failed',
  'failed',
  'error',
];

/** One row per request. */
export function outcomesToCsv(outcomes: readonly RequestOutcome[]): string {
  return toCsv(
    header,
    outcomes.map((outcome) => {
      const { result } = outcome;
      const failed = String(hasFailed(outcome));
      if (result === undefined)
        return [outcome.name, ...Array<null>(12).fill(null), failed, outcome.error?.message ?? ''];
      const tests = result.tests.filter((test) => test.skipped !== true);
      const { timing } = result;
      return [
        outcome.name,
        result.request.method,
        result.request.url,
        result.status,
        timing.total_ms,
        timing.dns_ms,
        timing.connect_ms,
        timing.tls_ms,
        timing.first_byte_ms,
        timing.download_ms,
        result.size,
        tests.filter((test) => test.passed).length,
        tests.filter((test) => !test.passed).length,
        failed,
        result.scriptError?.message ?? '',
      ];
    }),
  );
}

/** One suite per request: a case for the response, and one for each test. */
export function outcomesToJunit(outcomes: readonly RequestOutcome[]): string {
  return toJunit(
    outcomes.map((outcome) => {
      const time = (outcome.result?.timing.total_ms ?? 0) / 1000;
      return { name: outcome.name, time, cases: [responseCase(outcome, time), ...testCases(outcome)] };
    }),
  );
}

function responseCase({ name, result, error }: RequestOutcome, time: number): JunitCase {
  const response: JunitCase = { name: 'response', className: name, time };
  if (result === undefined)
    return { ...response, error: error === undefined ? 'not run' : `${error.code}: ${error.message}` };
  if (result.scriptError !== undefined) return { ...response, error: result.scriptError.message };
  if (result.skipped === true) return { ...response, skipped: true };
  return result.tests.length === 0 && result.status >= 400
    ? { ...response, failure: `status ${result.status}` }
    : response;
}

function testCases({ name, result }: RequestOutcome): JunitCase[] {
  return (result?.tests ?? []).map((test) => ({
    name: test.name,
    className: name,
    time: 0,
    ...(test.skipped === true ? { skipped: true } : test.passed ? {} : { failure: test.error ?? 'failed' }),
  }));
}
