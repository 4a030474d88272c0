import { formatDuration } from '../../model/duration.js';
import { Redactor } from '../../model/redaction.js';
import type { RunConfig, Stage } from '../../model/run-config.js';
import { formatCount, formatRate, plural } from './units.js';

/** One line that says what a run does: `GET http://…: 50 connections for 10s`. */
export function describeLoad(config: RunConfig): string {
  const method = config.request.method ?? (config.request.body === undefined ? 'GET' : 'POST');
  const { url, requestId = '' } = config.request;
  const target = url === undefined ? requestId : new Redactor().url(url);
  return `${method} ${target}: ${describeShape(config)}`;
}

function describeShape(config: RunConfig): string {
  const ends = [
    ...(config.iterations === undefined ? [] : [plural(config.iterations, 'request')]),
    ...(config.durationMs === undefined
      ? []
      : [`${config.iterations === undefined ? 'for' : 'at most'} ${formatDuration(config.durationMs)}`]),
  ].join(', ');
  if (config.stages !== undefined) return config.stages.map(describeStage).join(', ');
  if (config.mode === 'ramp_up') {
    const ramp =
      config.rampUpDurationMs === undefined ? '' : ` over ${formatDuration(config.rampUpDurationMs)}`;
    if (config.targetRps !== undefined) {
      return `from ${formatRate(config.startRps ?? 0)} to ${formatRate(config.targetRps)} req/s${ramp} ${ends}`.trim();
    }
    return `from ${formatCount(config.startConcurrency ?? 1)} to ${plural(config.concurrency ?? 1, 'connection')}${ramp} ${ends}`.trim();
  }
  const load =
    config.targetRps !== undefined
      ? `${formatRate(config.targetRps)} req/s`
      : plural(config.concurrency ?? 1, 'connection');
  return config.iterations === undefined ? `${load} ${ends}` : `${ends}, ${load}`;
}

function describeStage(stage: Stage): string {
  const target =
    stage.targetRps !== undefined
      ? `${formatRate(stage.targetRps)} req/s`
      : plural(stage.concurrency ?? 0, 'connection');
  return `${stage.ramp === 'linear' ? 'to ' : ''}${target} for ${formatDuration(stage.durationMs)}`;
}
