import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createStyle,
  oneLine,
  padStart,
  truncate,
  visibleWidth,
  wantsColor,
} from '../../lib/cli/format/style.js';
import { formatTable } from '../../lib/cli/format/table.js';
import {
  formatBytes,
  formatCount,
  formatElapsed,
  formatLatency,
  formatRate,
  formatShare,
  plural,
} from '../../lib/cli/format/units.js';

test('latencies carry three significant digits and the unit that fits', () => {
  const cases: [number | null, string][] = [
    [null, '-'],
    [NaN, '-'],
    [0, '0 ms'],
    [0.0004, '1 µs'],
    [0.084, '84 µs'],
    [0.42, '0.42 ms'],
    [1.236, '1.24 ms'],
    [9.996, '10.0 ms'],
    [12.34, '12.3 ms'],
    [99.96, '100 ms'],
    [312.4, '312 ms'],
    [999.6, '1.00 s'],
    [2514, '2.51 s'],
    [61_000, '61.0 s'],
    [3_600_000, '3,600 s'],
  ];
  for (const [ms, text] of cases) assert.equal(formatLatency(ms), text, String(ms));
});

test('elapsed time is written for people', () => {
  const cases: [number, string][] = [
    [0, '0.0s'],
    [430, '0.4s'],
    [9_949, '9.9s'],
    [9_951, '10s'],
    [59_400, '59s'],
    [59_600, '1m 00s'],
    [185_000, '3m 05s'],
    [3_720_000, '1h 02m'],
  ];
  for (const [ms, text] of cases) assert.equal(formatElapsed(ms), text, String(ms));
});

test('a share never claims to be none or all when it is not', () => {
  const cases: [number, string][] = [
    [0, '0%'],
    [1, '100%'],
    [0.00001, '<0.01%'],
    [0.99999, '>99.99%'],
    [0.0012, '0.12%'],
    [0.995, '99.50%'],
    [0.4567, '45.7%'],
  ];
  for (const [share, text] of cases) assert.equal(formatShare(share), text, String(share));
});

test('counts, rates, bytes and plurals', () => {
  assert.equal(formatCount(1_234_567.4), '1,234,567');
  assert.equal(formatRate(48_211.4), '48,211');
  assert.equal(formatRate(99.94), '99.9');
  assert.equal(formatRate(1.5), '1.50');
  assert.equal(formatRate(Infinity), '-');
  assert.equal(formatBytes(512), '512 B');
  assert.equal(formatBytes(1536), '1.5 KiB');
  assert.equal(formatBytes(300 * 1024 * 1024), '300 MiB');
  assert.equal(plural(1, 'request'), '1 request');
  assert.equal(plural(2000, 'request'), '2,000 requests');
});

test('colour follows the flag, then NO_COLOR, then FORCE_COLOR, then the terminal', () => {
  const wants = (flag: boolean | undefined, isTerminal: boolean, env: Record<string, string>) =>
    wantsColor({ flag, isTerminal, env });
  assert.equal(wants(undefined, true, {}), true);
  assert.equal(wants(undefined, false, {}), false);
  assert.equal(wants(false, true, {}), false);
  assert.equal(wants(true, true, { NO_COLOR: '1' }), false);
  assert.equal(wants(true, true, { NO_COLOR: '' }), true);
  assert.equal(wants(true, false, { FORCE_COLOR: '1' }), true);
  assert.equal(wants(true, true, { TERM: 'dumb' }), false);
});

test('widths leave colour out, and text of servers cannot drive the terminal', () => {
  const style = createStyle(true);
  assert.equal(style.red('ab'), '\u001b[31mab\u001b[39m');
  assert.equal(createStyle(false).red('ab'), 'ab');
  assert.equal(visibleWidth(style.bold('abc')), 3);
  assert.equal(padStart(style.bold('a'), 3), `  ${style.bold('a')}`);
  assert.equal(truncate('abcdef', 4), 'abc…');
  assert.equal(truncate('abcd', 4), 'abcd');
  assert.equal(oneLine('a\r\nb\u001b[2Jc'), 'a b�[2Jc');
});

test('columns are aligned by what is seen', () => {
  const style = createStyle(true);
  assert.deepEqual(
    formatTable(
      [
        [style.red('a'), '1'],
        ['bbb', '22'],
      ],
      ['left', 'right'],
    ),
    [`${style.red('a')}     1`, 'bbb  22'],
  );
});
