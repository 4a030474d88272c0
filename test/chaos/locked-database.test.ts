/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- answers are JSON that the asserts look into */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ended, eventually, startApi, startTarget, type Api } from '../api/support.js';

interface Locker {
  lock(): Promise<void>;
  release(): Promise<void>;
}

/** Another process that can hold the database's write lock. */
async function startLocker(t: TestContext, api: Api): Promise<Locker> {
  const source = `
    const database = require('better-sqlite3')(process.argv[1], { timeout: 10_000 });
    process.stdin.on('data', () => {
      database.exec('BEGIN IMMEDIATE');
      console.log('locked');
    });
    process.stdin.on('end', () => process.exit(0));
    console.log('ready');`;
  const child = spawn(process.execPath, ['-e', source, path.join(api.dataDir, 'vayu.db')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return {
    lock: async () => {
      child.stdin.write('lock');
      await once(child.stdout, 'data');
    },
    release: async () => {
      const exited = once(child, 'exit');
      child.stdin.end();
      await exited;
    },
  };
}

async function startRun(api: Api, url: string, seconds: number): Promise<string> {
  const { status, body } = await api.call('POST', '/run', {
    url,
    mode: 'constant',
    duration: seconds,
    targetRps: 50,
  });
  assert.equal(status, 202);
  return body.runId as string;
}

async function slowestHealthMs(api: Api, forMs: number): Promise<number> {
  let slowest = 0;
  const end = performance.now() + forMs;
  while (performance.now() < end) {
    const asked = performance.now();
    assert.equal((await api.call('GET', '/health')).status, 200);
    slowest = Math.max(slowest, performance.now() - asked);
    await sleep(20);
  }
  return slowest;
}

test('while another process locks the database a run measures, and its seconds are stored afterwards', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  const locker = await startLocker(t, api);
  const runId = await startRun(api, target.url, 5);
  await sleep(800);
  await locker.lock();
  const refused = await api.call('POST', '/environments', { name: 'e' });
  assert.equal(refused.status, 503);
  assert.equal(refused.body.error.code, 'database_locked');
  // A write waits for half a second, and everything with it: no longer, and not second after second.
  const slowest = await slowestHealthMs(api, 2000);
  assert.ok(slowest < 2500, `${slowest} ms`);
  await locker.release();
  assert.equal((await api.call('POST', '/environments', { name: 'e' })).status, 200);
  assert.equal((await ended(api, runId)).status, 'completed');
  const { body: report } = await api.call('GET', `/run/${runId}/report`);
  assert.equal(report.summary.sentRequests, 250);
  assert.equal(target.requests.length, 250);
  assert.deepEqual(
    report.warnings.filter((warning: string) => warning.includes('stored')),
    [],
  );
  const { body: rows } = await api.call('GET', `/stats/${runId}?format=json`);
  const rates = rows.filter(({ name }: { name: string }) => name === 'rps');
  assert.equal(rates.length, report.series.length, 'no second is missing');
  const { body: whole } = await api.call('GET', `/run/${runId}/report?percentiles=50`);
  assert.equal(whole.window.measures.responseTime.count, 250, 'no histogram is missing');
});

test('a run that ends while the database is locked is stored when it is free', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  const locker = await startLocker(t, api);
  const runId = await startRun(api, target.url, 2);
  await sleep(300);
  await locker.lock();
  const waiting = await eventually(async () => {
    const { body } = await api.call('GET', `/run/${runId}/report`);
    return body.status === 'completed' ? body : undefined;
  });
  assert.equal(waiting.summary.sentRequests, 100);
  assert.equal((await api.call('GET', `/run/${runId}`)).body.status, 'running', 'it is not stored yet');
  await locker.release();
  assert.equal((await ended(api, runId)).status, 'completed');
  const { body: stored } = await api.call('GET', `/run/${runId}/report`);
  assert.equal(stored.summary.sentRequests, 100);
  assert.deepEqual(stored, waiting);
});
