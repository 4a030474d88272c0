import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { csvCell, reportToCsv } from '../../lib/cli/format/csv.js';
import {
  formatBatchLine,
  formatBatchTotals,
  formatExchange,
  hasFailed,
  type RequestOutcome,
} from '../../lib/cli/format/exchange.js';
import { reportToJunit, toJunit } from '../../lib/cli/format/junit.js';
import { describeLoad } from '../../lib/cli/format/load-title.js';
import { outcomesToCsv, outcomesToJunit } from '../../lib/cli/format/outcomes.js';
import { createStyle } from '../../lib/cli/format/style.js';
import { checkResultFiles } from '../../lib/cli/result-files.js';
import type { DesignResult, SeriesPoint } from '../../lib/model/report.js';
import { parseRunConfig } from '../../lib/model/run-config.js';
import { report } from './report-fixture.js';

const style = createStyle(false);

function result(change: Partial<DesignResult> = {}): DesignResult {
  return {
    runId: 'run_1',
    status: 200,
    statusText: 'OK',
    headers: { 'content-type': 'application/json' },
    headerList: [['content-type', 'application/json']],
    body: { a: 1 },
    bodyRaw: '{"a":1}',
    timing: { total_ms: 12.34, dns_ms: 0, connect_ms: 0.2, tls_ms: 0, first_byte_ms: 11, download_ms: 1 },
    tests: [],
    console: [],
    httpVersion: '1.1',
    size: 7,
    headerSize: 60,
    bodyBytesOnWire: 7,
    remoteAddress: '127.0.0.1',
    redirects: 0,
    effectiveUrl: 'http://127.0.0.1/',
    request: { method: 'GET', url: 'http://127.0.0.1/', headers: [['accept', '*/*']] },
    warnings: [],
    ...change,
  };
}

const outcome = (change: Partial<DesignResult>): RequestOutcome => ({
  name: 'a.json',
  result: result(change),
  elapsedMs: 13,
});

test('a request fails by error, test, script, or a bad status where it has no tests', () => {
  const passed = { name: 't', passed: true };
  assert.equal(hasFailed(outcome({})), false);
  assert.equal(hasFailed(outcome({ status: 404 })), true);
  assert.equal(hasFailed(outcome({ status: 404, tests: [passed] })), false);
  assert.equal(hasFailed(outcome({ tests: [passed, { name: 'u', passed: false, error: 'x' }] })), true);
  assert.equal(hasFailed(outcome({ tests: [{ name: 'u', passed: false, skipped: true }] })), false);
  assert.equal(
    hasFailed(
      outcome({
        tests: [passed],
        scriptError: { phase: 'test', kind: 'exception', script: 's', message: 'm' },
      }),
    ),
    true,
  );
  assert.equal(hasFailed(outcome({ status: 0, skipped: true })), false);
  assert.equal(hasFailed({ name: 'a', error: { code: 'timeout', message: 'm' }, elapsedMs: 1 }), true);
});

test('a response is shown with status, phases, body, console and tests', () => {
  const lines = formatExchange(
    result({
      tests: [
        { name: 'is ok', passed: true },
        { name: 'has b', passed: false, error: 'expected { a: 1 } to have property b' },
      ],
      console: [{ level: 'log', message: 'hello' }],
      warnings: ['{{x}} is not defined'],
    }),
    { style, width: 100, verbose: false },
  );
  assert.deepEqual(lines, [
    '200 OK  12.3 ms, 7 B, HTTP/1.1',
    'DNS 0 ms, connect 0.20 ms, first byte 11.0 ms, download 1.00 ms',
    '',
    '{\n  "a": 1\n}',
    '',
    'Console',
    '  log hello',
    '',
    'Tests',
    '  ✓ is ok',
    '  ✗ has b',
    '      expected { a: 1 } to have property b',
    '',
    'warning: {{x}} is not defined',
  ]);
});

test('verbose shows both heads; binary and hostile bodies do no harm', () => {
  const verbose = formatExchange(result(), { style, width: 100, verbose: true });
  assert.equal(verbose[0], '> GET http://127.0.0.1/');
  assert.ok(verbose.includes('content-type: application/json'));
  assert.ok(
    formatExchange(result({ body: null, bodyRaw: null, size: 2048 }), {
      style,
      width: 80,
      verbose: false,
    }).includes('(2.0 KiB of binary data)'),
  );
  const hostile = formatExchange(result({ body: 'a\u001b]0;x\u0007\tb', bodyRaw: 'a\u001b]0;x\u0007\tb' }), {
    style,
    width: 80,
    verbose: false,
  });
  assert.equal(hostile[3], 'a�]0;x�\tb');
});

test('a script that fails is told with its place', () => {
  const lines = formatExchange(
    result({
      scriptError: {
        phase: 'test',
        kind: 'exception',
        script: 'test script',
        message: 'x is not defined',
        line: 3,
        column: 7,
      },
    }),
    { style, width: 80, verbose: false },
  );
  assert.equal(lines.at(-1), 'Test script failed at test script:3:7: x is not defined');
});

test('a batch has a line per file and totals', () => {
  const outcomes: RequestOutcome[] = [
    outcome({ tests: [{ name: 't', passed: true }] }),
    {
      name: 'b.json',
      result: result({ status: 500, timing: { ...result().timing, total_ms: 20 } }),
      elapsedMs: 1,
    },
    { name: 'c.json', error: { code: 'connection_failed', message: 'connection refused' }, elapsedMs: 1 },
  ];
  assert.deepEqual(
    outcomes.map((one) => formatBatchLine(one, style)),
    ['✓ a.json  200, 12.3 ms, 1 test passed', '✗ b.json  500, 20.0 ms', '✗ c.json  connection refused'],
  );
  assert.deepEqual(formatBatchTotals(outcomes, 100, style), [
    'FAILED  3 requests: 1 succeeded, 2 failed; 1 test: 1 passed, 0 failed',
    '  100 ms in all, 30.0 req/s, average 16.2 ms',
  ]);
});

test('CSV cells are quoted where they must be and never run as formulas', () => {
  assert.equal(csvCell('a,b'), '"a,b"');
  assert.equal(csvCell('say "x"'), '"say ""x"""');
  assert.equal(csvCell('=1+1'), "'=1+1");
  assert.equal(csvCell(-1.5), '-1.5');
  assert.equal(csvCell(null), '');
  assert.equal(csvCell(NaN), '');
});

test('the CSV of a run has a row per second, that of a batch a row per request', () => {
  const latency = { avg: 1, p50: 2, p90: 3, p95: 4, p99: 5, max: 6 };
  const point: SeriesPoint = {
    second: 1,
    durationMs: 1000,
    rps: 500,
    sendRate: 501,
    planned: 502,
    sent: 503,
    succeeded: 504,
    failed: 505,
    aborted: 506,
    dropped: 507,
    inFlight: 508,
    connectionsActive: 509,
    target: 510,
    errorRate: 0,
    latency,
    service: { ...latency, p50: 1.5 },
    latenessP99: 0.25,
    bytesSent: 511,
    bytesReceived: 512,
  };
  const [header, row, end] = reportToCsv(report({ series: [point] })).split('\r\n');
  assert.equal(end, '');
  const cells = Object.fromEntries(
    (header ?? '').split(',').map((name, index) => [name, row?.split(',')[index]]),
  );
  assert.equal(cells['rps'], '500');
  assert.equal(cells['response_p50_ms'], '2');
  assert.equal(cells['service_p50_ms'], '1.5');
  assert.equal(cells['lateness_p99_ms'], '0.25');
  assert.equal(cells['bytes_received'], '512');

  const rows = outcomesToCsv([
    outcome({}),
    { name: 'x', error: { code: 'timeout', message: 'timed out' }, elapsedMs: 1 },
  ]).split('\r\n');
  assert.equal(rows[1], 'a.json,GET,http://127.0.0.1/,200,12.34,0,0.2,0,11,1,7,0,0,false,');
  assert.equal(rows[2], `x${','.repeat(13)}true,timed out`);
});

test('JUnit escapes everything and counts failures and errors', () => {
  const xml = toJunit([
    {
      name: 'a & b',
      time: 1.5,
      cases: [
        { name: '<t>', className: 'c', time: 0, failure: 'said "no"\n\u0000' },
        { name: 'e', className: 'c', time: 0.25, error: 'refused' },
        { name: 's', className: 'c', time: 0, skipped: true },
      ],
    },
  ]);
  assert.equal(
    xml,
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="1" errors="1" skipped="1" time="1.500">
  <testsuite name="a &amp; b" tests="3" failures="1" errors="1" skipped="1" time="1.500">
    <testcase name="&lt;t&gt;" classname="c" time="0.000"><failure message="said &quot;no&quot;&#10;�"/></testcase>
    <testcase name="e" classname="c" time="0.250"><error message="refused"/></testcase>
    <testcase name="s" classname="c" time="0.000"><skipped/></testcase>
  </testsuite>
</testsuites>
`,
  );
});

test('JUnit of a run has its requests, tests and thresholds; of a batch a suite per request', () => {
  const base = report();
  const run = report({
    summary: { ...base.summary, failedRequests: 2 },
    errors: { ...base.errors, types: { timeout: 2 } },
    tests: {
      total: 10,
      passed: 9,
      failed: 1,
      skipped: 0,
      passRate: 90,
      tests: [{ name: 'ok', passed: 9, failed: 1, skipped: 0, failures: ['expected 1 to equal 2'] }],
    },
    thresholds: {
      passed: false,
      results: [
        {
          expression: 'p99<1ms',
          passed: false,
          actual: 8,
          limit: 1,
          windowSeconds: null,
          failedAtSeconds: null,
          aborted: false,
        },
      ],
    },
  });
  const xml = reportToJunit(run, 'GET x', false);
  assert.match(xml, /<testsuites tests="3" failures="3" errors="0" skipped="0" time="2\.000">/);
  assert.match(xml, /2 of 1000 requests failed: 2 × timeout/);
  assert.match(xml, /1 of 10 failed: expected 1 to equal 2/);
  assert.match(xml, /p99&lt;1ms was not kept: 8\.00 ms/);
  assert.match(reportToJunit(run, 'GET x', true), /failures="2"/);

  const batch = outcomesToJunit([
    outcome({ status: 500 }),
    outcome({ tests: [{ name: 't', passed: false, error: 'no' }] }),
  ]);
  assert.match(batch, /<testsuites tests="3" failures="2" errors="0" skipped="0"/);
  assert.match(batch, /<failure message="status 500"\/>/);
});

test('result files are checked before anything runs', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vayu-out-'));
  assert.deepEqual(checkResultFiles([join(folder, 'r.json'), join(folder, 'r.XML')]), [
    { path: join(folder, 'r.json'), format: 'json' },
    { path: join(folder, 'r.XML'), format: 'xml' },
  ]);
  assert.throws(() => checkResultFiles(['r.txt']), {
    message: /--out: expected a file that ends in \.json, \.csv or \.xml, got "r\.txt"/,
  });
  assert.throws(() => checkResultFiles([join(folder, 'none', 'r.json')]), {
    message: /its folder does not exist/,
  });
});

test('the title of a load says what it does', () => {
  const title = (input: Record<string, unknown>) =>
    describeLoad(parseRunConfig({ url: 'http://a/', ...input }));
  assert.equal(
    title({ mode: 'constant', concurrency: 64, duration: 5 }),
    'GET http://a/: 64 connections for 5s',
  );
  assert.equal(
    title({ mode: 'constant', targetRps: 500, duration: '1m' }),
    'GET http://a/: 500 req/s for 1m',
  );
  assert.equal(
    title({ mode: 'iterations', iterations: 1000, concurrency: 1, body: 'x' }),
    'POST http://a/: 1,000 requests, 1 connection',
  );
  assert.equal(
    title({
      mode: 'ramp_up',
      stages: [
        { duration: 10, targetRps: 100 },
        { duration: 60, targetRps: 500, ramp: 'linear' },
      ],
    }),
    'GET http://a/: 100 req/s for 10s, to 500 req/s for 1m',
  );
  assert.equal(
    title({ mode: 'ramp_up', startConcurrency: 1, concurrency: 100, duration: 20, rampUpDuration: 5 }),
    'GET http://a/: from 1 to 100 connections over 5s for 20s',
  );
});
