import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startFaultServerProcess, type FaultServerProcess } from '../support/fault-server-process.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function outputOf(child: ChildProcess): Promise<{ code: number | null; text: string }> {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, text })));
}

describe('the example of a manager', () => {
  let server: FaultServerProcess;
  before(async () => {
    server = await startFaultServerProcess();
  });
  after(() => server.kill());

  test('uses the library and a daemon of its own, and leaves nothing behind', async () => {
    const args = ['examples/manager/main.mjs', `${server.url}/ok`];
    const { code, text } = await outputOf(spawn(process.execPath, args, { cwd: root, timeout: 60_000 }));
    assert.equal(code, 0, text);
    assert.match(text, /^library: 200\n/m);
    assert.match(text, /^daemon: 200 ok\n/m);
    assert.match(text, /^report: 200 requests, 0 failed\n/m);
  });

  test('its daemon ends with it, even when it is killed', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'vayu-manager-'));
    const script = path.join(folder, 'manager.mjs');
    const module = pathToFileURL(path.join(root, 'examples/manager/engine-process.mjs')).href;
    writeFileSync(
      script,
      `import { startEngineProcess } from ${JSON.stringify(module)};
const { pid } = await startEngineProcess({ dataDir: ${JSON.stringify(path.join(folder, 'data'))} });
console.log('pid', pid);
setInterval(() => undefined, 1000);`,
    );
    const manager = spawn(process.execPath, [script], { timeout: 60_000 });
    const pid = await new Promise<number>((resolve, reject) => {
      manager.stdout.on('data', (chunk: Buffer) => {
        const match = /^pid (\d+)/.exec(chunk.toString());
        if (match !== null) resolve(Number(match[1]));
      });
      manager.on('close', () => reject(new Error('the manager ended')));
    });
    assert.equal(isRunning(pid), true);
    manager.kill('SIGKILL');
    const deadline = performance.now() + 10_000;
    while (isRunning(pid) && performance.now() < deadline)
      await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(isRunning(pid), false);
  });
});
