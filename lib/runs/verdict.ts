import type { Evidence, Verdict } from '../model/report.js';

/** What tells who was the limit. Times in ms, shares 0 to 1. */
export interface VerdictInput {
  model: 'rate' | 'concurrency';
  durationMs: number;
  sent: number;
  latenessP99Ms: number;
  latenessMaxMs: number;
  responseP50Ms: number;
  serviceP50Ms: number;
  /** Per worker: mean share of a CPU over the run. */
  workerCpu: number[];
  /** Share of the ticks in which the longest pass of a worker's loop took over 50 ms. */
  slowLoopShare: number;
  loopLagMaxMs: number;
  /** Time of all script executions. */
  scriptMs: number;
  descriptorsExhausted: number;
  portsExhausted: number;
  droppedInFlight: number;
  droppedBurst: number;
  droppedLate: number;
}

/** Below this the generator was on time. */
const latenessLimitMs = 10;
const cpuLimit = 0.9;
const slowLoopLimit = 0.05;
const scriptLimit = 0.5;

const shown = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value.toFixed(value >= 1 ? 1 : 2);

function evidenceOf(input: VerdictInput): Evidence[] {
  const evidence: Evidence[] = [];
  const add = (
    kind: Evidence['kind'],
    limiting: boolean,
    value: number,
    limit: number,
    message: string,
  ): void => {
    evidence.push({ kind, limiting, message, value: Number(value.toFixed(4)), limit });
  };
  if (input.descriptorsExhausted > 0) {
    const n = input.descriptorsExhausted;
    add(
      'descriptors',
      true,
      n,
      0,
      `${n} connections failed because this process has no file descriptors left; raise "ulimit -n"`,
    );
  }
  if (input.portsExhausted > 0) {
    const n = input.portsExhausted;
    add(
      'ports',
      true,
      n,
      0,
      `${n} connections failed because this machine has no local ports left to the target; keep connections alive or add addresses`,
    );
  }
  const cpu = Math.max(0, ...input.workerCpu);
  const saturated = cpu >= cpuLimit;
  if (saturated) {
    add(
      'cpu',
      true,
      cpu,
      cpuLimit,
      `a worker thread used ${(cpu * 100).toFixed(0)} % of a CPU over the whole run; add workers or machines`,
    );
  }
  // The plan's own clock is what lateness is measured against; a closed model has none.
  if (input.model === 'rate' && input.latenessP99Ms > latenessLimitMs) {
    add(
      'lateness',
      true,
      input.latenessP99Ms,
      latenessLimitMs,
      `1 % of the requests were sent ${shown(input.latenessP99Ms)} ms or more after they were due (up to ${shown(input.latenessMaxMs)} ms)`,
    );
  }
  if (input.slowLoopShare > slowLoopLimit) {
    add(
      'loop_lag',
      true,
      input.slowLoopShare,
      slowLoopLimit,
      `in ${(input.slowLoopShare * 100).toFixed(0)} % of the time a worker's loop took over 50 ms for one pass (up to ${shown(input.loopLagMaxMs)} ms)`,
    );
  }
  const scriptShare =
    input.durationMs <= 0 ? 0 : input.scriptMs / (input.durationMs * Math.max(input.workerCpu.length, 1));
  if (scriptShare > scriptLimit) {
    add(
      'script',
      true,
      scriptShare,
      scriptLimit,
      `scripts took ${(scriptShare * 100).toFixed(0)} % of the workers' time`,
    );
  }
  if (input.droppedBurst > 0) {
    add(
      'lateness',
      true,
      input.droppedBurst,
      0,
      `${input.droppedBurst} requests that a stalled loop could not send within "burst" were dropped`,
    );
  }
  if (input.droppedLate > 0) {
    add(
      'lateness',
      true,
      input.droppedLate,
      0,
      `${input.droppedLate} requests were still unsent when the grace period after the plan's end was over, and were dropped`,
    );
  }
  if (input.droppedInFlight > 0) {
    const n = input.droppedInFlight;
    add(
      'max_in_flight',
      false,
      n,
      0,
      `${n} requests were not sent because "maxInFlight" others were still unanswered`,
    );
  }
  return evidence;
}

/** Whether the generator or the server was the limit, and what shows it. */
export function verdictOf(input: VerdictInput): Verdict {
  const evidence = evidenceOf(input);
  const limiting = evidence.filter((one) => one.limiting);
  if (limiting.length > 0) {
    const reasons = limiting.map((one) => one.message).join('; ');
    return {
      result: 'generator_limited',
      message: `The generator was the limit, so the figures say less about the server: ${reasons}`,
      evidence,
    };
  }
  if (input.droppedInFlight > 0) {
    return {
      result: 'server_limited',
      message: 'The server did not keep up with the planned rate',
      evidence,
    };
  }
  if (input.model === 'concurrency' && input.sent > 0) {
    return {
      result: 'server_limited',
      message: "The server's response time set the pace, the generator had room to spare",
      evidence,
    };
  }
  return { result: 'ok', message: 'The generator kept to the plan and was not the limit', evidence };
}
