import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { parseRunConfig, runConfigSchema } from '../../lib/model/run-config.js';
import { problemsOf } from './problems.js';

const request = { url: 'http://example.com/' };
const fixed = (): number => 0.5;

describe('a run', () => {
  it('is the same at the top level, under "config", and with the request at the top level', () => {
    const load = { mode: 'constant', targetRps: 50, duration: '30s' };
    const expected = parseRunConfig({ request, ...load }, fixed);
    assert.deepEqual(parseRunConfig({ request, config: load }, fixed), expected);
    assert.deepEqual(parseRunConfig({ ...request, ...load }, fixed), expected);
    assert.deepEqual(parseRunConfig({ ...request, config: load }, fixed), expected);
    assert.equal(expected.durationMs, 30_000);
    assert.equal(expected.targetRps, 50);
    assert.deepEqual(expected.request, request);
  });

  it('has sensible defaults', () => {
    const config = parseRunConfig({ request, mode: 'constant', targetRps: 5, duration: 1 }, fixed);
    assert.equal(config.maxInFlight, 10_000);
    assert.equal(config.gracePeriodMs, 5000);
    assert.equal(config.arrival, 'uniform');
    assert.equal(config.burst, 0);
    assert.equal(config.transport, 'auto');
    assert.equal(config.streamsPerConnection, 32);
    assert.deepEqual(config.sampling, {
      successSampleRate: 100,
      slowThresholdMs: 1000,
      saveTimingBreakdown: false,
    });
    assert.equal(config.seed, Math.floor(0.5 * 0xffff_ffff));
    assert.deepEqual(config.warnings, []);
  });

  it('takes the names of older clients', () => {
    const rps = parseRunConfig({ request, mode: 'constant_rps', targetRps: 5, duration: 1 });
    assert.deepEqual([rps.mode, rps.targetRps], ['constant', 5]);
    const closed = parseRunConfig({
      request,
      mode: 'constant_concurrency',
      concurrency: 8,
      targetRps: 5,
      duration: 1,
    });
    assert.deepEqual([closed.mode, closed.concurrency, closed.targetRps], ['constant', 8, undefined]);
    assert.match(closed.warnings[0] ?? '', /"targetRps" is not used/);
    const camel = parseRunConfig({
      request,
      mode: 'iterations',
      iterations: 5,
      successSampleRate: 10,
      slowThresholdMs: 50,
      saveTimingBreakdown: true,
    });
    assert.deepEqual(camel.sampling, {
      successSampleRate: 10,
      slowThresholdMs: 50,
      saveTimingBreakdown: true,
    });
  });

  it('reads stages, thresholds and everything else', () => {
    const config = parseRunConfig({
      request: { ...request, name: 'r' },
      mode: 'ramp_up',
      stages: [
        { duration: 10, targetRps: 10 },
        { duration: '500ms', targetRps: 50, ramp: 'linear' },
      ],
      thresholds: [
        'p95<200ms',
        { expression: 'error_rate<1%', window: '10s', abortOnFail: true, abortDelay: 5 },
      ],
      seed: 7,
      arrival: 'poisson',
      gracePeriod: 0,
      comment: 'c',
      name: 'n',
    });
    assert.deepEqual(config.stages, [
      { durationMs: 10_000, targetRps: 10, ramp: 'step' },
      { durationMs: 500, targetRps: 50, ramp: 'linear' },
    ]);
    assert.deepEqual(
      [config.seed, config.arrival, config.gracePeriodMs, config.comment, config.name],
      [7, 'poisson', 0, 'c', 'n'],
    );
    assert.equal(config.thresholds.length, 2);
    assert.deepEqual(
      { ...config.thresholds[1], metric: undefined },
      {
        expression: 'error_rate<1%',
        metric: undefined,
        operator: '<',
        limit: 1,
        windowMs: 10_000,
        abortOnFail: true,
        abortDelayMs: 5000,
      },
    );
  });

  const refused: [name: string, input: Record<string, unknown>, field: string, says: RegExp][] = [
    ['an unknown mode', { request, mode: 'constnat' }, 'mode', /Did you mean "constant"/],
    ['no mode', { request }, 'mode', /./],
    [
      'a rate without duration',
      { request, mode: 'constant', targetRps: 5 },
      'duration',
      /"duration" \(or "iterations"\)/,
    ],
    [
      'neither rate nor concurrency',
      { request, mode: 'constant', duration: 5 },
      'targetRps',
      /"targetRps" or "concurrency"/,
    ],
    ['a rate of 0', { request, mode: 'constant', duration: 5, targetRps: 0 }, 'targetRps', /above 0/],
    ['a negative rate', { request, mode: 'constant', duration: 5, targetRps: -5 }, 'targetRps', /at least 0/],
    ['a rate as text', { request, mode: 'constant', duration: 5, targetRps: '5' }, 'targetRps', /a number/],
    [
      'a huge rate',
      { request, mode: 'constant', duration: 5, targetRps: 1e300 },
      'targetRps',
      /at most 10000000/,
    ],
    [
      'a fraction of a connection',
      { request, mode: 'constant', duration: 5, concurrency: 1.5 },
      'concurrency',
      /integer/,
    ],
    [
      'no connections',
      { request, mode: 'constant', duration: 5, concurrency: 0 },
      'concurrency',
      /at least 1/,
    ],
    ['a negative duration', { request, mode: 'constant', duration: -5, targetRps: 5 }, 'duration', /above 0/],
    [
      'a duration in ms',
      { request, mode: 'constant', duration: 300_000, targetRps: 5 },
      'duration',
      /"300000ms" for milliseconds/,
    ],
    [
      'a duration that is none',
      { request, mode: 'constant', duration: 'long', targetRps: 5 },
      'duration',
      /a duration/,
    ],
    ['no iterations', { request, mode: 'iterations' }, 'iterations', /"iterations" for mode/],
    ['zero iterations', { request, mode: 'iterations', iterations: 0 }, 'iterations', /at least 1/],
    ['zero stages', { request, mode: 'ramp_up', stages: [] }, 'stages', /at least 1 element/],
    ['a ramp to nowhere', { request, mode: 'ramp_up' }, 'stages', /"stages", or/],
    [
      'a stage without target',
      { request, mode: 'ramp_up', stages: [{ duration: 1 }] },
      'stages[0].targetRps',
      /for the stage/,
    ],
    [
      'a stage of no time',
      { request, mode: 'ramp_up', stages: [{ duration: 0, targetRps: 1 }] },
      'stages[0].duration',
      /above 0/,
    ],
    [
      'stages of both kinds',
      {
        request,
        mode: 'ramp_up',
        stages: [
          { duration: 1, targetRps: 1 },
          { duration: 1, concurrency: 1 },
        ],
      },
      'stages',
      /all/,
    ],
    [
      'stages that send nothing',
      { request, mode: 'ramp_up', stages: [{ duration: 1, targetRps: 0 }] },
      'stages',
      /above 0/,
    ],
    [
      'a misspelt stage field',
      { request, mode: 'ramp_up', stages: [{ duration: 1, target: 1 }] },
      'stages[0].target',
      /Did you mean "targetRps"/,
    ],
    [
      'a misspelt field',
      { request, mode: 'iterations', iterations: 1, concurency: 5 },
      'concurency',
      /Did you mean "concurrency"/,
    ],
    [
      'a threshold without unit',
      { request, mode: 'iterations', iterations: 1, thresholds: ['error_rate<1'] },
      'thresholds[0]',
      /"error_rate<1%"/,
    ],
    [
      'a threshold on nothing',
      { request, mode: 'iterations', iterations: 1, thresholds: ['p9x<1'] },
      'thresholds[0]',
      /Did you mean "p90"/,
    ],
    [
      'a sample rate over 100',
      { request, mode: 'iterations', iterations: 1, success_sample_rate: 101 },
      'success_sample_rate',
      /at most 100/,
    ],
    [
      'a negative grace period',
      { request, mode: 'iterations', iterations: 1, gracePeriod: -1 },
      'gracePeriod',
      /0 or more/,
    ],
    ['no URL', { request: {}, mode: 'iterations', iterations: 1 }, 'request.url', /a string/],
    ['a request that is none', { request: 5, mode: 'iterations', iterations: 1 }, 'request', /an object/],
    [
      'a field given twice',
      { request, mode: 'iterations', iterations: 1, config: { iterations: 2 } },
      'iterations',
      /once/,
    ],
    [
      'a connection without streams',
      { request, mode: 'constant', concurrency: 9, duration: 1, streamsPerConnection: 0 },
      'streamsPerConnection',
      /1/,
    ],
    [
      'a burst over maxInFlight',
      { request, mode: 'constant', targetRps: 9, duration: 1, burst: 50, maxInFlight: 5 },
      'burst',
      /at most "maxInFlight"/,
    ],
    [
      'a ramp longer than the run',
      { request, mode: 'ramp_up', concurrency: 5, duration: 5, rampUpDuration: 10 },
      'rampUpDuration',
      /at most "duration"/,
    ],
  ];
  for (const [name, input, field, says] of refused) {
    it(`refuses ${name}, naming ${field}`, () => {
      const problems = problemsOf(() => parseRunConfig(input));
      const problem = problems.get(field);
      assert.ok(problem !== undefined, [...problems.keys()].join(', '));
      assert.match(`${problem.expected} ${problem.fix ?? ''}`, says);
      assert.equal(problems.size, 1, 'one cause is one problem');
    });
  }

  it('names fields by where they stand', () => {
    const problems = problemsOf(() =>
      parseRunConfig({ request, config: { mode: 'constant', targetRps: -1, threshold: [] } }),
    );
    assert.deepEqual([...problems.keys()].toSorted(), [
      'config.duration',
      'config.targetRps',
      'config.threshold',
    ]);
  });

  it('reports problems of the request and of the load together', () => {
    const problems = problemsOf(() =>
      parseRunConfig({
        request: { url: 5, metod: 'GET' },
        mode: 'constant',
        targetRps: -1,
        duration: 'x',
        foo: 1,
      }),
    );
    assert.deepEqual([...problems.keys()].toSorted(), [
      'duration',
      'foo',
      'request.metod',
      'request.url',
      'targetRps',
    ]);
  });

  it('refuses what is no object', () => {
    for (const input of [null, 5, 'x', [], undefined])
      assert.ok(problemsOf(() => parseRunConfig(input)).has(''));
  });

  it('warns of what will not do what it seems to', () => {
    const config = parseRunConfig({
      request,
      mode: 'constant',
      targetRps: 5,
      concurrency: 10,
      duration: 5,
      stages: [{ duration: 1, targetRps: 1 }],
    });
    assert.equal(config.warnings.length, 2);
    assert.match(config.warnings.join(' '), /"maxInFlight" bounds them.*"stages" is only used/);
  });

  it('has a schema that documents it', () => {
    const schema = z.toJSONSchema(runConfigSchema, { io: 'input' }) as {
      properties: Record<string, unknown>;
    };
    for (const field of ['mode', 'duration', 'stages', 'request', 'config', 'url', 'thresholds'])
      assert.ok(field in schema.properties, field);
  });
});
