import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { holds, parseThresholdExpression, type ThresholdMetric } from '../../lib/model/threshold.js';

describe('threshold expressions', () => {
  const read: [string, ThresholdMetric, string, number][] = [
    ['p95<200ms', { kind: 'time', measure: 'response', stat: 'percentile', percentile: 95 }, '<', 200],
    ['p95<200', { kind: 'time', measure: 'response', stat: 'percentile', percentile: 95 }, '<', 200],
    ['p999 <= 1.5s', { kind: 'time', measure: 'response', stat: 'percentile', percentile: 99.9 }, '<=', 1500],
    ['p99.99<1m', { kind: 'time', measure: 'response', stat: 'percentile', percentile: 99.99 }, '<', 60_000],
    ['p(99)<500us', { kind: 'time', measure: 'response', stat: 'percentile', percentile: 99 }, '<', 0.5],
    ['service_p99<50ms', { kind: 'time', measure: 'service', stat: 'percentile', percentile: 99 }, '<', 50],
    ['first_byte_avg<5', { kind: 'time', measure: 'first_byte', stat: 'avg' }, '<', 5],
    ['latency_max<5s', { kind: 'time', measure: 'response', stat: 'max' }, '<', 5000],
    ['lateness_p50<1ms', { kind: 'time', measure: 'lateness', stat: 'percentile', percentile: 50 }, '<', 1],
    ['error_rate<1%', { kind: 'share', name: 'error_rate' }, '<', 1],
    ['tests_passed>99.5%', { kind: 'share', name: 'tests_passed' }, '>', 99.5],
    ['rps>5000', { kind: 'rate', name: 'rps' }, '>', 5000],
    ['rps>=5000/s', { kind: 'rate', name: 'rps' }, '>=', 5000],
    ['dropped==0', { kind: 'count', name: 'dropped' }, '==', 0],
    ['dropped=0', { kind: 'count', name: 'dropped' }, '==', 0],
    ['errors.timeout<5', { kind: 'class', of: 'errors', name: 'timeout' }, '<', 5],
    ['status.503==0', { kind: 'class', of: 'status', name: '503' }, '==', 0],
  ];
  for (const [expression, metric, operator, limit] of read) {
    it(`reads ${expression}`, () => {
      assert.deepEqual(parseThresholdExpression(expression), {
        ok: true,
        value: { expression, metric, operator, limit },
      });
    });
  }

  const refused: [string, RegExp][] = [
    ['', /metric, operator and value/],
    ['p95', /metric, operator and value/],
    ['p95<', /metric, operator and value/],
    ['<5', /metric, operator and value/],
    ['p95<fast', /metric, operator and value/],
    ['p950000000<1', /a metric/],
    ['p101x<5', /a metric/],
    ['latncy_p99<5', /Did you mean/],
    ['error_rate<0.01', /"error_rate<0.01%"/],
    ['error_rate<1ms', /a share in percent/],
    ['p95<5%', /a time unit/],
    ['p95<5h', /a time unit/],
    ['rps>5ms', /without unit/],
    ['errors.<5', /a metric/],
  ];
  for (const [expression, says] of refused) {
    it(`refuses ${expression === '' ? 'nothing' : expression} and says what it takes`, () => {
      const parsed = parseThresholdExpression(expression);
      assert.ok(!parsed.ok);
      assert.match(`${parsed.expected} ${parsed.fix ?? ''}`, says);
    });
  }

  it('compares', () => {
    assert.deepEqual(
      [
        holds(1, '<', 1),
        holds(1, '<=', 1),
        holds(1, '>', 1),
        holds(1, '>=', 1),
        holds(1, '==', 1),
        holds(1, '!=', 1),
      ],
      [false, true, false, true, true, false],
    );
  });
});
