import type { ConcurrencySegment, LoadModel, RateSegment } from '../../engine/types.js';
import type { RunConfig, Stage } from '../../model/run-config.js';
import { rateModel } from './rate-model.js';

interface Piece {
  durationMs: number;
  start: number;
  end: number;
}

/** A stage holds its target, or gets to it in a straight line from the target before. */
function piecesOf(stages: readonly Stage[], start: number, target: (stage: Stage) => number): Piece[] {
  let previous = start;
  return stages.map((stage) => {
    const end = target(stage);
    const piece = { durationMs: stage.durationMs, start: stage.ramp === 'linear' ? previous : end, end };
    previous = end;
    return piece;
  });
}

/** A straight line from `start` to `end`, held for what is left of the duration. */
function lineAndHold(config: RunConfig, start: number, end: number): Piece[] {
  const rampMs = config.rampUpDurationMs ?? config.durationMs ?? 0;
  const holdMs = (config.durationMs ?? rampMs) - rampMs;
  const line = { durationMs: rampMs, start, end };
  return holdMs > 0 ? [line, { durationMs: holdMs, start: end, end }] : [line];
}

const toRates = (pieces: Piece[]): RateSegment[] =>
  pieces.map(({ durationMs, start, end }) => ({ durationMs, startRate: start, endRate: end }));

const toConcurrencies = (pieces: Piece[]): ConcurrencySegment[] =>
  pieces.map(({ durationMs, start, end }) => ({ durationMs, startConcurrency: start, endConcurrency: end }));

/** Load that grows: stages of rates or concurrencies, or one line up to a target that is then held. */
export function rampUp(config: RunConfig): LoadModel {
  const { stages } = config;
  const byRate =
    stages === undefined
      ? config.targetRps !== undefined
      : stages.some((stage) => stage.targetRps !== undefined);
  if (byRate) {
    const start = config.startRps ?? 0;
    const pieces =
      stages === undefined
        ? lineAndHold(config, start, config.targetRps ?? 0)
        : piecesOf(stages, start, (stage) => stage.targetRps ?? 0);
    return rateModel(config, toRates(pieces));
  }
  const pieces =
    stages === undefined
      ? lineAndHold(config, config.startConcurrency ?? 1, config.concurrency ?? 1)
      : piecesOf(stages, config.startConcurrency ?? 0, (stage) => stage.concurrency ?? 0);
  return {
    kind: 'concurrency',
    segments: toConcurrencies(pieces),
    ...(config.iterations === undefined ? {} : { iterations: config.iterations }),
  };
}
