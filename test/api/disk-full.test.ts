/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- answers are JSON that the asserts look into */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { ended, startApi, startTarget } from './support.js';

test('with a full disk reading goes on, writing says why not, and a run still measures', async (t) => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vayu-small-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', folder]);
  if (mounted.status !== 0) {
    fs.rmdirSync(folder);
    t.skip('mounting a small disk is not permitted here');
    return;
  }
  const api = await startApi(t, { dataDir: folder });
  // After the daemon's own hook: the disk goes when nothing uses it any more.
  t.after(() => {
    spawnSync('umount', [folder]);
    fs.rmdirSync(folder);
  });
  const target = await startTarget(t);
  const { body: kept } = await api.call('POST', '/environments', { name: 'kept' });
  const run = await api.call('POST', '/run', {
    url: target.url,
    mode: 'constant',
    duration: 4,
    targetRps: 30,
  });
  assert.equal(run.status, 202);
  const filling = fs.openSync(path.join(folder, 'filling'), 'w');
  let block = 64 * 1024;
  while (block >= 512) {
    try {
      fs.writeSync(filling, Buffer.alloc(block));
    } catch {
      block /= 2;
    }
  }
  let refused;
  for (let i = 0; i < 50 && refused === undefined; i++) {
    const answer = await api.call('POST', '/environments', {
      name: 'x'.repeat(900),
      description: 'y'.repeat(50_000),
    });
    if (answer.status !== 200) refused = answer;
  }
  assert.equal(refused?.status, 507);
  assert.equal(refused.body.error.code, 'storage_full');
  assert.deepEqual((await api.call('GET', `/environments/${kept.id as string}`)).body, kept);
  assert.equal((await api.call('GET', '/health')).body.status, 'ok');
  await new Promise((resolve) => setTimeout(resolve, 2000));
  fs.ftruncateSync(filling, 0);
  fs.closeSync(filling);
  const { status } = await ended(api, run.body.runId as string);
  assert.equal(status, 'completed');
  const { body: report } = await api.call('GET', `/run/${run.body.runId as string}/report`);
  assert.equal(report.summary.sentRequests, 120);
  await api.close();
  const database = new Database(path.join(folder, 'vayu.db'), { readonly: true });
  assert.equal(database.pragma('integrity_check', { simple: true }), 'ok');
  database.close();
});
