import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { describeAddon, objectionsToAddon } from '../../scripts/steps/addon-needs.mjs';
import { projectRoot } from '../../scripts/steps/shell.mjs';

const directory = mkdtempSync(path.join(tmpdir(), 'vayu-addon-needs-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function library(code, ...options) {
  const file = path.join(directory, 'some.so');
  writeFileSync(path.join(directory, 'some.c'), code);
  execFileSync('cc', ['-shared', '-fPIC', '-o', file, path.join(directory, 'some.c'), ...options]);
  return file;
}

const entry = 'void* napi_register_module_v1(void) { return 0; }\n';

describe('what an addon needs', { skip: process.platform !== 'linux' }, () => {
  test('this build of the engine passes', () => {
    assert.deepEqual(objectionsToAddon(path.join(projectRoot, 'build', 'Release', 'vayu.node')), []);
  });

  test('so does an addon that calls Node and the C library', () => {
    const file = library(
      `int napi_create_function(void);
void* malloc(unsigned long);
__attribute__((visibility("hidden"))) int call(void) { return napi_create_function() + (malloc(1) != 0); }
__attribute__((used)) static int (*kept)(void) = call;
${entry}`,
    );
    assert.deepEqual(objectionsToAddon(file), []);
    assert.match(describeAddon(file), /^libcurl and its TLS library are inside; needs libc\./);
  });

  test("a symbol that only Node's own OpenSSL has is objected to", () => {
    const file = library(
      `void* SSL_new(void);
__attribute__((visibility("hidden"))) void* call(void) { return SSL_new(); }
__attribute__((used)) static void* (*kept)(void) = call;
${entry}`,
    );
    assert.deepEqual(objectionsToAddon(file), ['none of its libraries has SSL_new']);
  });

  test('so are other exports, functions of newer Nodes and a place to look for libraries', () => {
    const file = library(
      `int node_api_symbol_for(void);
int leaked(void) { return node_api_symbol_for(); }`,
      '-Wl,-rpath,/somewhere',
    );
    assert.deepEqual(objectionsToAddon(file), [
      'it exports leaked',
      'it exports no entry point',
      'it asks Node for node_api_symbol_for',
      'it looks for libraries in /somewhere',
    ]);
  });

  test('so is a library that not everybody has, unless libcurl is linked dynamically too', () => {
    const alone = library(entry, '-Wl,--no-as-needed', '-lz');
    assert.deepEqual(objectionsToAddon(alone), ['it needs the library libz.so.1']);
    const withCurl = library(entry, '-Wl,--no-as-needed', '-lz', '-lcurl');
    assert.deepEqual(objectionsToAddon(withCurl), []);
    assert.match(describeAddon(withCurl), /^libcurl is linked dynamically/);
  });

  test(
    'so is a glibc newer than allowed',
    { skip: process.report.getReport().header.glibcVersionRuntime === undefined },
    () => {
      const addon = path.join(projectRoot, 'build', 'Release', 'vayu.node');
      const [objection, ...more] = objectionsToAddon(addon, { newestGlibc: '2.9' });
      assert.match(objection, /^it needs glibc 2\.\d\d, not 2\.9$/);
      assert.deepEqual(more, []);
      assert.deepEqual(objectionsToAddon(addon, { newestGlibc: '2.999' }), []);
    },
  );
});
