import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Report } from '../../lib/model/report.js';
import { startFaultServerProcess, type FaultServerProcess } from '../support/fault-server-process.js';
import { cliArguments, runCli } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'vayu-load-'));

describe('vayu load', { concurrency: 2 }, () => {
  let server: FaultServerProcess;
  before(async () => {
    server = await startFaultServerProcess();
  });
  after(() => server.kill());

  test('loads a URL, logs while it runs, and sums up with the verdict first', async () => {
    const { code, stdout, stderr } = await runCli(['load', '-z', '2s', '-c', '4', `${server.url}/ok`]);
    assert.equal(code, 0, stderr);
    assert.match(
      stdout,
      /^PASSED {2}[\d,]+ requests in 2\.\ds, [\d,.]+ req\/s\n {2}GET http:.*: 4 connections for 2s\n/,
    );
    assert.match(stdout, /p99 +[\d.]+ [mµ]?s +[\d.]+ [mµ]?s +[\d.]+ [mµ]?s/);
    assert.match(stdout, /Distribution of response times\n.*█/);
    assert.match(stdout, /Status codes\n {2}200 {2}[\d,]+ {2}100%/);
    assert.match(stdout, /Sums +planned (\d+) = sent \1 \+ dropped 0; sent \1 = succeeded \1/);
    assert.ok(!(stdout + stderr).includes('\u001b'));
    const log = stderr.trimEnd().split('\n');
    assert.match(log[0] ?? '', /^GET .*: 4 connections for 2s$/);
    assert.match(log[1] ?? '', /^ {2}1\.\ds +\d+% {2}[\d,.]+ req\/s {2}4 in flight {2}p50 /);
    assert.ok(log.length >= 2 && log.length <= 4, stderr);
  });

  test('a budget of requests is sent exactly, and --json prints one document', async () => {
    const { code, stdout, stderr } = await runCli([
      'load',
      '-n',
      '250',
      '-c',
      '7',
      '--json',
      `${server.url}/ok`,
    ]);
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
    const report = JSON.parse(stdout) as Report;
    assert.equal(report.summary.totalRequests, 250);
    assert.deepEqual(report.statusCodes, { '200': 250 });
    assert.equal(report.conservation.balanced, true);
    assert.equal(report.connections.opened, 7);
  });

  test('a rate is kept', async () => {
    const { code, stdout } = await runCli(['load', '-q', '200', '-z', '2s', '--json', `${server.url}/ok`]);
    assert.equal(code, 0);
    const report = JSON.parse(stdout) as Report;
    assert.equal(report.summary.plannedRequests, 400);
    assert.equal(report.plan.model, 'rate');
  });

  test('failed requests give exit code 1 and are grouped', async () => {
    const { code, stdout } = await runCli(['load', '-n', '20', '-c', '2', `${server.url}/status?code=503`]);
    assert.equal(code, 1);
    assert.match(stdout, /^FAILED.*\n {2}20 of 20 requests failed\n/);
    assert.match(stdout, /Status codes\n {2}503 {2}20 {2}100%/);
    assert.match(stdout, /Errors\n {2}20 × http_5xx/);
  });

  test('a target that refuses is told, with exit code 1 and no stack', async () => {
    const { code, stdout, stderr } = await runCli(['load', '-n', '10', '-c', '2', server.urls.refused]);
    assert.equal(code, 1);
    assert.match(stdout, /Errors\n {2}10 × connection_failed\n/);
    assert.doesNotMatch(stdout + stderr, /\n {4}at /);
  });

  test('thresholds decide: 99 where one is not kept, 0 where the error rate is within its own', async () => {
    const broken = await runCli(['load', '-n', '20', '--threshold', 'p50<0.001ms', `${server.url}/ok`]);
    assert.equal(broken.code, 99);
    assert.match(broken.stdout, /^FAILED.*\n {2}1 threshold not kept: p50<0\.001ms\n/);
    assert.match(broken.stdout, /Thresholds\n {2}✗ p50<0\.001ms: [\d.]+ [mµ]s/);
    const kept = await runCli([
      'load',
      '-n',
      '20',
      '--threshold',
      'error_rate<=100%',
      `${server.url}/status?code=500`,
    ]);
    assert.equal(kept.code, 0);
  });

  test('Ctrl-C ends a run within two seconds and still prints the summary', async () => {
    let interruptedAt = 0;
    const { code, stdout, stderr } = await runCli(['load', '-z', '60s', '-c', '4', `${server.url}/ok`], {
      onStderr: (text) => {
        if (interruptedAt > 0 || !/^ +1\.\ds/m.test(text)) return undefined;
        interruptedAt = performance.now();
        return 'SIGINT';
      },
    });
    assert.ok(interruptedAt > 0);
    assert.ok(performance.now() - interruptedAt < 2500, `took ${performance.now() - interruptedAt} ms`);
    assert.equal(code, 130);
    assert.match(stderr, /Stopping; press Ctrl-C again/);
    assert.match(stdout, /^INTERRUPTED {2}[\d,]+ requests/);
    assert.match(stdout, /Status codes\n {2}200/);
  });

  test('Ctrl-C also ends a run whose server says nothing; a second one ends at once', async () => {
    const args = ['load', '-z', '60s', '-c', '2', `${server.url}/stall/request`];
    const sent: number[] = [];
    const once = await runCli(args, {
      onStderr: (text) => {
        if (sent.length > 0 || !/^ +1\.\ds/m.test(text)) return undefined;
        sent.push(performance.now());
        return 'SIGINT';
      },
    });
    assert.equal(once.code, 130);
    assert.ok(performance.now() - (sent[0] ?? 0) < 3000, 'the first');
    assert.match(once.stdout, /2 aborted/);

    let signals = 0;
    const twice = await runCli(args, {
      onStderr: (text) => {
        if (signals === 0 && /^ +1\.\ds/m.test(text)) return (signals += 1) > 0 ? 'SIGINT' : undefined;
        if (signals === 1 && text.includes('Stopping')) return (signals += 1) > 0 ? 'SIGINT' : undefined;
        return undefined;
      },
    });
    assert.equal(twice.code, 130);
    assert.equal(twice.stdout, '');
  });

  test('a JSON file says what to load; options replace it; result files are written', async () => {
    const path = join(folder, 'run.json');
    writeFileSync(
      path,
      JSON.stringify({
        request: { url: `${server.url}/ok` },
        mode: 'iterations',
        iterations: 100_000,
        concurrency: 3,
      }),
    );
    const outs = ['json', 'csv', 'xml'].map((ending) => join(folder, `load.${ending}`));
    const { code, stdout, stderr } = await runCli([
      'load',
      path,
      '-n',
      '40',
      ...outs.flatMap((out) => ['--out', out]),
      '--quiet',
    ]);
    assert.equal(code, 0, stderr);
    assert.equal(stdout + stderr, '');
    const [json = '', csv = '', xml = ''] = outs.map((out) => readFileSync(out, 'utf8'));
    assert.equal((JSON.parse(json) as Report).summary.totalRequests, 40);
    assert.match(csv, /^second,duration_ms,rps,.*\r\n1,/);
    assert.match(xml, /<testcase name="requests succeed"/);
  });

  test('a run from standard input', async () => {
    const input = JSON.stringify({
      url: `${server.url}/ok`,
      mode: 'iterations',
      iterations: 5,
      concurrency: 1,
    });
    const { code, stdout } = await runCli(['load', '-', '--json'], { input });
    assert.equal(code, 0);
    assert.equal((JSON.parse(stdout) as Report).summary.totalRequests, 5);
  });

  test('a configuration that cannot run is told whole, before anything starts, with exit code 2', async () => {
    const path = join(folder, 'bad.json');
    writeFileSync(
      path,
      JSON.stringify({
        request: { url: `${server.url}/ok` },
        mode: 'constnt',
        duration: 'soon',
        concurrency: -1,
      }),
    );
    const { code, stdout, stderr } = await runCli(['load', path]);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /error: mode: expected one of .*got "constnt"\. Did you mean "constant"\?\n/);
    assert.match(stderr, /error: duration: .*got "soon"/);
    assert.match(stderr, /error: concurrency: .*got -1/);
  });

  test('a body that looks like a duration of wrk is sent, with a hint', async () => {
    const { code, stderr } = await runCli(['load', '-n', '1', '-d', '10s', `${server.url}/ok`]);
    assert.equal(code, 0);
    assert.match(
      stderr,
      /warning: -d 10s is sent as the body of each request; a duration is given as -z 10s/,
    );
  });

  test('a reader that has seen enough is no error', async () => {
    const command = `"${process.execPath}" ${cliArguments.join(' ')} load -n 50 --no-progress ${server.url}/ok | head -c 6; echo " \${PIPESTATUS[0]}"`;
    const child = spawn('bash', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    await new Promise((resolve) => child.on('close', resolve));
    assert.equal(text, 'PASSED 0\n');
  });
});
