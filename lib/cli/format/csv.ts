import type { Report, SeriesPoint } from '../../model/report.js';

/** RFC 4180, with a guard against text that a spreadsheet would take for a formula. */
export function csvCell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : '';
  const guarded = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded;
}

export function toCsv(
  header: readonly string[],
  rows: readonly (readonly (string | number | null | undefined)[])[],
): string {
  return [header, ...rows].map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}

const columns: [name: string, value: (point: SeriesPoint) => number][] = [
  ['second', (point) => point.second],
  ['duration_ms', (point) => point.durationMs],
  ['rps', (point) => point.rps],
  ['send_rate', (point) => point.sendRate],
  ['target', (point) => point.target],
  ['in_flight', (point) => point.inFlight],
  ['planned', (point) => point.planned],
  ['sent', (point) => point.sent],
  ['succeeded', (point) => point.succeeded],
  ['failed', (point) => point.failed],
  ['aborted', (point) => point.aborted],
  ['dropped', (point) => point.dropped],
  ['response_avg_ms', (point) => point.latency.avg],
  ['response_p50_ms', (point) => point.latency.p50],
  ['response_p90_ms', (point) => point.latency.p90],
  ['response_p95_ms', (point) => point.latency.p95],
  ['response_p99_ms', (point) => point.latency.p99],
  ['response_max_ms', (point) => point.latency.max],
  ['service_avg_ms', (point) => point.service.avg],
  ['service_p50_ms', (point) => point.service.p50],
  ['service_p90_ms', (point) => point.service.p90],
  ['service_p95_ms', (point) => point.service.p95],
  ['service_p99_ms', (point) => point.service.p99],
  ['service_max_ms', (point) => point.service.max],
  ['lateness_p99_ms', (point) => point.latenessP99],
  ['bytes_sent', (point) => point.bytesSent],
  ['bytes_received', (point) => point.bytesReceived],
];

/** One row per second of a load run. */
export function reportToCsv(report: Report): string {
  return toCsv(
    columns.map(([name]) => name),
    report.series.map((point) => columns.map(([, value]) => value(point))),
  );
}
