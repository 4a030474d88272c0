import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideExitCode, type Outcome } from '../../lib/cli/exit-codes.js';
import { createStyle } from '../../lib/cli/format/style.js';
import { formatSummary } from '../../lib/cli/format/summary.js';
import { outcomeOf } from '../../lib/cli/format/verdict.js';
import type { Report, ThresholdResult } from '../../lib/model/report.js';
import { report } from './report-fixture.js';

const style = createStyle(false);

function summarise(change: Partial<Report> = {}, interrupted = false): { text: string; exitCode: number } {
  const subject = report(change);
  const outcome = outcomeOf(subject, interrupted);
  const lines = formatSummary(subject, {
    style,
    width: 100,
    outcome,
    title: 'GET http://127.0.0.1:1/: 50 connections for 2s',
  });
  return { text: lines.join('\n'), exitCode: decideExitCode(outcome) };
}

function threshold(change: Partial<ThresholdResult>): ThresholdResult {
  return {
    expression: 'p99<200ms',
    passed: true,
    actual: 8,
    limit: 200,
    windowSeconds: null,
    failedAtSeconds: null,
    aborted: false,
    ...change,
  };
}

function failing(count: number): Partial<Report> {
  const base = report();
  return {
    summary: { ...base.summary, failedRequests: count, successfulRequests: 1000 - count },
    errors: {
      total: count,
      withDetails: 1,
      types: { timeout: 1, connection_failed: count - 1 },
      examples: { connection_failed: 'connect to 127.0.0.1\u001b[2J port 1: Connection refused' },
      samples: [],
    },
    conservation: {
      ...base.conservation,
      succeeded: 1000 - count,
      failed: { total: count, byClass: { timeout: 1 } },
    },
  };
}

test('exit codes: an interruption outweighs a threshold, which outweighs failures', () => {
  const base: Outcome = {
    interrupted: false,
    thresholdsPassed: true,
    failuresJudgedByThreshold: false,
    failedRequests: 0,
    nothingAnswered: false,
    failedTests: 0,
  };
  const cases: [Partial<Outcome>, number][] = [
    [{}, 0],
    [{ failedRequests: 1 }, 1],
    [{ failedTests: 1 }, 1],
    [{ nothingAnswered: true }, 1],
    [{ thresholdsPassed: false }, 99],
    [{ thresholdsPassed: false, failedRequests: 1, failedTests: 1 }, 99],
    [{ interrupted: true, thresholdsPassed: false, failedTests: 1 }, 130],
    [{ failedRequests: 5, failuresJudgedByThreshold: true }, 0],
    [{ failedRequests: 5, failuresJudgedByThreshold: true, failedTests: 1 }, 1],
  ];
  for (const [change, code] of cases)
    assert.equal(decideExitCode({ ...base, ...change }), code, JSON.stringify(change));
});

test('the verdict comes first, then figures, latencies side by side, distribution, sums', () => {
  const { text, exitCode } = summarise();
  assert.equal(exitCode, 0);
  const lines = text.split('\n');
  assert.equal(lines[0], 'PASSED  1,000 requests in 2.0s, 500 req/s');
  assert.equal(lines[1], '  GET http://127.0.0.1:1/: 50 connections for 2s');
  assert.match(text, /Requests {5}1,000 sent, 1,000 succeeded, 0 failed/);
  assert.match(text, /Rate {9}500 req\/s, peak 612/);
  assert.match(text, /Transfer {5}5\.0 MiB received, 2\.0 KiB sent/);
  assert.match(text, /response time {3}service time {3}lateness/);
  assert.match(text, /p99 {11}8\.00 ms {8}4\.00 ms {6}80 µs\n/);
  assert.match(text, /0 ms – {2}1\.00 ms {2}500 {2}50\.0% {2}█{40}/);
  assert.match(text, /Status codes\n {2}200 {2}1,000 {2}100%/);
  assert.match(text, /Sums {7}planned 1000 = sent 1000 \+ dropped 0; sent 1000 = succeeded 1000/);
  assert.match(text, /Transport {2}wire \(plain HTTP\/1\.1\), 2 workers/);
  assert.doesNotMatch(text, /\bTests\b|\bErrors\b|Thresholds|does not balance/);
});

test('failed requests are grouped with an example, and fail the run', () => {
  const { text, exitCode } = summarise(failing(12));
  assert.equal(exitCode, 1);
  assert.match(text, /^FAILED {2}1,000 requests in 2\.0s/);
  assert.match(text, /12 of 1,000 requests failed/);
  assert.match(
    text,
    /Errors\n {2}11 × connection_failed\n {6}connect to 127\.0\.0\.1�\[2J port 1: Connection refused\n {2}1 × timeout/,
  );
});

test('a threshold on the error rate decides how many may fail', () => {
  const results = [threshold({ expression: 'error_rate<5%', actual: 1.2, limit: 5 })];
  const { text, exitCode } = summarise({ ...failing(12), thresholds: { passed: true, results } });
  assert.equal(exitCode, 0);
  assert.match(text, /^PASSED/);
  assert.match(text, /✓ error_rate<5%: 1\.2%/);
});

test('a threshold that is not kept gives 99 and says by what', () => {
  const results = [
    threshold({ passed: false, actual: 312.4 }),
    threshold({ expression: 'rps>100', actual: 500 }),
    threshold({ expression: 'status.503<1', actual: null, passed: false }),
  ];
  const { text, exitCode } = summarise({ thresholds: { passed: false, results } });
  assert.equal(exitCode, 99);
  assert.match(text, /^FAILED/);
  assert.match(text, /2 thresholds not kept: p99<200ms, status\.503<1/);
  assert.match(text, /✗ p99<200ms: 312 ms/);
  assert.match(text, /✓ rps>100: 500\/s/);
  assert.match(text, /✗ status\.503<1: nothing measured/);
});

test('tests are listed by name with their first failures', () => {
  const base = report();
  const { text, exitCode } = summarise({
    summary: { ...base.summary, testsPassed: 1990, testsFailed: 10 },
    tests: {
      total: 2000,
      passed: 1990,
      failed: 10,
      skipped: 0,
      passRate: 99.5,
      tests: [
        { name: 'status is 200', passed: 1000, failed: 0, skipped: 0, failures: [] },
        {
          name: 'has id',
          passed: 990,
          failed: 10,
          skipped: 0,
          failures: ['expected undefined to exist', 'expected null\nto exist'],
        },
        { name: 'later', passed: 0, failed: 0, skipped: 1000, failures: [] },
      ],
    },
  });
  assert.equal(exitCode, 1);
  assert.match(text, /10 tests failed/);
  assert.match(
    text,
    /Tests\n {2}✓ status is 200: 1,000 passed\n {2}✗ has id: 10 of 1,000 failed \(1\.0%\)\n {6}expected undefined to exist\n {6}expected null to exist\n {2}- later: 0 passed, 1,000 skipped/,
  );
});

test('an interrupted run says so and gives 130', () => {
  const { text, exitCode } = summarise({ status: 'stopped', endReason: 'stopped by the user' }, true);
  assert.equal(exitCode, 130);
  assert.match(text, /^INTERRUPTED {2}1,000 requests/);
});

test('a generator at its limit is told at the top; sums that do not balance are told', () => {
  const base = report();
  const { text } = summarise({
    verdict: {
      result: 'generator_limited',
      message: 'workers were 99% busy',
      evidence: [{ kind: 'cpu', limiting: true, message: 'CPU at 99%', value: 0.99, limit: 0.9 }],
    },
    conservation: {
      ...base.conservation,
      balanced: false,
      dropped: { total: 4, byReason: { max_in_flight: 4, stopped: 0 } },
    },
  });
  assert.match(text, /^ {2}workers were 99% busy$/m);
  assert.match(text, /Notes\n {2}CPU at 99%/);
  assert.match(text, /\(does not balance\)/);
  assert.match(text, /Dropped {4}4 max_in_flight/);
});

test('a run without a single response has no latency to show', () => {
  const base = report();
  const { text } = summarise({
    ...failing(1000),
    responseTime: { ...base.responseTime, count: 0 },
    distribution: { responseTime: [], serviceTime: [] },
    statusCodes: {},
  });
  assert.doesNotMatch(text, /Latency|Distribution|Status codes/);
});

test('a run in which nothing was answered has not passed', () => {
  const base = report();
  const { text, exitCode } = summarise({
    summary: { ...base.summary, totalRequests: 0, successfulRequests: 0, abortedRequests: 20 },
    conservation: { ...base.conservation, sent: 20, succeeded: 0, aborted: 20 },
  });
  assert.equal(exitCode, 1);
  assert.match(text, /^FAILED {2}0 requests.*\n {2}no request came to a result\n/);
  assert.match(text, /20 sent, 0 succeeded, 0 failed, 20 aborted/);
});

test('the slowest exchanges are named with where their time went', () => {
  const one = {
    kind: 'exemplar' as const,
    intendedMs: 3200,
    sentMs: 3300,
    firstByteMs: 3480,
    doneMs: 3500,
    responseTimeMs: 300,
    serviceTimeMs: 200,
    status: 200,
    error: null,
    errorClass: null,
  };
  const failed = { ...one, firstByteMs: 0, status: null, error: 'no answer', errorClass: 'timeout' };
  const { text } = summarise({
    exemplars: [
      { fromPercentile: 0, toPercentile: 50, results: [{ ...one, status: 204 }] },
      { fromPercentile: 99.9, toPercentile: 100, results: [one, failed] },
    ],
  });
  assert.match(
    text,
    /^Slowest\n {2}300 ms {2}at 3\.2s {2}status 200 {2}waited 100 ms, first byte after 180 ms, rest 20\.0 ms$/m,
  );
  assert.match(text, /^ {2}300 ms {2}at 3\.2s {2}timeout {5}waited 100 ms, service 200 ms$/m);
  assert.doesNotMatch(text, /status 204/);
});
