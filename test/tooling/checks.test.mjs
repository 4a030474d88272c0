import assert from 'node:assert/strict';
import { test } from 'node:test';
import { doubleDefinitions, nativeProblems, typescriptProblems } from '../../scripts/check-includes.mjs';
import { fingerprint } from '../../scripts/steps/fingerprint.mjs';

test('a foreign header outside of its home is a problem', () => {
  assert.deepEqual(nativeProblems('native/engine/worker.cc', '#include <quickjs.h>\n'), [
    'native/engine/worker.cc:1: <quickjs.h> may be included in native/script only',
  ]);
  assert.equal(nativeProblems('native/base/clock.h', '\n#include <napi.h>').length, 1);
  assert.equal(nativeProblems('native/metrics/recorder.h', '#include <curl/curl.h>').length, 1);
});

test('foreign headers at home and our own ones below are fine', () => {
  assert.deepEqual(
    nativeProblems('native/script/realm.cc', '#include <quickjs.h>\n#include "base/clock.h"\n'),
    [],
  );
  assert.deepEqual(
    nativeProblems('native/engine/curl_transport.cc', '#include <curl/curl.h>\n#include "curl/handles.h"\n'),
    [],
  );
  assert.deepEqual(
    nativeProblems('native/addon/addon.cc', '#include <napi.h>\n#include "engine/plan.h"\n'),
    [],
  );
});

test('a native folder must not include what is above it', () => {
  assert.deepEqual(nativeProblems('native/metrics/histogram.h', '#include "engine/exchange.h"\n'), [
    'native/metrics/histogram.h:1: native/metrics must not include native/engine',
  ]);
  assert.match(nativeProblems('native/tools/x.cc', '')[0], /native\/tools is not one of/);
});

test('no two headers define the same function', () => {
  const text = (body) => `inline std::string_view trimmed(std::string_view ${body}) { return {}; }\n`;
  assert.deepEqual(
    doubleDefinitions([
      { file: 'native/base/text.h', text: text('text') },
      { file: 'native/script/lines.h', text: text('line') },
    ]),
    ['native/script/lines.h: trimmed(std::string_view) is defined in native/base/text.h too'],
  );
  // An overload, and a member.
  assert.deepEqual(
    doubleDefinitions([
      { file: 'native/base/text.h', text: text('text') },
      { file: 'native/base/lines.h', text: 'inline int trimmed(int lines) { return lines; }' },
      { file: 'native/base/list.h', text: `  ${text('text')}` },
    ]),
    [],
  );
});

test('SQL stays in lib/store', () => {
  const sql = 'const rows = db.prepare("SELECT id FROM runs");';
  assert.equal(typescriptProblems('lib/runs/run-manager.ts', sql).length, 1);
  assert.deepEqual(typescriptProblems('lib/store/runs.ts', sql), []);
  assert.deepEqual(
    typescriptProblems('lib/runs/report.ts', '// SELECT id FROM runs is what the store does'),
    [],
  );
});

test('the addon is loaded in lib/engine only', () => {
  const loading = 'process.dlopen(module, file);';
  assert.equal(typescriptProblems('lib/cli/main.ts', loading).length, 1);
  assert.deepEqual(typescriptProblems('lib/engine/addon.ts', loading), []);
});

test('a fingerprint follows the content and the extra strings', () => {
  const files = ['scripts/setup.mjs'];
  assert.equal(fingerprint(files), fingerprint(files));
  assert.notEqual(fingerprint(files), fingerprint(['scripts/test.mjs']));
  assert.notEqual(fingerprint(files), fingerprint(files, { extra: ['x'] }));
});
