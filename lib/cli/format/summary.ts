import type { Distribution, Report } from '../../model/report.js';
import { parseThresholdExpression } from '../../model/threshold.js';
import type { Outcome } from '../exit-codes.js';
import { formatDistribution } from './distribution.js';
import { oneLine, truncate, type Style } from './style.js';
import { formatTable } from './table.js';
import {
  formatBytes,
  formatCount,
  formatElapsed,
  formatLatency,
  formatRate,
  formatShare,
  plural,
} from './units.js';
import { describeVerdict } from './verdict.js';

export interface SummaryOptions {
  style: Style;
  /** Columns of the terminal. */
  width: number;
  outcome: Outcome;
  /** What was run: `GET http://…`. */
  title: string;
}

/** The summary of a load run, verdict first. Lines without the final line break. */
export function formatSummary(report: Report, options: SummaryOptions): string[] {
  const sections = [
    headline(report, options),
    requests(report, options.style),
    latencies(report, options.style),
    distribution(report, options),
    slowest(report, options.style),
    statusCodes(report, options.style),
    tests(report, options),
    errors(report, options),
    thresholds(report, options.style),
    evidence(report, options.style),
    closing(report, options.style),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

const indent = (lines: string[]): string[] => lines.map((line) => `  ${line}`);

function headline(report: Report, { style, outcome, title, width }: SummaryOptions): string[] {
  const { word, reasons } = describeVerdict(report, outcome);
  const paint = word === 'PASSED' ? style.green : word === 'FAILED' ? style.red : style.yellow;
  const { summary } = report;
  const lines = [
    `${paint(style.bold(word))}  ${plural(summary.totalRequests, 'request')} in ${formatElapsed(summary.totalDurationSeconds * 1000)}, ${formatRate(summary.avgRps)} req/s`,
    ...reasons.map((reason) => paint(`  ${reason}`)),
  ];
  if (report.verdict.result === 'generator_limited') {
    lines.push(style.yellow(`  ${report.verdict.message}`));
  }
  lines.push(style.dim(`  ${truncate(oneLine(title), width - 2)}`));
  return lines;
}

function requests(report: Report, style: Style): string[] {
  const { conservation, summary } = report;
  const failed = `${formatCount(conservation.failed.total)} failed`;
  const counts = [
    `${formatCount(conservation.sent)} sent`,
    `${formatCount(conservation.succeeded)} succeeded`,
    conservation.failed.total > 0 ? style.red(failed) : failed,
    ...(conservation.aborted > 0 ? [style.yellow(`${formatCount(conservation.aborted)} aborted`)] : []),
    ...(conservation.dropped.total > 0
      ? [style.yellow(`${formatCount(conservation.dropped.total)} dropped`)]
      : []),
  ];
  // A run of less than a second has no peak.
  const peak = summary.peakRps > 0 ? `, peak ${formatRate(summary.peakRps)}` : '';
  const rate = `${formatRate(summary.avgRps)} req/s${peak}`;
  const rows = [
    ['Requests', counts.join(', ')],
    ['Rate', rate],
    ['Transfer', `${formatBytes(summary.bytesReceived)} received, ${formatBytes(summary.bytesSent)} sent`],
    [
      'Connections',
      `${formatCount(report.connections.opened)} opened, ${formatCount(report.connections.reused)} reused`,
    ],
  ];
  return formatTable(
    rows.map(([name, value]) => [style.bold(name ?? ''), value ?? '']),
    ['left', 'left'],
  );
}

const rowsOfLatency: [name: string, key: keyof Distribution][] = [
  ['min', 'min'],
  ['mean', 'avg'],
  ['p50', 'p50'],
  ['p75', 'p75'],
  ['p90', 'p90'],
  ['p95', 'p95'],
  ['p99', 'p99'],
  ['p99.9', 'p999'],
  ['max', 'max'],
];

function latencies(report: Report, style: Style): string[] {
  if (report.responseTime.count === 0) return [];
  const measures = [report.responseTime, report.serviceTime, report.lateness];
  const header = ['', 'response time', 'service time', 'lateness'].map((text) => style.dim(text));
  const rows = rowsOfLatency.map(([name, key]) => [
    name,
    ...measures.map((measure) => formatLatency(measure.count === 0 ? null : measure[key])),
  ]);
  return [
    style.bold('Latency'),
    ...indent(formatTable([header, ...rows], ['left', 'right', 'right', 'right'], '   ')),
  ];
}

function distribution(report: Report, { style, width }: SummaryOptions): string[] {
  const lines = formatDistribution(
    report.distribution.responseTime,
    style,
    Math.max(10, Math.min(40, width - 45)),
  );
  return lines.length === 0 ? [] : [style.bold('Distribution of response times'), ...indent(lines)];
}

/** The slowest exchanges of the run, each with where its time went. */
function slowest(report: Report, style: Style): string[] {
  const results = report.exemplars.at(-1)?.results ?? [];
  if (results.length === 0) return [];
  const rows = results.map((one) => [
    formatLatency(one.responseTimeMs),
    `at ${formatElapsed(one.intendedMs)}`,
    one.status === null ? (one.errorClass ?? 'no response') : `status ${one.status}`,
    [
      `waited ${formatLatency(one.sentMs - one.intendedMs)}`,
      ...(one.firstByteMs > one.sentMs
        ? [
            `first byte after ${formatLatency(one.firstByteMs - one.sentMs)}`,
            `rest ${formatLatency(one.doneMs - one.firstByteMs)}`,
          ]
        : [`service ${formatLatency(one.serviceTimeMs)}`]),
    ].join(', '),
  ]);
  return [style.bold('Slowest'), ...indent(formatTable(rows, ['right', 'left', 'left', 'left']))];
}

function statusCodes(report: Report, style: Style): string[] {
  const codes = Object.entries(report.statusCodes).filter(([, count]) => count > 0);
  if (codes.length === 0) return [];
  const total = codes.reduce((sum, [, count]) => sum + count, 0);
  const rows = codes.map(([code, count]) => [
    code.startsWith('2')
      ? style.green(code)
      : code.startsWith('4') || code.startsWith('5')
        ? style.red(code)
        : style.yellow(code),
    formatCount(count),
    formatShare(count / total),
  ]);
  return [style.bold('Status codes'), ...indent(formatTable(rows, ['left', 'right', 'right']))];
}

function tests(report: Report, { style, width }: SummaryOptions): string[] {
  if (report.tests === undefined) return [];
  const lines = report.tests.tests.flatMap((test) => {
    const ran = test.passed + test.failed;
    const counts =
      test.failed === 0
        ? `${formatCount(test.passed)} passed`
        : `${formatCount(test.failed)} of ${formatCount(ran)} failed (${formatShare(test.failed / ran)})`;
    const skipped = test.skipped > 0 ? `, ${formatCount(test.skipped)} skipped` : '';
    const mark = test.failed > 0 ? style.red('✗') : ran === 0 ? style.yellow('-') : style.green('✓');
    return [
      `${mark} ${oneLine(test.name)}: ${test.failed > 0 ? style.red(counts) : counts}${skipped}`,
      ...test.failures.map((failure) => style.dim(`    ${truncate(oneLine(failure), width - 6)}`)),
    ];
  });
  return [style.bold('Tests'), ...indent(lines)];
}

function errors(report: Report, { style, width }: SummaryOptions): string[] {
  const classes = Object.entries(report.errors.types).filter(([, count]) => count > 0);
  if (classes.length === 0) return [];
  classes.sort(([, a], [, b]) => b - a);
  const lines = classes.flatMap(([name, count]) => {
    const example = report.errors.examples[name];
    return [
      `${style.red(formatCount(count))} × ${name}`,
      ...(example === undefined
        ? []
        : [style.dim(`    ${truncate(withoutPrefix(oneLine(example), name), width - 6)}`)]),
    ];
  });
  return [style.bold('Errors'), ...indent(lines)];
}

function thresholds(report: Report, style: Style): string[] {
  if (report.thresholds.results.length === 0) return [];
  const lines = report.thresholds.results.map((threshold) => {
    const actual = formatThresholdValue(threshold.expression, threshold.actual);
    const ended = threshold.aborted ? ', ended the run' : '';
    return threshold.passed
      ? `${style.green('✓')} ${threshold.expression}: ${actual}`
      : `${style.red('✗')} ${threshold.expression}: ${style.red(actual)}${ended}`;
  });
  return [style.bold('Thresholds'), ...indent(lines)];
}

function withoutPrefix(text: string, name: string): string {
  return text.startsWith(`${name}: `) ? text.slice(name.length + 2) : text;
}

/** The value that a threshold looked at, in the unit of its metric. */
export function formatThresholdValue(expression: string, value: number | null): string {
  if (value === null) return 'nothing measured';
  const parsed = parseThresholdExpression(expression);
  switch (parsed.ok ? parsed.value.metric.kind : 'count') {
    case 'time':
      return formatLatency(value);
    case 'share':
      return formatShare(value / 100);
    case 'rate':
      return `${formatRate(value)}/s`;
    default:
      return formatCount(value);
  }
}

function evidence(report: Report, style: Style): string[] {
  // What the verdict already says is not said twice.
  const limiting = report.verdict.evidence.filter(
    (one) => one.limiting && !report.verdict.message.includes(one.message),
  );
  const lines = [...limiting.map((one) => one.message), ...report.warnings];
  return lines.length === 0 ? [] : [style.bold('Notes'), ...indent(lines.map((line) => oneLine(line)))];
}

function closing(report: Report, style: Style): string[] {
  const { conservation, transport } = report;
  const dropped = Object.entries(conservation.dropped.byReason)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${formatCount(count)} ${reason}`);
  const rows = [
    [
      'Sums',
      `${conservation.sums.join('; ')}${conservation.balanced ? '' : style.red(' (does not balance)')}`,
    ],
    ...(dropped.length > 0 ? [['Dropped', dropped.join(', ')]] : []),
    ['Transport', `${transport.name} (${transport.reason}), ${plural(report.workers.count, 'worker')}`],
    ['Run', `${report.runId}, ${report.status}: ${report.endReason}`],
  ];
  return formatTable(rows, ['left', 'left']).map((line) => style.dim(line));
}
