import type { HistogramDelta } from '../engine/types.js';
import type { SeriesPoint } from '../model/report.js';
import type { SecondSummary } from './aggregator.js';
import { meanOf, percentilesOf } from './histogram.js';

const round = (value: number, digits = 3): number => Number(value.toFixed(digits));

/** Events per second over `spanMs`. */
export function perSecond(count: number, spanMs: number): number {
  return spanMs <= 0 ? 0 : round((count * 1000) / spanMs);
}

/** `part` of `whole` in percent; 0 of nothing is 0. */
export function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : round((part / whole) * 100, 4);
}

function latencyOf(delta: HistogramDelta): SeriesPoint['latency'] {
  const [p50 = 0, p90 = 0, p95 = 0, p99 = 0, max = 0] = percentilesOf(delta, [50, 90, 95, 99, 100]).map(
    (us) => us / 1000,
  );
  return { avg: round(meanOf(delta) / 1000), p50, p90, p95, p99, max };
}

export function seriesPoint(second: SecondSummary): SeriesPoint {
  const spanMs = second.endMs - second.startMs;
  const { counters } = second;
  const ended = counters.succeeded + counters.failed;
  return {
    second: second.second + 1,
    durationMs: round(spanMs),
    rps: perSecond(ended, spanMs),
    sendRate: perSecond(counters.sent, spanMs),
    planned: counters.planned,
    sent: counters.sent,
    succeeded: counters.succeeded,
    failed: counters.failed,
    aborted: counters.aborted,
    dropped: counters.dropped,
    inFlight: second.inFlight,
    connectionsActive: second.connectionsOpen,
    target: round(second.target),
    errorRate: percent(counters.failed, ended),
    latency: latencyOf(second.histograms.responseTime),
    service: latencyOf(second.histograms.serviceTime),
    latenessP99: (percentilesOf(second.histograms.lateness, [99])[0] ?? 0) / 1000,
    bytesSent: counters.bytesSent,
    bytesReceived: counters.bytesReceived,
  };
}

function joinLatency(a: SeriesPoint, b: SeriesPoint, name: 'latency' | 'service'): SeriesPoint['latency'] {
  const countA = a.succeeded + a.failed;
  const countB = b.succeeded + b.failed;
  const total = countA + countB;
  const worst = (key: 'p50' | 'p90' | 'p95' | 'p99' | 'max'): number => Math.max(a[name][key], b[name][key]);
  return {
    avg: total === 0 ? 0 : round((a[name].avg * countA + b[name].avg * countB) / total),
    p50: worst('p50'),
    p90: worst('p90'),
    p95: worst('p95'),
    p99: worst('p99'),
    max: worst('max'),
  };
}

function join(a: SeriesPoint, b: SeriesPoint): SeriesPoint {
  const spanMs = a.durationMs + b.durationMs;
  const sum = (
    key: 'planned' | 'sent' | 'succeeded' | 'failed' | 'aborted' | 'dropped' | 'bytesSent' | 'bytesReceived',
  ): number => a[key] + b[key];
  const ended = sum('succeeded') + sum('failed');
  return {
    second: b.second,
    durationMs: spanMs,
    rps: perSecond(ended, spanMs),
    sendRate: perSecond(sum('sent'), spanMs),
    planned: sum('planned'),
    sent: sum('sent'),
    succeeded: sum('succeeded'),
    failed: sum('failed'),
    aborted: sum('aborted'),
    dropped: sum('dropped'),
    inFlight: b.inFlight,
    connectionsActive: b.connectionsActive,
    target: b.target,
    errorRate: percent(sum('failed'), ended),
    latency: joinLatency(a, b, 'latency'),
    service: joinLatency(a, b, 'service'),
    latenessP99: Math.max(a.latenessP99, b.latenessP99),
    bytesSent: sum('bytesSent'),
    bytesReceived: sum('bytesReceived'),
  };
}

/** Seconds of a run in bounded memory: when it is full, neighbours become one point, whose percentiles are the worse of both. */
export class Series {
  #points: SeriesPoint[] = [];
  #pending: SeriesPoint | undefined;
  #pendingCount = 0;
  #perPoint = 1;

  constructor(private readonly capacity = 3600) {}

  add(point: SeriesPoint): void {
    this.#pending = this.#pending === undefined ? point : join(this.#pending, point);
    this.#pendingCount += 1;
    if (this.#pendingCount < this.#perPoint) return;
    this.#points.push(this.#pending);
    this.#pending = undefined;
    this.#pendingCount = 0;
    if (this.#points.length >= this.capacity) this.#halve();
  }

  #halve(): void {
    const halved: SeriesPoint[] = [];
    for (let i = 0; i < this.#points.length; i += 2) {
      const a = this.#points[i]!;
      const b = this.#points[i + 1];
      halved.push(b === undefined ? a : join(a, b));
    }
    this.#points = halved;
    this.#perPoint *= 2;
  }

  points(): SeriesPoint[] {
    return this.#pending === undefined ? [...this.#points] : [...this.#points, this.#pending];
  }

  get peakRps(): number {
    return this.points().reduce(
      (peak, point) => (point.durationMs >= 500 ? Math.max(peak, point.rps) : peak),
      0,
    );
  }
}
