import type { DesignResult } from '../../model/report.js';
import { oneLine, truncate, type Style } from './style.js';
import { formatBytes, formatLatency, plural } from './units.js';

/** What came of one request of `run` or `batch`. */
export interface RequestOutcome {
  /** The file or URL it came from. */
  name: string;
  result?: DesignResult;
  /** The request could not be carried out. */
  error?: { code: string; message: string };
  elapsedMs: number;
}

/** A request fails by an error, by a failed test or script, or, where it has no tests, by a status of 400 or above. */
export function hasFailed({ result, error }: RequestOutcome): boolean {
  if (error !== undefined || result === undefined) return true;
  if (result.scriptError !== undefined) return true;
  if (result.tests.some((test) => !test.passed && test.skipped !== true)) return true;
  return result.tests.length === 0 && result.skipped !== true && result.status >= 400;
}

export function failedTests(outcome: RequestOutcome): number {
  return (outcome.result?.tests ?? []).filter((test) => !test.passed && test.skipped !== true).length;
}

export interface ExchangeOptions {
  style: Style;
  width: number;
  /** Also the request as it was sent, and the response's headers. */
  verbose: boolean;
}

/** A response as `vayu run` shows it: status, timing, body, then console, tests and warnings. */
export function formatExchange(result: DesignResult, { style, width, verbose }: ExchangeOptions): string[] {
  const lines: string[] = [];
  if (verbose) {
    lines.push(style.dim(`> ${result.request.method} ${result.request.url}`));
    lines.push(
      ...result.request.headers.map(([name, value]) => style.dim(`> ${name}: ${oneLine(value)}`)),
      '',
    );
  }
  if (result.skipped === true) {
    lines.push(style.yellow('The pre-request script skipped this request.'));
  } else {
    const paint = result.status < 300 ? style.green : result.status < 400 ? style.yellow : style.red;
    lines.push(
      `${paint(style.bold(`${result.status} ${oneLine(result.statusText)}`.trim()))}  ${formatLatency(result.timing.total_ms)}, ${formatBytes(result.size)}, HTTP/${result.httpVersion}`,
    );
    lines.push(style.dim(formatPhases(result)));
    if (verbose)
      lines.push(...result.headerList.map(([name, value]) => `${style.cyan(name)}: ${oneLine(value)}`));
    const body = formatBody(result);
    if (body !== '') lines.push('', body);
  }
  if (result.console.length > 0) {
    lines.push('', style.bold('Console'));
    lines.push(
      ...result.console.map(
        ({ level, message }) => `  ${style.dim(level)} ${message.replaceAll('\n', '\n  ')}`,
      ),
    );
  }
  lines.push(...formatTests(result, style, width));
  if (result.warnings.length > 0)
    lines.push('', ...result.warnings.map((warning) => style.yellow(`warning: ${oneLine(warning)}`)));
  return lines;
}

function formatPhases({ timing, redirects, effectiveUrl }: DesignResult): string {
  const phases = [
    `DNS ${formatLatency(timing.dns_ms)}`,
    `connect ${formatLatency(timing.connect_ms)}`,
    ...(timing.tls_ms > 0 ? [`TLS ${formatLatency(timing.tls_ms)}`] : []),
    `first byte ${formatLatency(timing.first_byte_ms)}`,
    `download ${formatLatency(timing.download_ms)}`,
  ];
  const redirected = redirects > 0 ? `; ${plural(redirects, 'redirect')} to ${oneLine(effectiveUrl)}` : '';
  return phases.join(', ') + redirected;
}

function formatBody(result: DesignResult): string {
  if (result.bodyRaw === null) return `(${formatBytes(result.size)} of binary data)`;
  const text =
    typeof result.body === 'object' && result.body !== null
      ? JSON.stringify(result.body, null, 2)
      : result.bodyRaw;
  return text
    .replaceAll('\r\n', '\n')
    .replace(/[^\P{Cc}\n\t]/gu, '�')
    .replace(/\s+$/, '');
}

function formatTests(result: DesignResult, style: Style, width: number): string[] {
  const lines: string[] = [];
  if (result.tests.length > 0) {
    lines.push('', style.bold('Tests'));
    for (const test of result.tests) {
      const mark =
        test.skipped === true ? style.yellow('-') : test.passed ? style.green('✓') : style.red('✗');
      lines.push(`  ${mark} ${oneLine(test.name)}${test.skipped === true ? ' (skipped)' : ''}`);
      if (!test.passed && test.error !== undefined) lines.push(style.red(`      ${oneLine(test.error)}`));
    }
  }
  if (result.scriptError !== undefined) {
    const { script, line, column, message, phase } = result.scriptError;
    const where =
      line === undefined ? script : `${script}:${line}${column === undefined ? '' : `:${column}`}`;
    lines.push(
      '',
      style.red(
        truncate(
          `${phase === 'preRequest' ? 'Pre-request script' : 'Test script'} failed at ${where}: ${oneLine(message)}`,
          Math.max(width, 200),
        ),
      ),
    );
  }
  return lines;
}

/** One line of a batch: mark, name, status, time, tests. */
export function formatBatchLine(outcome: RequestOutcome, style: Style): string {
  const mark = hasFailed(outcome) ? style.red('✗') : style.green('✓');
  const { result, error } = outcome;
  if (result === undefined) {
    return `${mark} ${oneLine(outcome.name)}  ${style.red(error === undefined ? 'not run' : oneLine(error.message))}`;
  }
  const bad = failedTests(outcome);
  const tests =
    result.tests.length === 0
      ? ''
      : `, ${bad === 0 ? plural(result.tests.length, 'test') + ' passed' : style.red(`${bad} of ${plural(result.tests.length, 'test')} failed`)}`;
  const script =
    result.scriptError === undefined ? '' : `, ${style.red(oneLine(result.scriptError.message))}`;
  return `${mark} ${oneLine(outcome.name)}  ${result.skipped === true ? 'skipped' : result.status}, ${formatLatency(result.timing.total_ms)}${tests}${script}`;
}

/** The totals under a batch. */
export function formatBatchTotals(
  outcomes: readonly RequestOutcome[],
  elapsedMs: number,
  style: Style,
): string[] {
  const failed = outcomes.filter(hasFailed).length;
  const answered = outcomes.flatMap(({ result }) =>
    result === undefined || result.skipped === true ? [] : [result.timing.total_ms],
  );
  const tests = outcomes.flatMap(({ result }) =>
    (result?.tests ?? []).filter((test) => test.skipped !== true),
  );
  const testsFailed = tests.filter((test) => !test.passed).length;
  const average =
    answered.length === 0 ? undefined : answered.reduce((sum, ms) => sum + ms, 0) / answered.length;
  const word = failed === 0 ? style.green(style.bold('PASSED')) : style.red(style.bold('FAILED'));
  const perSecond = elapsedMs > 0 ? (outcomes.length * 1000) / elapsedMs : 0;
  return [
    `${word}  ${plural(outcomes.length, 'request')}: ${outcomes.length - failed} succeeded, ${failed} failed` +
      (tests.length === 0
        ? ''
        : `; ${plural(tests.length, 'test')}: ${tests.length - testsFailed} passed, ${testsFailed} failed`),
    style.dim(
      `  ${formatLatency(elapsedMs)} in all, ${perSecond.toFixed(1)} req/s, average ${formatLatency(average)}`,
    ),
  ];
}
