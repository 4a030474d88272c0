/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- answers are JSON that the asserts look into */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settingDefinitions, type SettingDefinition } from '../../lib/model/settings.js';
import { startApi, startTarget, type Json } from './support.js';

const entryOf = (body: Json, key: string): Json =>
  (body.entries as Json[]).find((entry) => entry.key === key);

test('every setting is described with its unit, default and bounds', async (t) => {
  const api = await startApi(t);
  const { body } = await api.call('GET', '/config');
  for (const [key, definition] of Object.entries(settingDefinitions) as [string, SettingDefinition][]) {
    const entry = entryOf(body, key);
    assert.ok(entry.label && entry.description && entry.category, key);
    assert.equal(entry.default, String(definition.default));
    if (definition.type === 'integer') {
      assert.deepEqual(
        [entry.unit, entry.min, entry.max],
        [definition.unit, String(definition.min), String(definition.max)],
      );
    }
    assert.ok(key in body, key);
  }
  assert.equal(body.limits.bodyLimit, 10 * 1024 * 1024);
});

test('settings are changed in each of the three forms, stored, and reset by null', async (t) => {
  const api = await startApi(t);
  const forms = [
    { statsInterval: 200 },
    { key: 'statsInterval', value: '300' },
    { entries: { statsInterval: '400' } },
  ];
  const methods = ['PUT', 'POST', 'POST'];
  for (const [index, form] of forms.entries()) {
    const { status, body } = await api.call(methods[index] ?? '', '/config', form);
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.statsInterval, 200 + index * 100);
    assert.equal(entryOf(body, 'statsInterval').value, String(200 + index * 100));
    assert.ok(entryOf(body, 'statsInterval').updatedAt > 0);
  }
  await api.close();
  const again = await startApi(t, { dataDir: api.dataDir });
  assert.equal((await again.call('GET', '/config')).body.statsInterval, 400);
  const { body } = await again.call('PUT', '/config', { statsInterval: null });
  assert.equal(body.statsInterval, 100);
  assert.equal(entryOf(body, 'statsInterval').updatedAt, 0);
});

test('a change counts at once where it can, and says where it needs a restart', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t, () => undefined);
  await api.call('PUT', '/config', { defaultTimeout: 150 });
  const { body: failed } = await api.call('POST', '/request', { url: target.url });
  assert.equal(failed.error.code, 'timeout');
  const { body } = await api.call('PUT', '/config', { maxConnections: 7 });
  assert.equal(body.maxConnections, 1000, 'what is in force is still the old value');
  const entry = entryOf(body, 'maxConnections');
  assert.deepEqual([entry.value, entry.requiresRestart, entry.pendingRestart], ['7', true, true]);
  await api.close();
  const again = await startApi(t, { dataDir: api.dataDir });
  const { body: restarted } = await again.call('GET', '/config');
  assert.equal(restarted.maxConnections, 7);
  assert.equal(entryOf(restarted, 'maxConnections').pendingRestart, false);
});

test('what the daemon was started with holds until it is changed', async (t) => {
  const api = await startApi(t, { workers: 2 });
  assert.equal((await api.call('GET', '/config')).body.workers, 2);
  const { body } = await api.call('PUT', '/config', { workers: 1 });
  assert.equal(body.workers, 2);
  assert.deepEqual([entryOf(body, 'workers').value, entryOf(body, 'workers').pendingRestart], ['1', true]);
});

test('Prometheus gets the engine, the runs under way and their latencies', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  const { body: run } = await api.call('POST', '/run', {
    url: target.url,
    mode: 'constant',
    duration: 30,
    targetRps: 50,
  });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const { status, body, headers } = await api.call('GET', '/metrics');
  assert.equal(status, 200);
  assert.match(headers.get('content-type') ?? '', /^text\/plain/);
  const text = body as string;
  assert.match(text, /^vayu_runs_active 1$/m);
  assert.match(text, /^vayu_engine_workers 1$/m);
  const sent = new RegExp(`^vayu_run_requests_sent\\{run="${run.runId}"\\} (\\d+)$`, 'm').exec(text)?.[1];
  assert.ok(Number(sent) > 10, `${sent} sent`);
  assert.match(
    text,
    new RegExp(`^vayu_run_response_time_seconds_bucket\\{le="\\+Inf",run="${run.runId}"\\} [1-9]`, 'm'),
  );
  await api.call('DELETE', `/run/${run.runId}`);
  const { body: after } = await api.call('GET', '/metrics');
  assert.match(after as string, /^vayu_runs_active 0$/m);
  assert.equal((after as string).includes(run.runId as string), false);
});
