import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { VayuClient } from '../../lib/client/index.js';
import type { Report } from '../../lib/model/report.js';
import { startFaultServerProcess, type FaultServerProcess } from '../support/fault-server-process.js';
import { startDaemonProcess, type DaemonProcess } from '../support/vayu-daemon.js';
import { runCli } from './cli-process.js';

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'vayu-daemon-'));

describe('vayu daemon and its clients', () => {
  let daemon: DaemonProcess;
  let server: FaultServerProcess;
  before(async () => {
    [daemon, server] = await Promise.all([
      startDaemonProcess(['--data-dir', newFolder()]),
      startFaultServerProcess(),
    ]);
  });
  after(async () => {
    daemon.process.kill('SIGKILL');
    await server.kill();
  });

  test('status tells that it runs', async () => {
    const { code, stdout } = await runCli(['status', '--daemon', daemon.url]);
    assert.equal(code, 0);
    assert.match(stdout, /^running {2}http:\/\/127\.0\.0\.1:\d+\n {2}version +\d/);
    assert.match(stdout, /none active/);
    const json = await runCli(['status', '--json'], { env: { VAYU_DAEMON: daemon.url } });
    assert.equal((JSON.parse(json.stdout) as { status: string }).status, 'ok');
  });

  test('run, load, report and runs go through it, with the same exit codes', async () => {
    const run = await runCli(['run', '--daemon', daemon.url, `${server.url}/ok`]);
    assert.match(run.stdout, /^200 OK/);
    assert.equal(run.code, 0);

    const refused = await runCli(['run', '--daemon', daemon.url, server.urls.refused]);
    assert.match(refused.stderr, /^error: .*connect/i);
    assert.equal(refused.code, 1);

    const load = await runCli([
      'load',
      '--daemon',
      daemon.url,
      '-n',
      '60',
      '-c',
      '3',
      '--json',
      `${server.url}/ok`,
    ]);
    assert.equal(load.code, 0, load.stderr);
    const report = JSON.parse(load.stdout) as Report;
    assert.equal(report.summary.totalRequests, 60);

    const failed = await runCli([
      'load',
      '--daemon',
      daemon.url,
      '-n',
      '5',
      '--json',
      `${server.url}/status?code=500`,
    ]);
    assert.equal(failed.code, 1);
    const failedId = (JSON.parse(failed.stdout) as Report).runId;

    const again = await runCli(['report', failedId, '--daemon', daemon.url]);
    assert.match(again.stdout, /^FAILED {2}5 requests/);
    assert.equal(again.code, 1);

    const runs = await runCli(['runs', '--type', 'load', '--daemon', daemon.url]);
    const lines = runs.stdout.trimEnd().split('\n');
    assert.equal(lines.length, 3, runs.stdout);
    assert.match(lines[1] ?? '', new RegExp(`^${failedId} +load +completed +\\d{4}-`));
    assert.match(lines[2] ?? '', new RegExp(`^${report.runId} `));
  });

  test('Ctrl-C stops the run in the daemon and prints its summary', async () => {
    let interruptedAt = 0;
    const { code, stdout } = await runCli(
      ['load', '--daemon', daemon.url, '-z', '60s', '-c', '2', `${server.url}/ok`],
      {
        onStderr: (text) => {
          if (interruptedAt > 0 || !/^ +1\.\ds/m.test(text)) return undefined;
          interruptedAt = performance.now();
          return 'SIGINT';
        },
      },
    );
    assert.equal(code, 130);
    assert.ok(performance.now() - interruptedAt < 4000);
    assert.match(stdout, /^INTERRUPTED {2}[\d,]+ requests/);
    assert.deepEqual(await new VayuClient({ baseUrl: daemon.url }).runs({ status: 'running' }), []);
  });

  test('the client follows a run to its end', async () => {
    const client = new VayuClient({ baseUrl: daemon.url });
    const { runId } = await client.startRun({
      request: { url: `${server.url}/ok` },
      mode: 'constant',
      duration: 1.5,
      concurrency: 2,
    });
    const counts = { snapshot: 0, metric: 0, complete: 0 };
    for await (const event of client.live(runId)) counts[event.event] += 1;
    assert.ok(counts.snapshot >= 5, JSON.stringify(counts));
    assert.ok(counts.metric >= 20, JSON.stringify(counts));
    assert.equal(counts.complete, 1);
    assert.equal((await client.report(runId)).status, 'completed');
    await client.deleteRun(runId);
    await assert.rejects(client.run(runId), { code: 'not_found', status: 404 });
  });

  test('an unknown run is told in one line', async () => {
    const { code, stderr } = await runCli(['report', 'run_none', '--daemon', daemon.url]);
    assert.equal(code, 2);
    assert.match(stderr, /^error: .*run_none.*\n$/);
  });
});

test('SIGTERM ends the daemon in order, with exit code 0; so does POST /shutdown', async () => {
  const first = await startDaemonProcess(['--data-dir', newFolder()]);
  first.process.kill('SIGTERM');
  assert.equal(await first.ended, 0);
  const second = await startDaemonProcess(['--data-dir', newFolder()]);
  await new VayuClient({ baseUrl: second.url }).shutdown();
  assert.equal(await second.ended, 0);
});

test('a daemon with a token answers only those who have it', async () => {
  const daemon = await startDaemonProcess(['--data-dir', newFolder(), '--token', 's3cret']);
  const without = await runCli(['status', '--daemon', daemon.url]);
  assert.equal(without.code, 2);
  assert.match(without.stderr, /^error: .*--token\n$/);
  const withToken = await runCli(['status', '--daemon', daemon.url, '--token', 's3cret']);
  assert.equal(withToken.code, 0);
  daemon.process.kill('SIGTERM');
  assert.equal(await daemon.ended, 0);
});

test('what keeps a daemon from starting is told in one line, with exit code 2', async (context) => {
  const taken = createServer();
  context.after(() => taken.close());
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const { port } = taken.address() as AddressInfo;
  const folder = newFolder();
  const aFile = join(folder, 'file');
  writeFileSync(aFile, '');
  const cases: [string[], RegExp][] = [
    [['--port', String(port), '--data-dir', newFolder()], new RegExp(`^error: .*${port}.*\n$`)],
    [['--port', '0', '--data-dir', join(aFile, 'x')], /^error: .*file.*\n$/],
    [['--port', '0', '--data-dir', '/sys/vayu'], /^error: .*\/sys\/vayu.*\n$/],
    [['--port', '0', '--host', '0.0.0.0', '--data-dir', newFolder()], /^error: .*--token.*\n$/],
  ];
  for (const [args, message] of cases) {
    const { code, stdout, stderr } = await runCli(['daemon', '--verbose', '0', ...args]);
    assert.match(stderr, message, args.join(' '));
    assert.doesNotMatch(stderr, /\n {4}at /);
    assert.equal(stdout, '');
    assert.equal(code, 2, args.join(' '));
  }
});
