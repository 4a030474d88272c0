/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- answers are JSON that the asserts look into */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ended, eventually, startApi, startTarget, type Json } from './support.js';

test('a run is accepted, carried out, reported, listed and deleted', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  const { status, body: started } = await api.call('POST', '/run', {
    request: { url: target.url, method: 'GET' },
    config: { mode: 'iterations', iterations: 50, concurrency: 5 },
  });
  assert.equal(status, 202);
  assert.match(started.runId as string, /^run_/);
  assert.equal(started.status, 'pending');
  const run = await ended(api, started.runId as string);
  assert.equal(run.status, 'completed');
  assert.equal(run.type, 'load');
  assert.ok(run.endTime >= run.startTime);
  assert.equal(target.requests.length, 50);
  const { body: report } = await api.call('GET', `/run/${run.id}/report`);
  assert.equal(report.summary.totalRequests, 50);
  assert.equal(report.summary.failedRequests, 0);
  assert.deepEqual(report.statusCodes, { '200': 50 });
  assert.ok(report.latency.p50 > 0 && report.latency.p50 <= report.latency.p99);
  assert.equal(report.conservation.balanced, true);
  const windowed = await api.call('GET', `/runs/${run.id}/report?percentiles=50,99.9`);
  assert.deepEqual(Object.keys(windowed.body.window.measures.responseTime.percentiles as object), [
    '50',
    '99.9',
  ]);

  const stop = await api.call('POST', `/run/${run.id}/stop`);
  assert.equal(stop.body.status, 'already_stopped');
  assert.equal(stop.body.currentStatus, 'completed');
  assert.equal(stop.body.summary.totalRequests, 50);

  assert.equal((await api.call('DELETE', `/run/${run.id}`)).status, 200);
  for (const rest of ['', '/report', '/metrics'])
    assert.equal((await api.call('GET', `/run/${run.id}${rest}`)).status, 404);
});

test('the request may stand at the top level or name a saved one', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  const flat = await api.call('POST', '/runs', {
    url: `${target.url}/flat`,
    method: 'GET',
    mode: 'iterations',
    iterations: 3,
  });
  assert.equal(flat.status, 202, JSON.stringify(flat.body));
  await ended(api, flat.body.runId as string);
  assert.deepEqual(new Set(target.requests.map(({ url }) => url)), new Set(['/flat']));
  const { body: request } = await api.call('POST', '/requests', { name: 'r', url: `${target.url}/saved` });
  const named = await api.call('POST', '/runs', { requestId: request.id, mode: 'iterations', iterations: 2 });
  const run = await ended(api, named.body.runId as string);
  assert.equal(run.requestId, request.id);
  assert.equal(target.requests.filter(({ url }) => url === '/saved').length, 2);
  const { body: listed } = await api.call('GET', `/runs?requestId=${request.id}`);
  assert.deepEqual(
    (listed.data as Json[]).map(({ id }) => id),
    [run.id],
  );
});

test('runs are a bare array without parameters, and pages with them', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  for (let i = 0; i < 5; i++) await api.call('POST', '/request', { url: `${target.url}/${i}` });
  const { body: all } = await api.call('GET', '/runs');
  assert.equal(all.length, 5);
  assert.deepEqual(
    (all as Json[]).map(({ summary }) => new URL(summary.url as string).pathname),
    ['/4', '/3', '/2', '/1', '/0'],
  );
  const { body: page } = await api.call('GET', '/runs?limit=2&offset=1');
  assert.deepEqual(
    (page.data as Json[]).map(({ id }) => id),
    [all[1].id, all[2].id],
  );
  assert.deepEqual(page.pagination, {
    total: 5,
    limit: 2,
    offset: 1,
    hasMore: true,
    returned: 2,
    next: all[2].id,
  });
  const { body: rest } = await api.call('GET', `/runs?limit=10&before=${page.pagination.next}`);
  assert.deepEqual(
    (rest.data as Json[]).map(({ id }) => id),
    [all[3].id, all[4].id],
  );
  assert.equal((await api.call('GET', '/runs?type=load')).body.pagination.total, 0);
  assert.equal((await api.call('GET', '/runs?q=%2F3')).body.data[0].id, all[1].id);
});

test('a page or a filter that cannot be is refused with the field, what it got and what it takes', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  await api.call('POST', '/request', { url: target.url });
  const statuses = 'one of "pending", "running", "completed", "stopped", "failed"';
  const id = 'an id of letters, digits, "_" and "-", such as "run_018f…"';
  for (const [query, field, expected, actual] of [
    ['limit=0', 'limit', 'a whole number from 1 to 10000', '"0"'],
    ['limit=', 'limit', 'a whole number from 1 to 10000', '""'],
    ['limit=10001', 'limit', 'a whole number from 1 to 10000', '"10001"'],
    ['limit=1.5', 'limit', 'a whole number from 1 to 10000', '"1.5"'],
    ['limit=1&limit=2', 'limit', 'a whole number from 1 to 10000', 'an array'],
    ['offset=-1', 'offset', 'a whole number from 0 to 9007199254740991', '"-1"'],
    ['offset=1e3', 'offset', 'a whole number from 0 to 9007199254740991', '"1e3"'],
    ['status=done', 'status', statuses, '"done"'],
    ['type=perf', 'type', 'one of "design", "load"', '"perf"'],
    ['requestId=..%2Fx', 'requestId', id, '"../x"'],
    ['before=', 'before', id, '""'],
    ['before=run_none', 'before', 'the id of a run that is stored', '"run_none"'],
    ['page=2', 'page', 'a known field', '"page"'],
  ]) {
    const { status, body } = await api.call('GET', `/runs?${query}`);
    assert.equal(status, 400, query);
    assert.equal(body.error.code, 'bad_request', query);
    const [problem, ...more] = body.error.problems as Json[];
    assert.deepEqual(
      [problem.field, problem.expected, problem.actual, more.length],
      [field, expected, actual, 0],
    );
  }
  const { body: misspelt } = await api.call('GET', '/runs?limt=1');
  assert.match(misspelt.error.problems[0].fix as string, /limit/);
  const { body: beyond } = await api.call('GET', '/runs?offset=7&status=completed');
  assert.deepEqual(
    [beyond.data, beyond.pagination],
    [[], { total: 1, limit: 100, offset: 7, hasMore: false, returned: 0, next: null }],
  );
  for (const [filter, total] of [
    ['status=completed&type=design', 1],
    ['status=failed', 0],
    ['requestId=req_none', 0],
    ['q=nothing%20like%20it', 0],
  ])
    assert.equal((await api.call('GET', `/runs?${filter}`)).body.pagination.total, total, String(filter));
});

test('a stop ends a run whose target never answers within seconds, with its summary', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t, () => undefined);
  const { body } = await api.call('POST', '/run', {
    url: target.url,
    mode: 'constant',
    duration: '5m',
    concurrency: 20,
  });
  await eventually(() => target.requests.length >= 20 || undefined);
  const began = performance.now();
  const { status, body: stopped } = await api.call('POST', `/run/${body.runId}/stop`);
  assert.ok(performance.now() - began < 5500);
  assert.equal(status, 200);
  assert.equal(stopped.status, 'stopped');
  const run = await ended(api, body.runId as string);
  assert.equal(run.status, 'stopped');
  const { body: report } = await api.call('GET', `/run/${body.runId}/report`);
  assert.equal(report.summary.abortedRequests, 20);
  assert.equal(report.conservation.balanced, true);
});

test('rate and concurrency of a run under way can be changed, and only those it has', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  const { body } = await api.call('POST', '/run', {
    url: target.url,
    mode: 'constant',
    duration: 60,
    targetRps: 5,
  });
  const path = `/runs/${body.runId}`;
  await eventually(() => target.requests.length > 0 || undefined);
  const wrong = await api.call('PATCH', path, { concurrency: 5 });
  assert.equal(wrong.status, 400);
  const changed = await api.call('PATCH', path, { targetRps: 200 });
  assert.equal(changed.status, 200);
  await eventually(() => target.requests.length > 60 || undefined, 8000);
  const { body: stopped } = await api.call('POST', `${path}/stop`);
  assert.equal(stopped.status, 'stopped');
  const { body: report } = await api.call('GET', `${path}/report`);
  assert.equal(report.plan.changes[0].rate, 200);
  assert.equal((await api.call('PATCH', path, { targetRps: 1 })).status, 409);
});

test('more runs than the setting allows are refused', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  await api.call('PUT', '/config', { maxRuns: 1 });
  const config = { url: target.url, mode: 'constant', duration: 60, targetRps: 1 };
  const first = await api.call('POST', '/run', config);
  const second = await api.call('POST', '/run', config);
  assert.equal(second.status, 429);
  assert.equal(second.body.error.code, 'too_many_runs');
  await api.call('DELETE', `/run/${first.body.runId}`);
  const third = await api.call('POST', '/run', config);
  assert.equal(third.status, 202);
  assert.equal((await api.call('GET', `/run/${first.body.runId}`)).status, 404);
});

test('old runs are deleted by the setting', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  for (let i = 0; i < 4; i++) await api.call('POST', '/request', { url: target.url });
  const { body: before } = await api.call('GET', '/runs');
  await api.call('PUT', '/config', { retentionCount: 2 });
  const { body: after } = await api.call('GET', '/runs');
  assert.deepEqual(
    (after as Json[]).map(({ id }) => id),
    [before[0].id, before[1].id],
  );
});
