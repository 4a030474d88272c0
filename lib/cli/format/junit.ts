import type { Report } from '../../model/report.js';
import { formatThresholdValue } from './summary.js';

export interface JunitCase {
  name: string;
  className: string;
  /** Seconds. */
  time: number;
  /** A test that did not hold. */
  failure?: string;
  /** What kept it from being run. */
  error?: string;
  skipped?: boolean;
}

export interface JunitSuite {
  name: string;
  time: number;
  cases: JunitCase[];
}

/** Control characters are not allowed in XML 1.0, even escaped. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '�')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;')
    .replaceAll('\r', '&#13;');
}

function formatCase(one: JunitCase): string {
  const head = `    <testcase name="${escapeXml(one.name)}" classname="${escapeXml(one.className)}" time="${one.time.toFixed(3)}"`;
  const inner = [
    ...(one.failure === undefined ? [] : [`<failure message="${escapeXml(one.failure)}"/>`]),
    ...(one.error === undefined ? [] : [`<error message="${escapeXml(one.error)}"/>`]),
    ...(one.skipped === true ? ['<skipped/>'] : []),
  ];
  return inner.length === 0 ? `${head}/>` : `${head}>${inner.join('')}</testcase>`;
}

/** The JUnit XML that CI systems read. */
export function toJunit(suites: readonly JunitSuite[]): string {
  const count = (cases: readonly JunitCase[]) => ({
    tests: cases.length,
    failures: cases.filter((one) => one.failure !== undefined).length,
    errors: cases.filter((one) => one.error !== undefined).length,
    skipped: cases.filter((one) => one.skipped === true).length,
  });
  const attributes = (cases: readonly JunitCase[], time: number) =>
    `${Object.entries(count(cases))
      .map(([name, value]) => `${name}="${value}"`)
      .join(' ')} time="${time.toFixed(3)}"`;
  const all = suites.flatMap((suite) => suite.cases);
  const total = suites.reduce((sum, suite) => sum + suite.time, 0);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${attributes(all, total)}>`,
    ...suites.flatMap((suite) => [
      `  <testsuite name="${escapeXml(suite.name)}" ${attributes(suite.cases, suite.time)}>`,
      ...suite.cases.map(formatCase),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n');
}

/** A load run: one case for the requests, one for each test by name, one for each threshold. */
export function reportToJunit(report: Report, name: string, failuresJudgedByThreshold: boolean): string {
  const time = report.summary.totalDurationSeconds;
  const { failedRequests, totalRequests } = report.summary;
  const classes = Object.entries(report.errors.types).map(([type, count]) => `${count} × ${type}`);
  const requests: JunitCase = {
    name: 'requests succeed',
    className: 'load',
    time,
    ...(failedRequests > 0 && !failuresJudgedByThreshold
      ? { failure: `${failedRequests} of ${totalRequests} requests failed: ${classes.join(', ')}` }
      : {}),
  };
  const tests = (report.tests?.tests ?? []).map((test): JunitCase => ({
    name: test.name,
    className: 'test',
    time: 0,
    ...(test.failed > 0
      ? {
          failure: `${test.failed} of ${test.passed + test.failed} failed: ${test.failures[0] ?? 'no message'}`,
        }
      : {}),
    ...(test.failed + test.passed === 0 ? { skipped: true } : {}),
  }));
  const thresholds = report.thresholds.results.map((threshold): JunitCase => ({
    name: threshold.expression,
    className: 'threshold',
    time: 0,
    ...(threshold.passed
      ? {}
      : {
          failure: `${threshold.expression} was not kept: ${formatThresholdValue(threshold.expression, threshold.actual)}`,
        }),
  }));
  return toJunit([{ name, time, cases: [requests, ...tests, ...thresholds] }]);
}
