import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { verdictOf, type VerdictInput } from '../../lib/runs/verdict.js';

const fine: VerdictInput = {
  model: 'rate',
  durationMs: 10_000,
  sent: 10_000,
  latenessP99Ms: 0.5,
  latenessMaxMs: 3,
  responseP50Ms: 1,
  serviceP50Ms: 1,
  workerCpu: [0.3, 0.4],
  slowLoopShare: 0,
  loopLagMaxMs: 4,
  scriptMs: 100,
  descriptorsExhausted: 0,
  portsExhausted: 0,
  droppedInFlight: 0,
  droppedBurst: 0,
  droppedLate: 0,
};

describe('the verdict', () => {
  it('is ok where the generator kept to the plan', () => {
    const verdict = verdictOf(fine);
    assert.deepEqual([verdict.result, verdict.evidence], ['ok', []]);
  });

  const limits: [string, Partial<VerdictInput>, string, RegExp][] = [
    ['late requests', { latenessP99Ms: 35 }, 'lateness', /35\.0 ms or more after they were due/],
    ['a saturated worker', { workerCpu: [0.2, 0.97] }, 'cpu', /97 % of a CPU/],
    [
      'a loop that stalls',
      { slowLoopShare: 0.2, loopLagMaxMs: 300 },
      'loop_lag',
      /20 % of the time .*up to 300 ms/,
    ],
    ['heavy scripts', { scriptMs: 15_000 }, 'script', /75 % of the workers' time/],
    ['no descriptors', { descriptorsExhausted: 3 }, 'descriptors', /ulimit -n/],
    ['no ports', { portsExhausted: 7 }, 'ports', /7 connections/],
    ['arrivals never sent in time', { droppedLate: 4 }, 'lateness', /still unsent/],
    ['arrivals dropped by a stall', { droppedBurst: 4 }, 'lateness', /"burst"/],
  ];
  for (const [name, change, kind, says] of limits) {
    it(`says that the generator was the limit with ${name}, and shows it`, () => {
      const verdict = verdictOf({ ...fine, ...change });
      assert.equal(verdict.result, 'generator_limited');
      assert.match(verdict.message, says);
      assert.deepEqual(
        verdict.evidence.map((one) => [one.kind, one.limiting]),
        [[kind, true]],
      );
    });
  }

  it('blames the server for a plan that it did not keep up with', () => {
    const verdict = verdictOf({ ...fine, droppedInFlight: 500, responseP50Ms: 900 });
    assert.equal(verdict.result, 'server_limited');
    assert.deepEqual(
      verdict.evidence.map((one) => [one.kind, one.limiting, one.value]),
      [['max_in_flight', false, 500]],
    );
  });

  it('has no clock to be late against in a closed model, where the server sets the pace', () => {
    assert.equal(verdictOf({ ...fine, model: 'concurrency', latenessP99Ms: 50 }).result, 'server_limited');
    assert.equal(verdictOf({ ...fine, model: 'concurrency', workerCpu: [0.95] }).result, 'generator_limited');
  });
});
