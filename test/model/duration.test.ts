import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { durationFault, formatDuration, parseDurationMs } from '../../lib/model/duration.js';

describe('durations', () => {
  it('reads seconds as numbers and amounts with units', () => {
    const cases: [unknown, number][] = [
      [30, 30_000],
      [0.5, 500],
      ['500ms', 500],
      ['30s', 30_000],
      ['1.5s', 1500],
      ['5m', 300_000],
      ['1h', 3_600_000],
      ['1h30m', 5_400_000],
      ['1m30s', 90_000],
      ['30', 30_000],
      [' 10s ', 10_000],
    ];
    for (const [value, ms] of cases) assert.equal(parseDurationMs(value), ms, JSON.stringify(value));
  });

  it('takes nothing else', () => {
    for (const value of ['', 'abc', '5x', '-5s', '5 s', 's', '1d', NaN, Infinity, null, {}, [], true]) {
      assert.equal(parseDurationMs(value), undefined, JSON.stringify(value));
    }
  });

  it('refuses durations that nobody meant', () => {
    assert.equal(durationFault(0)?.expected, 'a duration above 0');
    assert.equal(durationFault(-1)?.expected, 'a duration above 0');
    assert.equal(durationFault(0, 0), undefined);
    assert.match(durationFault(100_000)?.fix ?? '', /"100000ms" for milliseconds/);
    assert.equal(durationFault('27h'), undefined);
    assert.equal(durationFault('721h')?.expected, 'at most 30 days (720h)');
    assert.equal(durationFault(86_400), undefined);
  });

  it('writes them as a user would', () => {
    assert.deepEqual([250, 1000, 1500, 60_000, 90_000, 3_600_000, 3_661_000, Infinity].map(formatDuration), [
      '250ms',
      '1s',
      '1.5s',
      '1m',
      '1m30s',
      '1h',
      '1h1m1s',
      'unlimited',
    ]);
  });
});
