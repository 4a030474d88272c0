import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import crypto from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { VayuError } from '../../lib/model/errors.js';
import { openDatabase } from '../../lib/store/database.js';
import { migrations, schemaVersion } from '../../lib/store/migrations.js';
import { openStore } from '../../lib/store/store.js';
import { fileStore, temporaryFolder } from './support.js';

const digest = (file: string): string =>
  crypto.createHash('sha256').update(fs.readFileSync(file)).digest('hex');

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof VayuError, String(error));
    return error.code;
  }
  return 'none';
}

test('a new file is in WAL mode, with foreign keys, synchronous NORMAL and all tables', (t) => {
  const { file } = fileStore(t);
  const reader = new Database(file, { readonly: true });
  t.after(() => reader.close());
  assert.equal(reader.pragma('journal_mode', { simple: true }), 'wal');
  assert.equal(reader.pragma('user_version', { simple: true }), schemaVersion);
  const tables = reader
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .pluck()
    .all() as string[];
  for (const name of [
    'collections',
    'requests',
    'environments',
    'runs',
    'metrics',
    'results',
    'kv_store',
    'globals',
    'histograms',
  ]) {
    assert.ok(tables.includes(name), name);
  }
});

test('a new file is for its owner alone, its log too', (t) => {
  const { file } = fileStore(t);
  for (const suffix of ['', '-wal', '-shm'])
    assert.equal(fs.statSync(file + suffix).mode & 0o777, 0o600, suffix);
});

test('what was stored is there after closing and opening', (t) => {
  const file = path.join(temporaryFolder(t), 'vayu.db');
  const first = openStore({ file });
  const collection = first.collections.create({ name: 'kept' });
  first.close();
  const second = openStore({ file });
  t.after(() => {
    second.close();
  });
  assert.deepEqual(second.collections.get(collection.id), collection);
  assert.deepEqual(second.notices, []);
});

test('a newer schema is refused and the file stays byte for byte', (t) => {
  const file = path.join(temporaryFolder(t), 'vayu.db');
  openStore({ file }).close();
  const writer = new Database(file);
  writer.pragma(`user_version = ${schemaVersion + 1}`);
  writer.pragma('journal_mode = DELETE');
  writer.close();
  const before = digest(file);
  assert.equal(
    codeOf(() => openStore({ file })),
    'schema_too_new',
  );
  assert.equal(digest(file), before);
  assert.deepEqual(fs.readdirSync(path.dirname(file)), ['vayu.db']);
});

test("another program's database is refused and stays as it is", (t) => {
  const file = path.join(temporaryFolder(t), 'vayu.db');
  const other = new Database(file);
  other.exec('CREATE TABLE theirs (a)');
  other.close();
  const before = digest(file);
  assert.equal(
    codeOf(() => openStore({ file })),
    'database_foreign',
  );
  assert.equal(digest(file), before);
});

test('a file that is no database is moved aside and a new one begun', (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'vayu.db');
  const garbage = crypto.randomBytes(8192);
  fs.writeFileSync(file, garbage);
  const store = openStore({ file });
  t.after(() => {
    store.close();
  });
  assert.match(store.notices[0] ?? '', /damaged .* moved to .*vayu\.db\.damaged-/);
  const aside = fs.readdirSync(folder).find((name) => name.startsWith('vayu.db.damaged-')) ?? '';
  assert.deepEqual(fs.readFileSync(path.join(folder, aside)), garbage);
  assert.deepEqual(store.collections.list(), []);
});

test('a page damaged in the middle of the file is found', (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'vayu.db');
  const first = openStore({ file });
  for (let i = 0; i < 500; i++)
    first.environments.create({ name: `env ${i}`, variables: { text: 'x'.repeat(500) } });
  first.close();
  const size = fs.statSync(file).size;
  const handle = fs.openSync(file, 'r+');
  fs.writeSync(handle, crypto.randomBytes(16_384), 0, 16_384, Math.floor(size / 2 / 4096) * 4096);
  fs.closeSync(handle);
  const store = openStore({ file });
  t.after(() => {
    store.close();
  });
  assert.equal(store.notices.length, 1);
  assert.deepEqual(store.environments.list(), []);
});

test('an older schema is migrated after a backup of the file as it was', (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'vayu.db');
  const first = openStore({ file });
  first.collections.create({ name: 'old' });
  first.close();
  const next = schemaVersion + 1;
  const steps = [...migrations, { version: next, sql: 'ALTER TABLE collections ADD COLUMN colour TEXT' }];
  const { database, notices } = openDatabase(file, { steps });
  t.after(() => database.close());
  assert.deepEqual(database.prepare('SELECT name, colour FROM collections').all(), [
    { name: 'old', colour: null },
  ]);
  assert.equal(notices.length, 1);
  const backup = new Database(`${file}.v${schemaVersion}.bak`, { readonly: true });
  t.after(() => backup.close());
  assert.equal(backup.pragma('user_version', { simple: true }), schemaVersion);
  assert.equal(backup.prepare('SELECT name FROM collections').pluck().get(), 'old');
});

test('a migration that fails leaves the schema and the data as they were', (t) => {
  const file = path.join(temporaryFolder(t), 'vayu.db');
  const first = openStore({ file });
  const { id } = first.collections.create({ name: 'old' });
  first.close();
  const sql = 'ALTER TABLE collections ADD COLUMN colour TEXT; INSERT INTO nowhere VALUES (1)';
  assert.throws(
    () => openDatabase(file, { steps: [...migrations, { version: schemaVersion + 1, sql }] }),
    /nowhere/,
  );
  const store = openStore({ file });
  t.after(() => {
    store.close();
  });
  assert.equal(store.collections.get(id)?.name, 'old');
});

test('a data directory that cannot be made is a clear error', (t) => {
  const folder = temporaryFolder(t);
  fs.writeFileSync(path.join(folder, 'file'), '');
  assert.equal(
    codeOf(() => openStore({ file: path.join(folder, 'file', 'vayu.db') })),
    'data_dir_not_writable',
  );
});

test('a database that another process holds is a clear error', (t) => {
  const file = path.join(temporaryFolder(t), 'vayu.db');
  const holder = new Database(file);
  t.after(() => holder.close());
  holder.pragma('locking_mode = EXCLUSIVE');
  holder.exec('BEGIN EXCLUSIVE');
  assert.equal(
    codeOf(() => openStore({ file, busyTimeoutMs: 50 })),
    'database_locked',
  );
});

test('rows committed before a kill -9 are there, and the file opens clean', async (t) => {
  const file = path.join(temporaryFolder(t), 'vayu.db');
  const script = `
    import { openStore } from ${JSON.stringify(path.resolve('lib/store/store.ts'))};
    const store = openStore({ file: ${JSON.stringify(file)} });
    const run = store.runs.insert({ type: 'load', status: 'running', configSnapshot: {}, startTime: 1000 });
    let second = 0;
    setInterval(() => {
      second++;
      store.transaction(() => {
        store.metrics.insertMany(run.id, [{ timestamp: 1000 + second, name: 'rps', value: second }]);
        store.histograms.insertMany(run.id, second, [{ name: 'responseTime', data: new Uint8Array(400) }]);
      });
      process.stdout.write(second + '\\n');
    }, 2);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let seen = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().split('\n')) seen = Math.max(seen, Number(line));
    if (seen >= 20) child.kill('SIGKILL');
  });
  await once(child, 'exit');
  const store = openStore({ file });
  t.after(() => {
    store.close();
  });
  assert.deepEqual(store.notices, []);
  const [run] = store.markInterruptedRuns();
  assert.ok(run);
  assert.equal(run.status, 'failed');
  const rows = store.metrics.list(run.id);
  assert.ok(rows.length >= seen, `${rows.length} rows of ${seen}`);
  assert.equal(run.endTime, rows.at(-1)?.timestamp);
  assert.equal(store.histograms.list(run.id).length, rows.length);
});
