import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { VayuClient } from '../../lib/client/index.js';
import { openHarness } from '../runs/harness.js';
import { cliArguments } from '../cli/cli-process.js';
import { startFaultServerProcess, type FaultServerProcess } from '../support/fault-server-process.js';
import { startDaemonProcess } from '../support/vayu-daemon.js';

const limitMs = 6000;

let target: FaultServerProcess;
before(async () => {
  target = await startFaultServerProcess();
});
after(() => target.kill());

function newDataDir(t: TestContext): string {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'vayu-term-'));
  t.after(() => rmSync(dataDir, { recursive: true }));
  return dataDir;
}

function assertClean(dataDir: string): void {
  assert.deepEqual(readdirSync(dataDir), ['vayu.db'], 'no lock, no log, nothing half-written');
  const database = new Database(path.join(dataDir, 'vayu.db'), { readonly: true });
  assert.equal(database.pragma('integrity_check', { simple: true }), 'ok');
  database.close();
}

type Situation = (client: VayuClient) => Promise<string[]>;

/** Starts runs and does not wait for them; returns their ids. */
async function startRuns(client: VayuClient, ...runs: object[]): Promise<string[]> {
  const started = await Promise.all(
    runs.map((run) => client.startRun({ mode: 'constant', duration: 60, ...run })),
  );
  await sleep(300);
  return started.map(({ runId }) => runId);
}

const tests = 'pm.test("ok", () => pm.response.to.have.status(200))';
const situations: Record<string, Situation> = {
  'it has nothing to do': () => Promise.resolve([]),
  'a request is not answered': async (client) => {
    client.execute({ url: `${target.url}/stall/request` }).catch(() => undefined);
    await sleep(200);
    return [];
  },
  'a script does not end': async (client) => {
    client.execute({ url: `${target.url}/ok`, tests: 'while (true) {}' }).catch(() => undefined);
    await sleep(200);
    return [];
  },
  'a rate is kept': (client) =>
    startRuns(client, { request: { url: `${target.url}/ok`, tests }, targetRps: 300 }),
  'connections are hung': (client) =>
    startRuns(client, { request: { url: `${target.url}/stall/request` }, concurrency: 100 }),
  'its runs are watched': async (client) => {
    const ids = await startRuns(client, { request: { url: `${target.url}/ok` }, targetRps: 200 });
    void (async () => {
      for await (const event of client.live(ids[0] ?? '')) if (event.event === 'complete') break;
    })().catch(() => undefined);
    await sleep(200);
    return ids;
  },
  'several runs go on at once, some beginning, some stopping': async (client) => {
    const url = `${target.url}/ok`;
    const ids = await startRuns(
      client,
      { request: { url }, targetRps: 100 },
      { request: { url: target.urls.refused }, concurrency: 2 },
      { request: { url, tests }, concurrency: 4, transport: 'curl' },
    );
    client.stopRun(ids[0] ?? '').catch(() => undefined);
    ids.push(
      (await client.startRun({ request: { url }, mode: 'constant', duration: 60, concurrency: 3 })).runId,
    );
    return ids;
  },
};

describe('SIGTERM ends the daemon in order, with exit code 0, while', () => {
  for (const [name, situation] of Object.entries(situations)) {
    it(name, async (t) => {
      const dataDir = newDataDir(t);
      const daemon = await startDaemonProcess(['--data-dir', dataDir, '--workers', '2']);
      t.after(() => daemon.process.kill('SIGKILL'));
      const ids = await situation(new VayuClient({ baseUrl: daemon.url }));
      const began = performance.now();
      daemon.process.kill('SIGTERM');
      assert.equal(await daemon.ended, 0);
      assert.ok(performance.now() - began < limitMs, `${performance.now() - began} ms`);
      assertClean(dataDir);
      const harness = openHarness({}, path.join(dataDir, 'vayu.db'));
      try {
        for (const id of ids) {
          const report = harness.manager.report(id);
          assert.equal(report?.status, 'stopped');
          assert.equal(report.conservation.balanced, true);
        }
      } finally {
        await harness.close();
      }
    });
  }

  it('it starts: at any moment of it the directory stays usable', async (t) => {
    const dataDir = newDataDir(t);
    for (const delayMs of [20, 80, 150, 300, 600]) {
      const child = spawn(
        process.execPath,
        [...cliArguments, 'daemon', '--port', '0', '--verbose', '0', '--data-dir', dataDir],
        { stdio: 'ignore' },
      );
      const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
      await sleep(delayMs);
      child.kill('SIGTERM');
      const [code, signal] = await exited;
      // Before the program itself runs, a signal does what it does to every process.
      assert.ok(code === 0 || signal === 'SIGTERM', `${delayMs} ms: ${code} ${signal}`);
      const left = readdirSync(dataDir).filter((name) => name.startsWith('vayu.lock'));
      assert.deepEqual(left, [], `${delayMs} ms`);
    }
    const daemon = await startDaemonProcess(['--data-dir', dataDir]);
    assert.ok(existsSync(path.join(dataDir, 'vayu.lock')));
    daemon.process.kill('SIGTERM');
    assert.equal(await daemon.ended, 0);
    assertClean(dataDir);
  });
});
