import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VayuError } from '../../lib/model/errors.js';
import type { Store } from '../../lib/store/store.js';
import { fileStore } from './support.js';

const badRequest = (error: unknown): boolean => error instanceof VayuError && error.code === 'bad_request';

function tree(store: Store): { root: string; folder: string; leaf: string } {
  const root = store.collections.create({ name: 'root' }).id;
  const folder = store.collections.create({ name: 'folder', parentId: root }).id;
  const leaf = store.collections.create({ name: 'leaf', parentId: folder }).id;
  return { root, folder, leaf };
}

test('a patch keeps absent fields, null resets them', (t) => {
  const { store } = fileStore(t);
  const { id } = store.collections.create({
    name: 'a',
    description: 'text',
    variables: { k: 1 },
    preRequestScript: 'x',
  });
  const renamed = store.collections.update(id, { name: 'b' });
  assert.equal(renamed?.description, 'text');
  assert.deepEqual(renamed?.variables, { k: 1 });
  const reset = store.collections.update(id, { description: null, variables: null });
  assert.equal(reset?.description, '');
  assert.deepEqual(reset?.variables, {});
  assert.equal(reset?.preRequestScript, 'x');
  assert.equal(reset?.name, 'b');
  assert.equal(store.collections.update('col_unknown', { name: 'c' }), undefined);
});

test('a chain goes from the outermost collection to the one asked for', (t) => {
  const { store } = fileStore(t);
  const { root, folder, leaf } = tree(store);
  assert.deepEqual(
    store.collections.chain(leaf).map(({ id }) => id),
    [root, folder, leaf],
  );
  assert.deepEqual(store.collections.chain('col_unknown'), []);
});

test('a cycle of parents is refused and nothing changes', (t) => {
  const { store } = fileStore(t);
  const { root, folder, leaf } = tree(store);
  assert.throws(() => store.collections.update(root, { parentId: leaf }), badRequest);
  assert.throws(() => store.collections.update(folder, { parentId: folder }), badRequest);
  assert.throws(() => store.collections.create({ name: 'x', parentId: 'col_self' }, 'col_self'), badRequest);
  assert.throws(() => store.collections.create({ name: 'x', parentId: 'col_none' }), badRequest);
  assert.equal(store.collections.get(root)?.parentId, null);
  assert.equal(store.collections.list().length, 3);
});

test('deleting a collection deletes what is in it and keeps the runs of its requests', (t) => {
  const { store } = fileStore(t);
  const { root, leaf } = tree(store);
  const other = store.collections.create({ name: 'other' }).id;
  const inside = store.requests.create({ name: 'in', collectionId: leaf }).id;
  const outside = store.requests.create({ name: 'out', collectionId: other }).id;
  const run = store.runs.insert({ type: 'design', requestId: inside, configSnapshot: {} });
  assert.equal(store.collections.delete(root), true);
  assert.deepEqual(
    store.collections.list().map(({ id }) => id),
    [other],
  );
  assert.equal(store.requests.get(inside), undefined);
  assert.equal(store.requests.get(outside)?.name, 'out');
  assert.equal(store.runs.get(run.id)?.requestId, null);
  assert.equal(store.collections.delete(root), false);
});

test('siblings are ordered by `order`; a new or a moved one comes last', (t) => {
  const { store } = fileStore(t);
  const { id: collectionId } = store.collections.create({ name: 'c' });
  const { id: otherId } = store.collections.create({ name: 'd' });
  const names = ['a', 'b', 'c'].map((name) => store.requests.create({ name, collectionId }));
  assert.deepEqual(
    names.map(({ order }) => order),
    [0, 1, 2],
  );
  store.requests.update(names[2]?.id ?? '', { order: -1 });
  const listed = (id: string): string[] => store.requests.list({ collectionId: id }).map(({ name }) => name);
  assert.deepEqual(listed(collectionId), ['c', 'a', 'b']);
  store.requests.create({ name: 'z', collectionId: otherId });
  store.requests.update(names[0]?.id ?? '', { collectionId: otherId });
  assert.deepEqual(listed(otherId), ['z', 'a']);
  assert.deepEqual(listed(collectionId), ['c', 'b']);
});

test('a request keeps every option it is given, and loses one that is set to null', (t) => {
  const { store } = fileStore(t);
  const body = { mode: 'form-data', fields: [{ key: 'f', type: 'file', src: '/tmp/x' }] };
  const created = store.requests.create({
    name: 'r',
    method: 'POST',
    url: 'http://127.0.0.1/{{path}}',
    headers: [{ key: 'A', value: '1', enabled: false }],
    body,
    auth: { mode: 'bearer', token: 't' },
    timeout: 1500,
    followRedirects: false,
    httpVersion: '2',
  });
  const read = store.requests.get(created.id);
  assert.deepEqual(read, created);
  assert.deepEqual(read?.body, body);
  assert.equal(read?.timeout, 1500);
  const changed = store.requests.update(created.id, { timeout: null, body: null });
  assert.equal(changed && 'timeout' in changed, false);
  assert.equal(changed?.body, null);
  assert.equal(changed?.httpVersion, '2');
  assert.throws(() => store.requests.update(created.id, { collectionId: 'col_none' }), badRequest);
});

test('at most one environment is active', (t) => {
  const { store } = fileStore(t);
  const a = store.environments.create({ name: 'a', isActive: true });
  const b = store.environments.create({ name: 'b', isActive: true });
  assert.equal(store.environments.get(a.id)?.isActive, false);
  assert.equal(store.environments.get(b.id)?.isActive, true);
});

test('globals and settings are replaced and read back', (t) => {
  const { store } = fileStore(t);
  assert.deepEqual(store.globals.get().variables, {});
  store.globals.set({ a: { value: '1', secret: true }, b: [1, 2] });
  assert.deepEqual(store.globals.get().variables, { a: { value: '1', secret: true }, b: [1, 2] });
  store.settings.set('k', 1);
  store.settings.set('k', { deep: null });
  assert.deepEqual(store.settings.get('k'), { deep: null });
  assert.deepEqual([...store.settings.all().keys()], ['k']);
  assert.equal(store.settings.delete('k'), true);
  assert.equal(store.settings.get('k'), undefined);
});

test('a transaction that throws leaves nothing behind', (t) => {
  const { store } = fileStore(t);
  const fail = (): void => {
    store.transaction(() => {
      store.environments.create({ name: 'gone' });
      throw new Error('stop');
    });
  };
  assert.throws(fail, /stop/);
  assert.deepEqual(store.environments.list(), []);
});

test('ids have their prefix and sort by age', (t) => {
  const { store } = fileStore(t);
  const ids = Array.from({ length: 50 }, () => store.environments.create({ name: 'e' }).id);
  assert.match(ids[0] ?? '', /^env_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/);
  assert.deepEqual(ids.toSorted(), ids);
});
