import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const page = readFileSync(new URL('../../docs/reliability.md', import.meta.url), 'utf8');
const promised = page.slice(0, page.indexOf('## What is not promised'));

test('every test that docs/reliability.md names exists', () => {
  const named = [...promised.matchAll(/^ {2}- `([^`]+)`: (.+)$/gm)];
  assert.ok(named.length > 40, `${named.length} tests are named`);
  for (const [, file, words] of named) {
    const source = new URL(`../../${file}`, import.meta.url);
    assert.ok(existsSync(source), `${file} is gone`);
    const title = words.replaceAll('`', '');
    assert.ok(readFileSync(source, 'utf8').includes(title), `${file} has no "${title}"`);
  }
});

test('every promise of docs/reliability.md names a test', () => {
  const promises = promised.split(/^- /m).slice(1);
  assert.ok(promises.length >= 20);
  for (const promise of promises) assert.match(promise, /^ {2}- `/m, promise.split('\n')[0]);
});
