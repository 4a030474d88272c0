import assert from 'node:assert/strict';
import { test } from 'node:test';
import { drawBar, formatDistribution } from '../../lib/cli/format/distribution.js';
import { formatProgressLine, formatProgressLog, progressView } from '../../lib/cli/format/progress.js';
import { createStyle, visibleWidth } from '../../lib/cli/format/style.js';
import { ProgressDisplay } from '../../lib/cli/progress-display.js';
import { liveSnapshot } from './report-fixture.js';

const plain = createStyle(false);

test('a bar is drawn in eighths, and the smallest share still shows', () => {
  assert.equal(drawBar(0, 10), '');
  assert.equal(drawBar(1, 4), '████');
  assert.equal(drawBar(0.5, 4), '██');
  assert.equal(drawBar(0.5625, 2), '█▏');
  assert.equal(drawBar(0.0001, 10), '▏');
  assert.equal(drawBar(7, 3), '███');
});

test('the distribution shows range, count, share and bar of each bin', () => {
  const lines = formatDistribution(
    [
      { fromMs: 0, toMs: 1, count: 750 },
      { fromMs: 1, toMs: 20, count: 250 },
      { fromMs: 20, toMs: 900, count: 0 },
    ],
    plain,
    6,
  );
  assert.deepEqual(lines, [
    '   0 ms –  1.00 ms  750  75.0%  ██████',
    '1.00 ms –  20.0 ms  250  25.0%  ██',
    '20.0 ms –   900 ms    0     0%',
  ]);
  assert.deepEqual(formatDistribution([{ fromMs: 0, toMs: 1, count: 0 }], plain), []);
});

test('the progress line has bar, time, rate, errors, percentiles and what is in flight', () => {
  const line = formatProgressLine(progressView(liveSnapshot()), plain, 140);
  assert.equal(
    line,
    `${'█'.repeat(12)}${' '.repeat(18)} 40%  4.0s, 6.0s left  48,211 req/s  0 errors  p50 1.20 ms  p99 3.41 ms  64 in flight`,
  );
});

test('on a narrow terminal the least important figures give way', () => {
  const view = progressView(liveSnapshot({ requests_failed: 3, requests_dropped: 5, tests_failed: 1 }));
  for (const width of [20, 40, 60, 79, 100, 120, 200]) {
    for (const style of [plain, createStyle(true)]) {
      assert.ok(visibleWidth(formatProgressLine(view, style, width)) <= width, `width ${width}`);
    }
  }
  assert.match(formatProgressLine(view, plain, 79), /48,211 req\/s {2}3 errors/);
  assert.doesNotMatch(formatProgressLine(view, plain, 79), /in flight/);
});

test('without an end there is no bar; a rate shows its target; a silent second shows no latency', () => {
  const view = progressView(
    liveSnapshot({
      durationSeconds: null,
      remainingSeconds: null,
      model: 'rate',
      target: 500,
      rps: 0,
      in_flight: 7,
    }),
  );
  assert.equal(view.done, null);
  assert.equal(
    formatProgressLine(view, plain, 100),
    '4.0s  0.00 of 500 req/s  0 errors  p50 -  p99 -  7 in flight',
  );
});

test('a budget of requests gives share and remaining time', () => {
  const view = progressView(
    liveSnapshot({
      durationSeconds: null,
      remainingSeconds: null,
      requests_expected: 1000,
      requests_succeeded: 200,
      requests_failed: 50,
      total_requests: 250,
    }),
  );
  assert.equal(view.done, 0.25);
  assert.equal(view.remainingMs, 12_000);
});

test('the log line says everything', () => {
  assert.equal(
    formatProgressLog(
      progressView(liveSnapshot({ requests_failed: 1, requests_dropped: 2, tests_failed: 3 })),
    ),
    '  4.0s   40%  48,211 req/s  64 in flight  p50 1.20 ms  p99 3.41 ms  1 error  2 dropped  3 failed tests  192,844 done',
  );
});

test('a terminal gets one line drawn over; anything else a line a second', () => {
  const terminal: string[] = [];
  const display = new ProgressDisplay(
    { isTTY: true, columns: 80, write: (text) => terminal.push(text) },
    plain,
  );
  assert.ok(display.wants(100) && display.wants(200));
  display.update(liveSnapshot());
  display.update(liveSnapshot({ elapsedSeconds: 5 }));
  display.end();
  display.end();
  assert.equal(terminal.length, 3);
  assert.ok(terminal[0]?.startsWith('\u001b[?25l\r\u001b[2K'));
  assert.ok(terminal[1]?.startsWith('\r\u001b[2K'));
  assert.equal(terminal[2], '\r\u001b[2K\u001b[?25h');

  const pipe: string[] = [];
  const log = new ProgressDisplay({ write: (text) => pipe.push(text) }, plain);
  for (let tick = 1; tick <= 35; tick += 1) {
    if (log.wants(tick * 100)) log.update(liveSnapshot({ elapsedSeconds: tick / 10 }));
  }
  log.end();
  assert.deepEqual(
    pipe.map((line) => line.slice(0, 6)),
    ['  1.0s', '  2.0s', '  3.0s'],
  );
  assert.ok(pipe.every((line) => line.endsWith('\n') && !line.includes('\u001b')));
});
