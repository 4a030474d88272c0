/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- answers are JSON that the asserts look into */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startApi, type Api, type Json } from './support.js';

const create = async (api: Api, path: string, body: object): Promise<Json> => {
  const answer = await api.call('POST', path, body);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
};

test('a collection is created, read, changed in parts, listed and deleted', async (t) => {
  const api = await startApi(t);
  const made = await create(api, '/collections', {
    name: 'Shop',
    variables: { host: 'a' },
    auth: { mode: 'bearer', token: 't' },
  });
  assert.match(made.id as string, /^col_[0-9a-f-]{36}$/);
  assert.equal(made.parentId, null);
  assert.equal(made.order, 0);
  assert.deepEqual((await api.call('GET', `/collections/${made.id}`)).body, made);

  const put = await api.call('PUT', `/collections/${made.id}`, { description: 'all of it', auth: null });
  assert.equal(put.body.name, 'Shop');
  assert.deepEqual(put.body.variables, { host: 'a' });
  assert.equal(put.body.auth, null);
  const posted = await create(api, '/collections', { id: made.id, name: 'Store' });
  assert.equal(posted.description, 'all of it');
  assert.equal((await api.call('GET', '/collections')).body.length, 1);

  const deleted = await api.call('DELETE', `/collections/${made.id}`);
  assert.deepEqual([deleted.status, deleted.body], [200, { deleted: true, id: made.id }]);
  assert.equal((await api.call('GET', `/collections/${made.id}`)).status, 404);
});

test('what was read can be written back as it is', async (t) => {
  const api = await startApi(t);
  for (const path of ['/collections', '/requests', '/environments']) {
    const made = await create(api, path, { name: 'a' });
    const { status, body } = await api.call('PUT', `${path}/${made.id}`, made);
    assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
    assert.deepEqual({ ...body, updatedAt: 0 }, { ...made, updatedAt: 0 });
  }
});

test('an unknown id given to POST becomes the id of the new one', async (t) => {
  const api = await startApi(t);
  const made = await create(api, '/environments', { id: 'env_mine', name: 'a' });
  assert.equal(made.id, 'env_mine');
  assert.equal((await api.call('GET', '/environments/env_mine')).body.name, 'a');
});

test('a tree: cycles are refused, deletion takes children and their requests', async (t) => {
  const api = await startApi(t);
  const root = await create(api, '/collections', { name: 'root' });
  const child = await create(api, '/collections', { name: 'child', parentId: root.id });
  const request = await create(api, '/requests', { name: 'r', collectionId: child.id });
  const cycle = await api.call('PUT', `/collections/${root.id}`, { parentId: child.id });
  assert.equal(cycle.status, 400);
  assert.match(cycle.body.error.message as string, /cycle/);
  await api.call('DELETE', `/collections/${root.id}`);
  assert.equal((await api.call('GET', `/collections/${child.id}`)).status, 404);
  assert.equal((await api.call('GET', `/requests/${request.id}`)).status, 404);
  assert.deepEqual((await api.call('GET', '/requests')).body, []);
});

test('requests are listed by collection and keep what they were given', async (t) => {
  const api = await startApi(t);
  const collection = await create(api, '/collections', { name: 'c' });
  const given = {
    name: 'Create user',
    collectionId: collection.id,
    method: 'POST',
    url: 'http://127.0.0.1/{{path}}',
    headers: [{ key: 'X-A', value: '1', enabled: false }],
    body: { mode: 'json', content: '{"a": {{n}}}' },
    auth: { type: 'basic', username: 'u', password: 'p' },
    preRequestScript: 'pm.environment.set("a", 1)',
    postRequestScript: 'pm.test("t", () => {})',
    followRedirects: false,
    timeout: 1234,
  };
  const made = await create(api, '/requests', given);
  await create(api, '/requests', { name: 'elsewhere' });
  const { body: listed } = await api.call('GET', `/requests?collectionId=${collection.id}`);
  assert.equal(listed.length, 1);
  assert.deepEqual(listed[0], made);
  for (const [key, value] of Object.entries(given)) assert.deepEqual(made[key], value, key);
});

test('scripts are saved from lines and from their other name', async (t) => {
  const api = await startApi(t);
  const { status, body } = await api.call('POST', '/requests', {
    name: 'a',
    preRequestScript: ['let a = 1;', 'let b = 2;'],
    tests: 'pm.test("t", () => {})',
  });
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.preRequestScript, 'let a = 1;\nlet b = 2;');
  assert.equal(body.postRequestScript, 'pm.test("t", () => {})');
  const { body: changed } = await api.call('PUT', `/requests/${body.id}`, { tests: ['x', 'y'] });
  assert.equal(changed.postRequestScript, 'x\ny');
  const both = await api.call('POST', '/requests', { name: 'b', tests: 'one', postRequestScript: 'two' });
  assert.equal(both.body.postRequestScript, 'two');
});

test('a reorder is all or nothing', async (t) => {
  const api = await startApi(t);
  const collection = await create(api, '/collections', { name: 'c' });
  const requests = [];
  for (const name of ['a', 'b', 'c'])
    requests.push(await create(api, '/requests', { name, collectionId: collection.id }));
  const [a, b, c] = requests;
  const names = async (): Promise<string[]> =>
    ((await api.call('GET', `/requests?collectionId=${collection.id}`)).body as { name: string }[]).map(
      ({ name }) => name,
    );
  const moves = [
    { type: 'request', id: c.id, order: 0 },
    { type: 'request', id: a.id, order: 2 },
  ];
  const failed = await api.call('POST', '/reorder', {
    moves: [...moves, { type: 'request', id: 'req_none', order: 9 }],
  });
  assert.equal(failed.status, 404);
  assert.deepEqual(await names(), ['a', 'b', 'c']);
  const done = await api.call('POST', '/reorder', {
    moves,
    normalize: [{ type: 'request', collectionId: collection.id }],
  });
  assert.equal(done.status, 200);
  assert.deepEqual(await names(), ['c', 'b', 'a']);
  assert.equal(done.body.requests.length, 3);
  assert.ok(b);
});

test('globals are replaced by PUT and by POST', async (t) => {
  const api = await startApi(t);
  const put = await api.call('PUT', '/globals', { variables: { a: 1, b: { value: 'x', enabled: true } } });
  assert.deepEqual(put.body.variables, { a: 1, b: { value: 'x', enabled: true } });
  const posted = await api.call('POST', '/globals', { variables: { c: 'y' } });
  assert.deepEqual(posted.body.variables, { c: 'y' });
  assert.deepEqual((await api.call('GET', '/globals')).body, posted.body);
});

test('what was saved outlives the daemon', async (t) => {
  const first = await startApi(t);
  const made = await create(first, '/environments', { name: 'kept', variables: { a: 'b' } });
  await first.close();
  const second = await startApi(t, { dataDir: first.dataDir });
  assert.deepEqual((await second.call('GET', `/environments/${made.id}`)).body, made);
});
