import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { VayuClient } from '../../lib/client/index.js';
import { assertBalanced } from '../runs/balance.js';
import { startRecordingServer, type RecordingServer } from '../support/recording-server.js';
import { startDaemonProcess, type DaemonProcess } from '../support/vayu-daemon.js';

/** Runs that are started and stopped; 1000 take some minutes. */
const cycles = Number(process.env['VAYU_CHAOS_CYCLES'] ?? 50);

interface Started {
  daemon: DaemonProcess;
  client: VayuClient;
  server: RecordingServer;
}

async function start(t: TestContext, delayUs: number, through: string[] = []): Promise<Started> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'vayu-limits-'));
  const server = await startRecordingServer({ delayUs });
  const daemon = await startDaemonProcess(['--data-dir', dataDir, '--workers', '1'], { through });
  t.after(async () => {
    daemon.process.kill('SIGKILL');
    await daemon.ended;
    await server.stop();
    rmSync(dataDir, { recursive: true });
  });
  return { daemon, client: new VayuClient({ baseUrl: daemon.url }), server };
}

interface ProcessFigures {
  descriptors: number;
  threads: number;
  rssMiB: number;
}

function figuresOf(pid: number): ProcessFigures {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  return {
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: field('Threads'),
    rssMiB: field('VmRSS') / 1024,
  };
}

async function until(condition: () => Promise<boolean>, limitMs: number): Promise<void> {
  const end = performance.now() + limitMs;
  while (!(await condition())) {
    assert.ok(performance.now() < end, `not within ${limitMs} ms`);
    await sleep(50);
  }
}

const onlyOnLinux = process.platform === 'linux' ? false : 'reads /proc';

test('stop ends a run with 10,000 requests that are never answered within 5 s', async (t) => {
  const hungFor = 3_600_000_000;
  const { client, server } = await start(t, hungFor);
  const { runId } = await client.startRun({
    request: { url: server.url, timeout: 0 },
    mode: 'constant',
    concurrency: 10_000,
    duration: 600,
  });
  await until(async () => (await server.arrivalsUs()).length === 10_000, 60_000);
  const began = performance.now();
  const { status } = await client.stopRun(runId);
  const took = performance.now() - began;
  assert.equal(status, 'stopped');
  assert.ok(took < 5000, `${took} ms`);
  const report = await client.report(runId);
  assertBalanced(report);
  assert.equal(report.conservation.sent, 10_000);
  assert.equal(report.conservation.aborted, 10_000);
  assert.equal((await client.health()).status, 'ok');
});

test('without descriptors a run fails request by request and says so, and the daemon goes on', async (t) => {
  const { client, server } = await start(t, 1000, ['sh', '-c', 'ulimit -n 150; exec "$0" "$@"']);
  const { runId } = await client.startRun({
    request: { url: server.url },
    mode: 'constant',
    concurrency: 400,
    duration: 2,
  });
  await until(
    () =>
      client.run(runId).then(
        ({ status }) => status === 'completed',
        () => false,
      ),
    20_000,
  );
  const report = await client.report(runId);
  assertBalanced(report);
  assert.ok(report.conservation.succeeded > 0);
  assert.ok(
    (report.conservation.failed.byClass['connection_failed'] ?? 0) > 0,
    report.conservation.sums.join(),
  );
  assert.equal(report.verdict.result, 'generator_limited', report.verdict.message);
  assert.ok(report.verdict.evidence.some(({ kind, limiting }) => kind === 'descriptors' && limiting));
  const { status } = await client.execute({ url: server.url });
  assert.equal(status, 200);
});

test(`${cycles} runs that are started and stopped leave nothing behind`, { skip: onlyOnLinux }, async (t) => {
  const { daemon, client, server } = await start(t, 500);
  const pid = daemon.process.pid ?? 0;
  const loads = [{ concurrency: 5 }, { targetRps: 500 }, { concurrency: 5, transport: 'curl' }];
  let warm: ProcessFigures | undefined;
  for (let cycle = 0; cycle < cycles; cycle++) {
    if (cycle === Math.floor(cycles / 5)) warm = figuresOf(pid);
    const { runId } = await client.startRun({
      request: { url: server.url, tests: 'pm.test("ok", () => pm.response.to.have.status(200))' },
      mode: 'constant',
      duration: 60,
      ...loads[cycle % loads.length],
    });
    await sleep((cycle * 7) % 40);
    const { status } = await client.stopRun(runId);
    assert.equal(status, 'stopped');
    assertBalanced(await client.report(runId));
  }
  assert.ok(warm !== undefined);
  const after = figuresOf(pid);
  assert.ok(after.descriptors <= warm.descriptors + 2, JSON.stringify({ warm, after }));
  assert.ok(after.threads <= warm.threads, JSON.stringify({ warm, after }));
  assert.ok(after.rssMiB < warm.rssMiB * 1.3 + 20, JSON.stringify({ warm, after }));
  assert.equal(
    (await client.runs({ limit: 500 })).every(({ status }) => status === 'stopped'),
    true,
  );
});
