// What a user gets, but for the making of the addon: package.test.mjs does that and takes minutes.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { projectRoot } from '../../scripts/steps/shell.mjs';
import {
  bareEnvironment,
  directory,
  installed,
  loads,
  prints,
  publish,
  removeEverything,
  run,
  targetUrl,
} from './installed-package.mjs';

let tarball;
/** A project that has it installed, with this checkout's addon as its prebuild. */
let project;

before(() => {
  tarball = publish(() => {
    const addon = path.join(directory, 'node.napi.node');
    copyFileSync(path.join(projectRoot, 'build', 'Release', 'vayu.node'), addon);
    return addon;
  });
  project = installed(tarball, 'project');
});

after(removeEverything);

test('the tarball holds what a build from source needs and nothing else', () => {
  const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((name) => name.replace(/^package\//, ''));
  for (const needed of [
    'dist/index.js',
    'dist/index.d.ts',
    'dist/cjs/index.js',
    'dist/client/index.js',
    'dist/cli/main.js',
    'CMakeLists.txt',
    'binding.gyp',
    'cmake/quickjs.cmake',
    'scripts/build-native.mjs',
    'native/addon/addon.cc',
    'vendor/quickjs/quickjs.c',
    'vendor/quickjs/LICENSE',
    'vendor/script_bundles.cc',
    'README.md',
  ]) {
    assert.ok(files.includes(needed), `${needed} is missing`);
  }
  const expected = [
    /^(README\.md|CHANGELOG\.md|NOTICE|package\.json|binding\.gyp|CMakeLists\.txt|vcpkg\.json)$/,
    /^cmake\/(addon|quickjs|scripting)\.cmake$/,
    /^dist\/[\w./-]+\.(js|d\.ts)$|^dist\/cjs\/package\.json$|^dist\/tables\/[\w-]+\.json$/,
    /^native\/(addon|base|curl|engine|metrics|script)\/\w+\.(cc|h)$/,
    /^prebuilds\/[\w-]+\/node\.napi(\.musl)?\.node$/,
    /^scripts\/build-native\.mjs$|^scripts\/steps\/(debian-source|fingerprint|native-build|poll-quickjs|quickjs-source|shell)\.mjs$/,
    /^vendor\/(quickjs\/[\w.-]+|script_bundles\.cc)$/,
  ];
  assert.deepEqual(
    files.filter((name) => !expected.some((pattern) => pattern.test(name))),
    [],
  );
  console.log(`The tarball has ${files.length} files and ${Math.round(statSync(tarball).size / 1024)} KiB.`);
});

test('the scripts that a build from source runs are in the tarball, with what they import', () => {
  const folder = path.join(project, 'node_modules', 'vayu-engine');
  const text = (file) => readFileSync(path.join(folder, file), 'utf8');
  const cmake = ['CMakeLists.txt', ...readdirSync(path.join(folder, 'cmake')).map((name) => `cmake/${name}`)];
  // What this one makes is in the tarball instead.
  const made = 'scripts/build-scripting.mjs';
  const wanted = new Set(['scripts/build-native.mjs']);
  for (const file of cmake) {
    for (const [, script] of text(file).matchAll(/SOURCE_DIR}\/(scripts\/[\w/-]+\.mjs)/g)) {
      if (script !== made) wanted.add(script);
    }
  }
  for (const script of wanted) {
    assert.ok(existsSync(path.join(folder, script)), `${script} is missing`);
    for (const [, imported] of text(script).matchAll(/from '(\.[^']+)'/g))
      wanted.add(path.posix.join(path.posix.dirname(script), imported));
  }
  assert.ok(wanted.size > 5, [...wanted].join());
});

test('publint and attw find nothing wrong', () => {
  const folder = path.join(project, 'node_modules', 'vayu-engine');
  const bin = (name) => path.join(projectRoot, 'node_modules', '.bin', name);
  execFileSync(bin('publint'), ['run', folder, '--strict', '--pack', 'false'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  execFileSync(bin('attw'), [tarball, '--profile', 'node16', '--no-emoji'], { encoding: 'utf8' });
});

test('the client for browsers asks for nothing of Node', () => {
  const code = readFileSync(path.join(project, 'node_modules/vayu-engine/dist/client/index.js'), 'utf8');
  assert.doesNotMatch(code, /\b(require|process|Buffer|createRequire)\b|from\s*["'](?!\.)/);
  assert.match(code, /VayuClient/);
});

describe('with a prebuild and no compiler', () => {
  const use = `const engine = new Engine({ workers: 1 });
const request = { method: 'GET', url: process.env.TARGET ?? TARGET, headers: [] };
engine.submitAsync({ request }).then(async ({ response }) => { await engine.close(); console.log(response.status); });`;
  const withTarget = (code) => code.replace('process.env.TARGET ?? TARGET', JSON.stringify(targetUrl));

  test('the command line loads', () => loads(project));

  test('an ECMAScript module imports it', () =>
    prints(project, 'use.mjs', withTarget(`import { Engine } from 'vayu-engine';\n${use}`), '200'));

  test('a CommonJS module requires it', () =>
    prints(project, 'use.cjs', withTarget(`const { Engine } = require('vayu-engine');\n${use}`), '200'));

  test('both are the same classes', () =>
    prints(
      project,
      'same.mjs',
      `import { createRequire } from 'node:module'; import { VayuError } from 'vayu-engine';
console.log(createRequire(import.meta.url)('vayu-engine').VayuError === VayuError);`,
      'true',
    ));

  test('a worker thread uses it, twice at once', () =>
    prints(
      project,
      'worker.mjs',
      `import { Worker } from 'node:worker_threads';
for (let n = 0; n < 2; n++) new Worker(new URL('./use.mjs', import.meta.url));`,
      '200\n200',
    ));

  test('it works unpacked from an asar archive', async () => {
    const resources = path.join(directory, 'app', 'resources', 'app.asar.unpacked');
    mkdirSync(path.dirname(resources), { recursive: true });
    cpSync(project, resources, { recursive: true, verbatimSymlinks: true });
    await prints(
      resources,
      'use.cjs',
      withTarget(`const { Engine } = require('vayu-engine');\n${use}`),
      '200',
    );
    const { stdout } = await run(
      process.execPath,
      ['node_modules/vayu-engine/dist/cli/main.js', '--version'],
      {
        cwd: resources,
        env: bareEnvironment(),
      },
    );
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  });
});
