import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LoadModel } from '../../lib/engine/types.js';
import { parseRunConfig } from '../../lib/model/run-config.js';
import { buildLoadPlan, expectedRequests, plannedDurationMs, planHash } from '../../lib/runs/load-plan.js';
import { loadModelOf } from '../../lib/runs/strategies/strategy.js';

const request = { url: 'http://h/' };
const model = (load: Record<string, unknown>): LoadModel =>
  loadModelOf(parseRunConfig({ request, seed: 1, ...load }));
const open = { kind: 'rate', arrival: 'uniform', seed: 1, burst: 0, maxInFlight: 10_000 } as const;

describe('constant', () => {
  it('with a rate is an open model', () => {
    const plan = model({ mode: 'constant', targetRps: 50, duration: 30 });
    assert.deepEqual(plan, { ...open, segments: [{ durationMs: 30_000, startRate: 50, endRate: 50 }] });
    assert.equal(expectedRequests(plan), 1500);
    assert.equal(plannedDurationMs(plan), 30_000);
  });

  it('takes what shapes arrivals', () => {
    const plan = model({
      mode: 'constant',
      targetRps: 5.5,
      duration: '2s',
      arrival: 'poisson',
      seed: 9,
      burst: 3,
      maxInFlight: 7,
    });
    assert.deepEqual(plan, {
      kind: 'rate',
      arrival: 'poisson',
      seed: 9,
      burst: 3,
      maxInFlight: 7,
      segments: [{ durationMs: 2000, startRate: 5.5, endRate: 5.5 }],
    });
  });

  it('with a concurrency is a closed model', () => {
    const plan = model({ mode: 'constant', concurrency: 100, duration: 30 });
    assert.deepEqual(plan, {
      kind: 'concurrency',
      segments: [{ durationMs: 30_000, startConcurrency: 100, endConcurrency: 100 }],
    });
    assert.equal(expectedRequests(plan), undefined);
  });

  it('with a rate and iterations ends at whichever comes first', () => {
    const both = model({ mode: 'constant', targetRps: 10, duration: 100, iterations: 50 });
    assert.equal(both.iterations, 50);
    assert.equal(plannedDurationMs(both), 100_000);
    assert.equal(expectedRequests(both), 50);
    assert.equal(
      expectedRequests(model({ mode: 'constant', targetRps: 10, duration: 2, iterations: 50 })),
      20,
    );
  });

  it('with a rate and iterations alone has time for all of them', () => {
    const uniform = model({ mode: 'constant', targetRps: 10, iterations: 50 });
    assert.deepEqual(uniform.segments, [{ durationMs: 5100, startRate: 10, endRate: 10 }]);
    // Poisson arrivals scatter: 50 of them take over 5 + 10 · √50 / 10 s with a chance below 1e-15.
    const poisson = model({ mode: 'constant', targetRps: 10, iterations: 50, arrival: 'poisson' });
    assert.ok(plannedDurationMs(poisson) >= 5000 + 10 * Math.sqrt(50) * 100);
    assert.equal(expectedRequests(poisson), 50);
  });

  it('with a concurrency and iterations needs no duration', () => {
    const plan = model({ mode: 'constant', concurrency: 3, iterations: 7 });
    assert.deepEqual(plan, {
      kind: 'concurrency',
      segments: [{ durationMs: Infinity, startConcurrency: 3, endConcurrency: 3 }],
      iterations: 7,
    });
    assert.equal(expectedRequests(plan), 7);
  });
});

describe('iterations', () => {
  it('is a budget at a concurrency', () => {
    const plan = model({ mode: 'iterations', iterations: 1000, concurrency: 25 });
    assert.deepEqual(plan, {
      kind: 'concurrency',
      segments: [{ durationMs: Infinity, startConcurrency: 25, endConcurrency: 25 }],
      iterations: 1000,
    });
  });

  it('takes 10 at a time by default, and never more than there are', () => {
    assert.deepEqual(model({ mode: 'iterations', iterations: 1000 }).segments[0], {
      durationMs: Infinity,
      startConcurrency: 10,
      endConcurrency: 10,
    });
    assert.deepEqual(model({ mode: 'iterations', iterations: 4 }).segments[0], {
      durationMs: Infinity,
      startConcurrency: 4,
      endConcurrency: 4,
    });
    assert.deepEqual(model({ mode: 'iterations', iterations: 4, concurrency: 50 }).segments[0], {
      durationMs: Infinity,
      startConcurrency: 4,
      endConcurrency: 4,
    });
  });

  it('is bounded by a duration where one is given', () => {
    assert.equal(plannedDurationMs(model({ mode: 'iterations', iterations: 1000, duration: '5s' })), 5000);
  });

  it('can be made at a rate', () => {
    const plan = model({ mode: 'iterations', iterations: 100, targetRps: 50 });
    assert.equal(plan.kind, 'rate');
    assert.equal(expectedRequests(plan), 100);
  });
});

describe('ramp_up', () => {
  const stages = [
    { duration: 10, targetRps: 10 },
    { duration: 20, targetRps: 50 },
    { duration: 30, targetRps: 100 },
  ];

  it('steps from stage to stage', () => {
    const plan = model({ mode: 'ramp_up', stages });
    assert.deepEqual(plan.segments, [
      { durationMs: 10_000, startRate: 10, endRate: 10 },
      { durationMs: 20_000, startRate: 50, endRate: 50 },
      { durationMs: 30_000, startRate: 100, endRate: 100 },
    ]);
    assert.equal(expectedRequests(plan), 100 + 1000 + 3000);
  });

  it('goes in straight lines where it is asked to, from the rate before', () => {
    const linear = [
      { durationMs: 10_000, startRate: 0, endRate: 10 },
      { durationMs: 20_000, startRate: 10, endRate: 50 },
      { durationMs: 30_000, startRate: 50, endRate: 100 },
    ];
    const plan = model({ mode: 'ramp_up', stages, ramp: 'linear' });
    assert.deepEqual(plan.segments, linear);
    assert.equal(expectedRequests(plan), 50 + 600 + 2250);
    assert.deepEqual(
      model({ mode: 'ramp_up', stages: stages.map((stage) => ({ ...stage, ramp: 'linear' })) }).segments,
      linear,
    );
    assert.deepEqual(model({ mode: 'ramp_up', stages, ramp: 'linear', startRps: 5 }).segments[0], {
      durationMs: 10_000,
      startRate: 5,
      endRate: 10,
    });
  });

  it('mixes steps, lines and pauses', () => {
    const mixed = [
      { duration: 1, targetRps: 10 },
      { duration: 1, targetRps: 0 },
      { duration: 1, targetRps: 20, ramp: 'linear' },
    ];
    assert.deepEqual(model({ mode: 'ramp_up', stages: mixed }).segments, [
      { durationMs: 1000, startRate: 10, endRate: 10 },
      { durationMs: 1000, startRate: 0, endRate: 0 },
      { durationMs: 1000, startRate: 0, endRate: 20 },
    ]);
  });

  it('goes from a concurrency to another and holds it', () => {
    const plan = model({
      mode: 'ramp_up',
      startConcurrency: 5,
      concurrency: 50,
      rampUpDuration: '10s',
      duration: 30,
    });
    assert.deepEqual(plan, {
      kind: 'concurrency',
      segments: [
        { durationMs: 10_000, startConcurrency: 5, endConcurrency: 50 },
        { durationMs: 20_000, startConcurrency: 50, endConcurrency: 50 },
      ],
    });
  });

  it('starts with one connection and ramps all the time by default', () => {
    assert.deepEqual(model({ mode: 'ramp_up', concurrency: 50, duration: 30 }).segments, [
      { durationMs: 30_000, startConcurrency: 1, endConcurrency: 50 },
    ]);
    assert.deepEqual(model({ mode: 'ramp_up', targetRps: 50, rampUpDuration: 3 }).segments, [
      { durationMs: 3000, startRate: 0, endRate: 50 },
    ]);
  });

  it('takes stages of concurrency', () => {
    const plan = model({
      mode: 'ramp_up',
      stages: [
        { duration: 1, concurrency: 2 },
        { duration: 1, concurrency: 8, ramp: 'linear' },
      ],
    });
    assert.deepEqual(plan.segments, [
      { durationMs: 1000, startConcurrency: 2, endConcurrency: 2 },
      { durationMs: 1000, startConcurrency: 2, endConcurrency: 8 },
    ]);
  });
});

describe('a load plan', () => {
  const plan = (load: Record<string, unknown>, headers: [string, string][] = []) =>
    buildLoadPlan(
      parseRunConfig({ request, mode: 'constant', targetRps: 5, duration: 1, seed: 1, ...load }),
      {
        request: { method: 'GET', url: 'http://h/', headers },
      },
    );

  it('bounds what is kept of single exchanges', () => {
    assert.deepEqual(
      plan({ success_sample_rate: 25, slow_threshold_ms: 50, gracePeriod: 2, transport: 'curl' }),
      {
        submission: { request: { method: 'GET', url: 'http://h/', headers: [] } },
        model: { ...open, segments: [{ durationMs: 1000, startRate: 5, endRate: 5 }] },
        gracePeriodMs: 2000,
        sampling: {
          successRate: 0.25,
          maxSuccesses: 1000,
          maxErrors: 1000,
          slowThresholdMs: 50,
          maxSlow: 200,
          maxBodyBytes: 16_384,
        },
        transport: 'curl',
        streamsPerConnection: 32,
      },
    );
    assert.equal(plan({ success_sample_rate: 0 }).sampling.maxSuccesses, 0);
  });

  it('has a hash that names the load and the request, not the credentials', () => {
    const hash = planHash(plan({}, [['Authorization', 'Bearer a']]));
    assert.match(hash, /^[0-9a-f]{16}$/);
    assert.equal(planHash(plan({ comment: 'another' }, [['Authorization', 'Bearer b']])), hash);
    for (const other of [
      { seed: 2 },
      { targetRps: 6 },
      { duration: 2 },
      { transport: 'curl' },
      { arrival: 'poisson' },
    ]) {
      assert.notEqual(planHash(plan(other, [['Authorization', 'Bearer a']])), hash, JSON.stringify(other));
    }
    assert.match(
      planHash(plan({ mode: 'iterations', iterations: 5, targetRps: undefined, duration: undefined })),
      /^[0-9a-f]{16}$/,
    );
  });
});
