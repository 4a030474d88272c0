import type { LiveSnapshot } from '../../model/live.js';
import { drawBar } from './distribution.js';
import { padEnd, visibleWidth, type Style } from './style.js';
import { formatCount, formatElapsed, formatLatency, formatRate, plural } from './units.js';

/** What a progress display says. Latencies in ms; null where the last second had no response. */
export interface ProgressView {
  elapsedMs: number;
  /** 0 to 1; null where the end is not known. */
  done: number | null;
  remainingMs: number | null;
  perSecond: number;
  completed: number;
  inFlight: number;
  p50: number | null;
  p99: number | null;
  failed: number;
  dropped: number;
  testsFailed: number;
  /** What the plan asks for at a rate; null where it asks for none, as after its end. */
  targetRps: number | null;
}

export function progressView(live: LiveSnapshot): ProgressView {
  const elapsedMs = live.elapsedSeconds * 1000;
  const byTime =
    live.durationSeconds !== null && live.durationSeconds > 0
      ? live.elapsedSeconds / live.durationSeconds
      : null;
  const ended =
    live.requests_succeeded + live.requests_failed + live.requests_aborted + live.requests_dropped;
  const byCount = live.requests_expected > 0 ? ended / live.requests_expected : null;
  const done =
    byTime === null && byCount === null
      ? null
      : Math.min(1, Math.max(byTime ?? 0, byTime === null ? (byCount ?? 0) : 0));
  return {
    elapsedMs,
    done,
    remainingMs:
      live.remainingSeconds !== null ? live.remainingSeconds * 1000 : estimateRemaining(elapsedMs, done),
    perSecond: live.rps,
    completed: live.total_requests,
    inFlight: live.in_flight,
    p50: live.rps > 0 ? live.latency_p50 : null,
    p99: live.rps > 0 ? live.latency_p99 : null,
    failed: live.requests_failed,
    dropped: live.requests_dropped,
    testsFailed: live.tests_failed,
    targetRps: live.model === 'rate' && live.target > 0 ? live.target : null,
  };
}

function estimateRemaining(elapsedMs: number, done: number | null): number | null {
  return done === null || done <= 0 ? null : (elapsedMs * (1 - done)) / done;
}

/** The figures, most important first: those at the end give way on a narrow terminal. */
function figures(view: ProgressView, style: Style): string[] {
  const rate = `${formatRate(view.perSecond)}${view.targetRps === null ? '' : ` of ${formatRate(view.targetRps)}`} req/s`;
  const failed = plural(view.failed, 'error');
  const parts = [
    style.bold(rate),
    view.failed > 0 ? style.red(failed) : failed,
    `p50 ${formatLatency(view.p50)}`,
    `p99 ${formatLatency(view.p99)}`,
    `${formatCount(view.inFlight)} in flight`,
  ];
  if (view.testsFailed > 0) parts.splice(2, 0, style.red(`${formatCount(view.testsFailed)} failed tests`));
  if (view.dropped > 0) parts.splice(2, 0, style.yellow(`${formatCount(view.dropped)} dropped`));
  return parts;
}

/** One line no wider than `width`, to be drawn over and over. */
export function formatProgressLine(view: ProgressView, style: Style, width: number): string {
  const time =
    view.done === null
      ? formatElapsed(view.elapsedMs)
      : `${formatElapsed(view.elapsedMs)}, ${view.remainingMs === null ? '-' : formatElapsed(view.remainingMs)} left`;
  const share = view.done === null ? '' : `${Math.floor(view.done * 100)}%`.padStart(4);
  const parts = figures(view, style);
  for (let count = parts.length; count >= 1; count -= 1) {
    const text = [time, ...parts.slice(0, count)].join('  ');
    const room = width - visibleWidth(text) - visibleWidth(share) - 3;
    if (view.done === null && room + 3 >= 0) return text;
    if (view.done !== null && room >= 8) {
      const barWidth = Math.min(30, room);
      return `${style.cyan(padEnd(drawBar(view.done, barWidth), barWidth))}${share}  ${text}`;
    }
  }
  return time.slice(0, Math.max(0, width));
}

/** One line of a log: everything, once a second. */
export function formatProgressLog(view: ProgressView): string {
  const parts = [
    formatElapsed(view.elapsedMs).padStart(6),
    ...(view.done === null ? [] : [`${Math.floor(view.done * 100)}%`.padStart(4)]),
    `${formatRate(view.perSecond)} req/s${view.targetRps === null ? '' : ` of ${formatRate(view.targetRps)}`}`,
    `${formatCount(view.inFlight)} in flight`,
    `p50 ${formatLatency(view.p50)}`,
    `p99 ${formatLatency(view.p99)}`,
    plural(view.failed, 'error'),
    ...(view.dropped > 0 ? [`${formatCount(view.dropped)} dropped`] : []),
    ...(view.testsFailed > 0 ? [`${formatCount(view.testsFailed)} failed tests`] : []),
    `${formatCount(view.completed)} done`,
  ];
  return parts.join('  ');
}
