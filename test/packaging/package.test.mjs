// What a user gets: packs the package, installs the tarball in an empty folder, builds it from source there, and again with the
// result as a prebuild and no compiler on PATH. Takes minutes (one whole native build).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { projectRoot } from '../../scripts/steps/shell.mjs';

const run = promisify(execFile);
const directory = mkdtempSync(path.join(tmpdir(), 'vayu-package-'));
const target = createServer((request, response) => response.end('ok'));
let tarball;
let targetUrl;

before(async () => {
  execFileSync('npm', ['pack', '--pack-destination', directory, '--loglevel=error'], {
    cwd: projectRoot,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  tarball = path.join(
    directory,
    readdirSync(directory).find((name) => name.endsWith('.tgz')),
  );
  await new Promise((resolve) => target.listen(0, '127.0.0.1', resolve));
  targetUrl = `http://127.0.0.1:${target.address().port}/`;
});

after(() => {
  target.closeAllConnections();
  target.close();
  rmSync(directory, { recursive: true, force: true });
});

test('the tarball holds what a build from source needs and nothing else', () => {
  const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((name) => name.replace(/^package\//, ''));
  for (const needed of [
    'dist/index.js',
    'dist/index.d.ts',
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
  const unwanted = files.filter((name) =>
    /^(test|lib|bench|build|docs|\.|node_modules|scripts\/(test|setup|demo))|^native\/test|\.tsbuildinfo$/.test(
      name,
    ),
  );
  assert.deepEqual(unwanted, []);
  console.log(`The tarball has ${files.length} files and ${Math.round(statSync(tarball).size / 1024)} KiB.`);
});

/** An empty project with the tarball in it. better-sqlite3's own binary is ours: its release host is not always reachable. */
function installed(name) {
  const folder = path.join(directory, name);
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'package.json'), '{"private":true}');
  execFileSync(
    'npm',
    ['install', tarball, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    { cwd: folder, stdio: 'ignore' },
  );
  const sqlite = 'node_modules/better-sqlite3/build/Release';
  mkdirSync(path.join(folder, sqlite), { recursive: true });
  copyFileSync(
    path.join(projectRoot, sqlite, 'better_sqlite3.node'),
    path.join(folder, sqlite, 'better_sqlite3.node'),
  );
  return folder;
}

/** PATH with node and a shell and nothing that could compile. */
function bareEnvironment() {
  const bin = path.join(directory, 'bin');
  if (!existsSync(bin)) {
    mkdirSync(bin);
    symlinkSync(process.execPath, path.join(bin, 'node'));
    symlinkSync('/bin/sh', path.join(bin, 'sh'));
  }
  return { PATH: bin, HOME: directory };
}

async function loads(folder) {
  const vayu = path.join(folder, 'node_modules', '.bin', 'vayu');
  const { stdout } = await run(
    process.execPath,
    [vayu, 'load', targetUrl, '-n', '200', '-c', '4', '--json'],
    { cwd: folder, env: bareEnvironment() },
  );
  const report = JSON.parse(stdout);
  assert.equal(report.summary.totalRequests, 200);
  assert.equal(report.summary.failedRequests, 0);
}

test('it builds from source, and then loads with the result as a prebuild and no compiler', async () => {
  const fromSource = installed('from-source');
  execFileSync('npm', ['rebuild', 'vayu-engine', '--ignore-scripts=false', '--loglevel=error'], {
    cwd: fromSource,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const packageFolder = path.join(fromSource, 'node_modules', 'vayu-engine');
  const addon = path.join(packageFolder, 'build', 'Release', 'vayu.node');
  assert.ok(existsSync(addon), 'the install script built the addon');
  await loads(fromSource);

  const prebuilt = path.join(directory, 'prebuilt');
  mkdirSync(prebuilt);
  cpSync(fromSource, prebuilt, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (file) => !file.startsWith(path.join(packageFolder, 'build')),
  });
  const prebuilds = path.join(
    prebuilt,
    'node_modules',
    'vayu-engine',
    'prebuilds',
    `${process.platform}-${process.arch}`,
  );
  mkdirSync(prebuilds, { recursive: true });
  copyFileSync(addon, path.join(prebuilds, 'node.napi.node'));
  await loads(prebuilt);

  // As a library: ESM, CommonJS where Node can, and from a worker thread.
  const code = `import { Engine } from 'vayu-engine';
const engine = new Engine({ workers: 1 });
const exchange = await engine.submitAsync({ request: { method: 'GET', url: ${JSON.stringify(targetUrl)}, headers: [] } });
await engine.close();
console.log(exchange.response.status);`;
  writeFileSync(path.join(prebuilt, 'use.mjs'), code);
  writeFileSync(
    path.join(prebuilt, 'worker.mjs'),
    `import { Worker } from 'node:worker_threads'; new Worker(new URL('./use.mjs', import.meta.url));`,
  );
  writeFileSync(
    path.join(prebuilt, 'use.cjs'),
    `import('vayu-engine').then(({ Engine }) => console.log(typeof Engine));`,
  );
  for (const [file, printed] of [
    ['use.mjs', '200'],
    ['worker.mjs', '200'],
    ['use.cjs', 'function'],
  ]) {
    const { stdout } = await run(process.execPath, [file], { cwd: prebuilt, env: bareEnvironment() });
    assert.equal(stdout.trim(), printed, file);
  }
});

test('what is exported and linked is as it should be', () => {
  const addon = createRequire(import.meta.url)('node-gyp-build').path(projectRoot);
  if (process.platform !== 'linux') return;
  const exported = execFileSync('nm', ['-D', '--defined-only', addon], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.split(' ').at(-1));
  const foreign = exported.filter((name) => !/^(napi_|node_api_|_ZT[IS]St|_ZZNSt)/.test(name));
  assert.deepEqual(foreign, [], 'only Node-API entry points and libstdc++ type information are exported');
  assert.doesNotMatch(execFileSync('ldd', [addon], { encoding: 'utf8' }), /not found/);
});
