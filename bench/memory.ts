// npm run bench:memory -- [--requests=N]: what the daemon holds when idle, and whether a load of a million requests leaves it where it was.
// Two loads before it are warm-up: V8's young generation and the allocators' reserves grow to what work of this kind takes.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { VayuClient } from '../lib/client/index.js';
import { startNginx } from '../test/support/nginx.js';

const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
/** MiB. A byte kept of each of a million requests is 1 MiB; their exchanges would be hundreds. */
const limits = { idle: 80, gained: 8, stored: 8 };
const warmUpLoads = 2;
/** Until what a run leaves to be collected is collected. */
const settleMs = 5000;

interface Reading {
  when: string;
  rssMiB: number;
  storedMiB: number;
}

const { values } = parseArgs({ options: { requests: { type: 'string', default: '1000000' } } });
const requests = Number(values.requests);
if (!Number.isInteger(requests) || requests < 1) throw new Error('--requests takes a whole number from 1.');

const nginx = await startNginx({ tls: false });
const dataDir = mkdtempSync(path.join(tmpdir(), 'vayu-memory-'));
const main = path.join(projectRoot, 'dist', 'cli', 'main.js');
const daemon = spawn(
  process.execPath,
  [main, 'daemon', '--port', '0', '--verbose', '0', '--data-dir', dataDir],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const readings: Reading[] = [];

function read(when: string): Reading {
  // In KiB, on Linux and macOS alike.
  const rss = Number(execFileSync('ps', ['-o', 'rss=', '-p', String(daemon.pid)], { encoding: 'utf8' }));
  const stored = readdirSync(dataDir).reduce((sum, name) => sum + statSync(path.join(dataDir, name)).size, 0);
  const reading = { when, rssMiB: rss / 1024, storedMiB: stored / 2 ** 20 };
  readings.push(reading);
  process.stdout.write(
    `${when.padEnd(36)} ${reading.rssMiB.toFixed(1).padStart(7)} MiB resident ${reading.storedMiB.toFixed(1).padStart(6)} MiB stored\n`,
  );
  return reading;
}

async function load(client: VayuClient, count: number): Promise<void> {
  const { runId } = await client.startRun({
    request: { method: 'GET', url: `${nginx.url}/` },
    mode: 'iterations',
    iterations: count,
    concurrency: 64,
  });
  let run = await client.run(runId);
  while (run.status === 'running' || run.status === 'pending') {
    await sleep(500);
    run = await client.run(runId);
  }
  const { summary } = await client.report(runId);
  if (run.status !== 'completed' || summary.successfulRequests !== count)
    throw new Error(`the run is ${run.status} with ${summary.successfulRequests} of ${count} requests`);
  await sleep(settleMs);
}

try {
  const [line] = (await once(daemon.stdout, 'data')) as [Buffer];
  const baseUrl = /http:\/\/\S+/.exec(line.toString())?.[0];
  if (baseUrl === undefined) throw new Error(`the daemon said: ${line.toString()}`);
  const client = new VayuClient({ baseUrl });
  await client.health();
  await sleep(settleMs);
  const idle = read('idle, after the first /health');
  let warm = idle;
  for (let index = 1; index <= warmUpLoads; index++) {
    await load(client, requests);
    warm = read(`after ${requests.toLocaleString('en')} requests`);
  }
  await load(client, requests);
  const last = read(`after ${requests.toLocaleString('en')} more`);
  const claims = [
    { text: 'idle', figure: idle.rssMiB, limit: limits.idle },
    { text: 'gained by the last load', figure: last.rssMiB - warm.rssMiB, limit: limits.gained },
    { text: 'stored by the last load', figure: last.storedMiB - warm.storedMiB, limit: limits.stored },
  ];
  for (const { text, figure, limit } of claims)
    process.stdout.write(
      `${figure <= limit ? 'met' : 'NOT met'}  ${text}: ${figure.toFixed(1)} MiB (at most ${limit})\n`,
    );
  process.exitCode = claims.every(({ figure, limit }) => figure <= limit) ? 0 : 1;
} finally {
  if (daemon.exitCode === null) {
    const ended = once(daemon, 'exit');
    daemon.kill('SIGTERM');
    await ended;
  }
  await nginx.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
