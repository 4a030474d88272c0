import { nearestName } from './validation.js';

/** Measures with a distribution, in µs inside and ms outside. The empty prefix means `response`. */
const timePrefixes = [
  'response',
  'latency',
  'service',
  'lateness',
  'dns',
  'connect',
  'tls',
  'first_byte',
  'download',
  'script',
] as const;
export type TimeMeasure = Exclude<(typeof timePrefixes)[number], 'latency'>;

/** Shares of a whole; an expression gives them in percent. */
export const shareMetrics = [
  'error_rate',
  'success_rate',
  'tests_passed',
  'tests_failed',
  'dropped_rate',
  'slow_rate',
] as const;
/** Per second. */
export const rateMetrics = ['rps', 'send_rate'] as const;
export const countMetrics = [
  'requests',
  'sent',
  'errors',
  'dropped',
  'aborted',
  'slow',
  'test_failures',
  'in_flight',
] as const;

export type ThresholdMetric =
  | { kind: 'time'; measure: TimeMeasure; stat: 'avg' | 'min' | 'max' | 'percentile'; percentile?: number }
  | { kind: 'share'; name: (typeof shareMetrics)[number] }
  | { kind: 'rate'; name: (typeof rateMetrics)[number] }
  | { kind: 'count'; name: (typeof countMetrics)[number] }
  /** Failures of one class (`errors.timeout`) or responses of one status (`status.503`). */
  | { kind: 'class'; of: 'errors' | 'status'; name: string };

export const thresholdOperators = ['<=', '>=', '==', '!=', '<', '>'] as const;
export type ThresholdOperator = (typeof thresholdOperators)[number];

/** A condition that a run has to meet. `limit` is in ms, percent, per second or a count, after the kind of its metric. */
export interface Threshold {
  expression: string;
  metric: ThresholdMetric;
  operator: ThresholdOperator;
  limit: number;
  /** Looks at this much of the latest past instead of the whole run. */
  windowMs?: number;
  abortOnFail: boolean;
  /** No abort before this much of the run has passed. */
  abortDelayMs: number;
}

const timeUnits: Record<string, number> = { us: 0.001, µs: 0.001, ms: 1, s: 1000, m: 60_000 };
const grammar = /^\s*([A-Za-z0-9_.()]+)\s*(<=|>=|==|!=|=|<|>)\s*(-?\d+(?:\.\d+)?)\s*([a-zµ%/]*)\s*$/;

export const thresholdExamples =
  '"p95<200ms", "service_p99<50ms", "error_rate<1%", "rps>5000", "tests_passed>99%"';

/** 99.9 of `p999`, `p99.9`, `p(99.9)`; undefined where it is no percentile. */
function percentileOf(text: string): number | undefined {
  const match = /^p\(?(\d{1,3}(?:\.\d+)?|\d{3,6})\)?$/.exec(text);
  const digits = match?.[1];
  if (digits === undefined) return undefined;
  if (digits.includes('.') || digits.length <= 2 || digits === '100')
    return Number(digits) <= 100 ? Number(digits) : undefined;
  return Number(`${digits.slice(0, 2)}.${digits.slice(2)}`);
}

function timeMetric(name: string): ThresholdMetric | undefined {
  for (const prefix of ['', ...timePrefixes]) {
    if (prefix !== '' && !name.startsWith(`${prefix}_`)) continue;
    const stat = prefix === '' ? name : name.slice(prefix.length + 1);
    const measure: TimeMeasure = prefix === '' || prefix === 'latency' ? 'response' : (prefix as TimeMeasure);
    if (stat === 'avg' || stat === 'mean') return { kind: 'time', measure, stat: 'avg' };
    if (stat === 'min' || stat === 'max') return { kind: 'time', measure, stat };
    const percentile = percentileOf(stat);
    if (percentile !== undefined) return { kind: 'time', measure, stat: 'percentile', percentile };
  }
  return undefined;
}

function metricOf(name: string): ThresholdMetric | undefined {
  const has = <T extends string>(list: readonly T[]): T | undefined => list.find((one) => one === name);
  const share = has(shareMetrics);
  if (share !== undefined) return { kind: 'share', name: share };
  const rate = has(rateMetrics);
  if (rate !== undefined) return { kind: 'rate', name: rate };
  const count = has(countMetrics);
  if (count !== undefined) return { kind: 'count', name: count };
  const [of, ...rest] = name.split('.');
  if ((of === 'errors' || of === 'status') && rest.length === 1 && rest[0] !== '')
    return { kind: 'class', of, name: rest[0] ?? '' };
  return timeMetric(name);
}

const nameList = [
  'p50',
  'p90',
  'p95',
  'p99',
  'p999',
  'avg',
  'min',
  'max',
  ...timePrefixes.filter((prefix) => prefix !== 'latency').map((prefix) => `${prefix}_p99`),
  ...shareMetrics,
  ...rateMetrics,
  ...countMetrics,
  'errors.<class>',
  'status.<code>',
];

export type ThresholdParse =
  | { ok: true; value: Pick<Threshold, 'expression' | 'metric' | 'operator' | 'limit'> }
  | { ok: false; expected: string; fix?: string };

/** Reads `metric operator value[unit]`. */
export function parseThresholdExpression(expression: string): ThresholdParse {
  const match = grammar.exec(expression);
  if (match === null)
    return { ok: false, expected: `metric, operator and value, as in ${thresholdExamples}` };
  const [, name = '', sign = '', amount = '', unit = ''] = match;
  const metric = metricOf(name);
  if (metric === undefined) {
    const nearest = nearestName(name, nameList);
    return {
      ok: false,
      expected: `a metric: ${nameList.join(', ')}`,
      fix: nearest === undefined ? `"${name}" is none` : `Did you mean "${nearest}"?`,
    };
  }
  const operator = (sign === '=' ? '==' : sign) as ThresholdOperator;
  const value = (limit: number): ThresholdParse => ({
    ok: true,
    value: { expression: expression.trim(), metric, operator, limit },
  });
  if (metric.kind === 'time') {
    const factor = unit === '' ? 1 : timeUnits[unit];
    if (factor === undefined)
      return { ok: false, expected: `a time unit after ${amount}: us, ms, s or m`, fix: `"${unit}" is none` };
    return value(Number(amount) * factor);
  }
  if (metric.kind === 'share') {
    if (unit !== '%')
      return {
        ok: false,
        expected: `a share in percent for ${name}`,
        fix: `Write "${name}${sign}${amount}%"`,
      };
    return value(Number(amount));
  }
  const perSecond = metric.kind === 'rate' && (unit === '/s' || unit === 'rps');
  if (unit !== '' && !perSecond)
    return { ok: false, expected: `a number without unit for ${name}`, fix: `Leave out "${unit}"` };
  return value(Number(amount));
}

export function holds(actual: number, operator: ThresholdOperator, limit: number): boolean {
  switch (operator) {
    case '<':
      return actual < limit;
    case '<=':
      return actual <= limit;
    case '>':
      return actual > limit;
    case '>=':
      return actual >= limit;
    case '==':
      return actual === limit;
    case '!=':
      return actual !== limit;
  }
}
