/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- answers are JSON that the asserts look into */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { startDaemon, type DaemonOptions } from '../../lib/api/daemon.js';
import { createLogger } from '../../lib/api/log.js';
import { VayuError } from '../../lib/model/errors.js';
import { eventually, startApi, startTarget, temporaryFolder, type Json } from './support.js';

const program = fileURLToPath(new URL('./daemon-process.ts', import.meta.url));

interface DaemonProcess {
  child: ChildProcess;
  /** The URL, or the error as JSON. */
  firstLine: string;
  exit: Promise<number | null>;
}

async function spawnDaemon(t: TestContext, options: DaemonOptions): Promise<DaemonProcess> {
  const child = spawn(process.execPath, ['--import', 'tsx', program, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  t.after(() => child.kill('SIGKILL'));
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  const lines = createInterface({ input: child.stdout ?? process.stdin });
  const [firstLine] = (await once(lines, 'line')) as [string];
  return { child, firstLine, exit };
}

const call = async (url: string, method = 'GET', body?: object): Promise<Json> =>
  (await fetch(url, { method, ...(body ? { body: JSON.stringify(body) } : {}) })).json();

async function codeOf(starting: Promise<unknown>): Promise<string> {
  try {
    await starting;
  } catch (error) {
    assert.ok(error instanceof VayuError, String(error));
    return error.code;
  }
  return 'none';
}

const quiet = { log: createLogger('silent') };

test('port 0 takes a free port, and the lock says who is there', async (t) => {
  const api = await startApi(t);
  assert.ok(api.port > 0);
  assert.equal(fs.readFileSync(path.join(api.dataDir, 'vayu.lock'), 'utf8').trim(), String(process.pid));
  const facts = JSON.parse(fs.readFileSync(path.join(api.dataDir, 'vayu.lock.json'), 'utf8'));
  assert.deepEqual([facts.pid, facts.url, facts.port], [process.pid, api.url, api.port]);
  await api.close();
  assert.deepEqual(fs.readdirSync(api.dataDir), ['vayu.db']);
});

test('a port in use, a directory in use and one that cannot be written each have their error', async (t) => {
  const api = await startApi(t);
  const other = temporaryFolder(t);
  assert.equal(await codeOf(startDaemon({ dataDir: other, port: api.port, ...quiet })), 'port_in_use');
  assert.deepEqual(fs.readdirSync(other), [], 'a failed start leaves no lock');
  assert.equal(await codeOf(startDaemon({ dataDir: api.dataDir, port: 0, ...quiet })), 'already_running');
  for (const folder of ['/proc/vayu', '/proc/vayu/deeper', '/sys/vayu']) {
    assert.equal(
      await codeOf(startDaemon({ dataDir: folder, port: 0, ...quiet })),
      'data_dir_not_writable',
      folder,
    );
  }
  const file = path.join(other, 'file');
  fs.writeFileSync(file, '');
  assert.equal(
    await codeOf(startDaemon({ dataDir: path.join(file, 'x'), port: 0, ...quiet })),
    'data_dir_not_writable',
  );
  assert.equal(await codeOf(startDaemon({ dataDir: file, port: 0, ...quiet })), 'data_dir_not_writable');
  assert.equal((await api.call('GET', '/health')).status, 200);
});

test('a lock whose process is gone is taken over', async (t) => {
  const dataDir = temporaryFolder(t);
  const gone = spawn(process.execPath, ['-e', '']);
  await once(gone, 'exit');
  const reused = JSON.stringify({ pid: process.pid, stamp: '1' });
  for (const [content, facts] of [[String(gone.pid)], ['garbage'], [''], [String(process.pid), reused]]) {
    fs.writeFileSync(path.join(dataDir, 'vayu.lock'), content ?? '');
    if (facts !== undefined) fs.writeFileSync(path.join(dataDir, 'vayu.lock.json'), facts);
    const daemon = await startDaemon({ dataDir, port: 0, workers: 1, ...quiet });
    await daemon.close();
  }
  assert.deepEqual(
    fs.readdirSync(dataDir).filter((name) => name.startsWith('vayu.lock')),
    [],
  );
});

test('a newer database stops the start, untouched, and frees port and lock', async (t) => {
  const dataDir = temporaryFolder(t);
  const database = new Database(path.join(dataDir, 'vayu.db'));
  database.pragma('user_version = 999');
  database.pragma(`application_id = 1447123285`);
  database.exec('CREATE TABLE later (a)');
  database.close();
  const before = fs.readFileSync(path.join(dataDir, 'vayu.db'));
  assert.equal(await codeOf(startDaemon({ dataDir, port: 0, ...quiet })), 'schema_too_new');
  assert.deepEqual(fs.readFileSync(path.join(dataDir, 'vayu.db')), before);
  assert.deepEqual(fs.readdirSync(dataDir), ['vayu.db']);
});

test('a damaged database is moved aside with a line in the log', async (t) => {
  const dataDir = temporaryFolder(t);
  fs.writeFileSync(
    path.join(dataDir, 'vayu.db'),
    'this is no database at all, but long enough to be looked at'.repeat(100),
  );
  const api = await startApi(t, { dataDir });
  assert.ok(api.logLines.some((line) => /"level":"warn".*damaged/.test(line)));
  assert.ok(fs.readdirSync(dataDir).some((name) => name.startsWith('vayu.db.damaged-')));
  assert.deepEqual((await api.call('GET', '/runs')).body, []);
});

test('POST /shutdown stops and stores runs, answers who waits, and checkpoints the database', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t, (_request, response) => {
    setTimeout(() => response.end('slow'), 300);
  });
  const { body: run } = await api.call('POST', '/run', {
    url: target.url,
    mode: 'constant',
    duration: 60,
    concurrency: 3,
  });
  const waiting = api.call('POST', '/request', { url: target.url });
  const watching = fetch(`${api.url}/stats/${run.runId}`).then((response) => response.text());
  await eventually(() => target.requests.length > 6 || undefined);
  const { status } = await api.call('POST', '/shutdown');
  assert.equal(status, 202);
  await api.closed;
  assert.equal((await waiting).body.bodyRaw, 'slow');
  assert.match(await watching, /event: complete\ndata: .*"status":"stopped"/);
  await assert.rejects(fetch(`${api.url}/health`));
  assert.deepEqual(fs.readdirSync(api.dataDir), ['vayu.db']);
  const database = new Database(path.join(api.dataDir, 'vayu.db'), { readonly: true });
  t.after(() => database.close());
  assert.equal(database.prepare('SELECT status FROM runs WHERE id = ?').pluck().get(run.runId), 'stopped');
  const report = JSON.parse(database.prepare('SELECT report FROM reports').pluck().get() as string);
  assert.equal(report.conservation.balanced, true);
});

test('SIGTERM during a run ends the process cleanly within seconds', async (t) => {
  const target = await startTarget(t, () => undefined);
  const dataDir = temporaryFolder(t);
  const { child, firstLine: url, exit } = await spawnDaemon(t, { dataDir, port: 0, workers: 1 });
  await call(`${url}/run`, 'POST', { url: target.url, mode: 'constant', duration: 60, concurrency: 100 });
  await eventually(() => target.requests.length >= 100 || undefined);
  const began = performance.now();
  child.kill('SIGTERM');
  assert.equal(await exit, 0);
  assert.ok(performance.now() - began < 6000);
  assert.deepEqual(fs.readdirSync(dataDir), ['vayu.db']);
});

test('a killed daemon loses nothing that was stored; its run is failed and readable at the next start', async (t) => {
  const target = await startTarget(t);
  const dataDir = temporaryFolder(t);
  const { child, firstLine: url, exit } = await spawnDaemon(t, { dataDir, port: 0, workers: 1 });
  const { runId } = await call(`${url}/run`, 'POST', {
    url: target.url,
    mode: 'constant',
    duration: 60,
    targetRps: 50,
  });
  const before = await eventually(async () => {
    const rows = await call(`${url}/stats/${runId}?format=json`);
    return rows.length >= 40 ? (rows as Json[]) : undefined;
  }, 15_000);
  child.kill('SIGKILL');
  await exit;
  const api = await startApi(t, { dataDir });
  const { body: run } = await api.call('GET', `/run/${runId}`);
  assert.equal(run.status, 'failed');
  assert.match(run.error as string, /ended while/);
  const { body: after } = await api.call('GET', `/stats/${runId}?format=json`);
  assert.deepEqual((after as Json[]).slice(0, before.length), before);
  const { status, body: report } = await api.call('GET', `/run/${runId}/report`);
  assert.equal(status, 200);
  assert.ok(report.summary.totalRequests >= 50, JSON.stringify(report.summary));
});

test('a second daemon process on the same directory is told who is there', async (t) => {
  const api = await startApi(t);
  const { firstLine, exit } = await spawnDaemon(t, { dataDir: api.dataDir, port: 0 });
  assert.equal(await exit, 1);
  const { code, message } = JSON.parse(firstLine) as { code: string; message: string };
  assert.equal(code, 'already_running');
  assert.match(message, new RegExp(`${process.pid}.*${api.url}`));
});

test('the daemon ends with its parent', async (t) => {
  const dataDir = temporaryFolder(t);
  const parent = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  t.after(() => parent.kill('SIGKILL'));
  const { exit } = await spawnDaemon(t, { dataDir, port: 0, workers: 1, parentPid: parent.pid ?? 0 });
  parent.kill('SIGKILL');
  assert.equal(await exit, 0);
  assert.equal(fs.existsSync(path.join(dataDir, 'vayu.lock')), false);
});

test('a client that sends its request byte by byte is let go', async (t) => {
  const { listen } = await import('../../lib/api/http-server.js');
  const { server, port } = await listen({
    host: '127.0.0.1',
    port: 0,
    handler: (_request, response) => response.end('ok'),
    timeouts: { headers: 300, request: 600, checking: 100 },
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const drip = setInterval(() => socket.write('X'), 50);
  t.after(() => clearInterval(drip));
  socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nA: ');
  let reply = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (reply += chunk));
  const began = performance.now();
  await once(socket, 'close');
  assert.ok(performance.now() - began < 5000);
  assert.match(reply, /^HTTP\/1\.1 408 .*request_timeout/s);
});
