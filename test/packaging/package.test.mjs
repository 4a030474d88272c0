// What a user gets: packs the package, makes its prebuild, installs the tarball in empty folders and uses it, with the prebuild and no
// compiler on PATH and built from source. Takes minutes: two whole native builds, where ccache does not know them.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { buildPrebuild, stableCacheKeys, unpackPackage } from '../../scripts/prebuild.mjs';
import { projectRoot } from '../../scripts/steps/shell.mjs';

const run = promisify(execFile);
const directory = mkdtempSync(path.join(tmpdir(), 'vayu-package-'));
const target = createServer((request, response) => response.end('ok'));
const npmQuiet = { stdio: ['ignore', 'ignore', 'inherit'] };
/** The tarball as it is published: with the prebuild of this platform. */
let tarball;
/** A project that has it installed, prebuild and all. */
let prebuilt;
let prebuild;
let targetUrl;

before(async () => {
  await new Promise((resolve) => target.listen(0, '127.0.0.1', resolve));
  targetUrl = `http://127.0.0.1:${target.address().port}/`;
  const { folder, tarball: packed } = unpackPackage(directory);
  rmSync(packed);
  rmSync(path.join(folder, 'prebuilds'), { recursive: true, force: true });
  const output = path.join(directory, 'output');
  [prebuild] = buildPrebuild(folder, output);
  cpSync(path.join(output, 'prebuilds'), path.join(folder, 'prebuilds'), { recursive: true });
  rmSync(path.join(folder, 'build'), { recursive: true, force: true });
  rmSync(path.join(folder, 'node_modules'));
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', directory, '--loglevel=error'], {
    cwd: folder,
    ...npmQuiet,
  });
  tarball = path.join(
    directory,
    readdirSync(directory).find((name) => name.endsWith('.tgz')),
  );
  prebuilt = installed('prebuilt');
});

after(() => {
  target.closeAllConnections();
  target.close();
  rmSync(directory, { recursive: true, force: true });
});

/** An empty project with the tarball in it. better-sqlite3's own binary is ours: its release host is not always reachable. */
function installed(name) {
  const folder = path.join(directory, name);
  mkdirSync(folder, { recursive: true });
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

/** PATH with node, npx and a shell and nothing that could compile. */
function bareEnvironment() {
  const bin = path.join(directory, 'bin');
  if (!existsSync(bin)) {
    mkdirSync(bin);
    symlinkSync(process.execPath, path.join(bin, 'node'));
    symlinkSync('/bin/sh', path.join(bin, 'sh'));
  }
  return { PATH: bin, HOME: directory };
}

function npxProgram() {
  const npx = process.env.PATH.split(path.delimiter)
    .map((folder) => path.join(folder, 'npx'))
    .find((file) => existsSync(file));
  assert.ok(npx, 'npx is on PATH');
  return npx;
}

async function loads(folder) {
  const { stdout } = await run(
    process.execPath,
    [npxProgram(), '--no-install', 'vayu', 'load', targetUrl, '-n', '200', '-c', '4', '--json'],
    { cwd: folder, env: bareEnvironment() },
  );
  const report = JSON.parse(stdout);
  assert.equal(report.summary.totalRequests, 200);
  assert.equal(report.summary.failedRequests, 0);
}

async function prints(folder, file, code, printed, args = []) {
  writeFileSync(path.join(folder, file), code);
  const { stdout } = await run(process.execPath, [...args, file], { cwd: folder, env: bareEnvironment() });
  assert.equal(stdout.trim(), printed, file);
}

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
    /^dist\/[\w./-]+\.(js|d\.ts)$|^dist\/cjs\/package\.json$/,
    /^native\/(addon|base|curl|engine|metrics|script)\/\w+\.(cc|h)$/,
    /^prebuilds\/[\w-]+\/node\.napi(\.musl)?\.node$/,
    /^scripts\/build-native\.mjs$|^scripts\/steps\/(fingerprint|native-build|quickjs-source|shell)\.mjs$/,
    /^vendor\/(quickjs\/[\w.-]+|script_bundles\.cc)$/,
  ];
  assert.deepEqual(
    files.filter((name) => !expected.some((pattern) => pattern.test(name))),
    [],
  );
  const kib = (file) => Math.round(statSync(file).size / 1024);
  console.log(`The tarball has ${files.length} files, ${kib(tarball)} KiB; its addon ${kib(prebuild)} KiB.`);
});

test('publint and attw find nothing wrong', () => {
  const folder = path.join(prebuilt, 'node_modules', 'vayu-engine');
  const bin = (name) => path.join(projectRoot, 'node_modules', '.bin', name);
  execFileSync(bin('publint'), ['run', folder, '--strict', '--pack', 'false'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  execFileSync(bin('attw'), [tarball, '--profile', 'node16', '--no-emoji'], { encoding: 'utf8' });
});

describe('with the prebuild and no compiler', () => {
  const use = `const engine = new Engine({ workers: 1 });
const request = { method: 'GET', url: process.env.TARGET ?? TARGET, headers: [] };
engine.submitAsync({ request }).then(async ({ response }) => { await engine.close(); console.log(response.status); });`;
  const withTarget = (code) => code.replace('process.env.TARGET ?? TARGET', JSON.stringify(targetUrl));

  test('the command line loads', () => loads(prebuilt));

  test('an ECMAScript module imports it', () =>
    prints(prebuilt, 'use.mjs', withTarget(`import { Engine } from 'vayu-engine';\n${use}`), '200'));

  test('a CommonJS module requires it', () =>
    prints(prebuilt, 'use.cjs', withTarget(`const { Engine } = require('vayu-engine');\n${use}`), '200'));

  test('both are the same classes', () =>
    prints(
      prebuilt,
      'same.mjs',
      `import { createRequire } from 'node:module'; import { VayuError } from 'vayu-engine';
console.log(createRequire(import.meta.url)('vayu-engine').VayuError === VayuError);`,
      'true',
    ));

  test('a worker thread uses it, twice at once', () =>
    prints(
      prebuilt,
      'worker.mjs',
      `import { Worker } from 'node:worker_threads';
for (let n = 0; n < 2; n++) new Worker(new URL('./use.mjs', import.meta.url));`,
      '200\n200',
    ));

  test('it works unpacked from an asar archive', async () => {
    const resources = path.join(directory, 'app', 'resources', 'app.asar.unpacked');
    mkdirSync(path.dirname(resources), { recursive: true });
    cpSync(prebuilt, resources, { recursive: true, verbatimSymlinks: true });
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

test('it builds from source', async () => {
  const folder = installed('from-source');
  const packageFolder = path.join(folder, 'node_modules', 'vayu-engine');
  rmSync(path.join(packageFolder, 'prebuilds'), { recursive: true });
  execFileSync('npm', ['rebuild', 'vayu-engine', '--ignore-scripts=false', '--loglevel=error'], {
    cwd: folder,
    env: { ...process.env, ...stableCacheKeys(packageFolder) },
    ...npmQuiet,
  });
  assert.ok(existsSync(path.join(packageFolder, 'build', 'Release', 'vayu.node')), 'the addon was built');
  await loads(folder);
});

describe('the prebuild', { skip: process.platform !== 'linux' }, () => {
  const symbols = (which) =>
    execFileSync('nm', ['-D', which, prebuild], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((line) => line.split(' ').at(-1).replace(/@.*/, ''));

  test('exports its entry points and nothing that another library could take for its own', () => {
    const foreign = symbols('--defined-only').filter(
      (name) => !/^(napi_|node_api_|_ZT[IS]St|_ZZNSt)/.test(name),
    );
    assert.deepEqual(foreign, []);
  });

  test('asks of Node what version 8 of Node-API has, and no external buffers', () => {
    const asked = symbols('--undefined-only').filter((name) => /^(napi_|node_api_)/.test(name));
    assert.ok(asked.includes('napi_create_function'), asked.join());
    assert.deepEqual(
      asked.filter((name) => /^napi_create_external_(array)?buffer$|^node_api_/.test(name)),
      [],
    );
  });

  test('needs libraries that are there', () => {
    const libraries = execFileSync('ldd', [prebuild], { encoding: 'utf8' });
    assert.doesNotMatch(libraries, /not found/);
    const known =
      /^(linux-vdso|libcurl|libz|libbrotli\w+|libzstd|libm|libc|libstdc\+\+|libgcc_s|libpthread|libdl|ld-linux\S*|libnghttp2|libidn2|librtmp|libssh2|libpsl|libssl|libcrypto|libgssapi_krb5|libldap\S*|liblber\S*|libunistring|libgnutls|libhogweed|libnettle|libgmp|libkrb5|libk5crypto|libcom_err|libkrb5support|libsasl2|libp11-kit|libtasn1|libkeyutils|libresolv|libffi)[.-]/;
    const names = libraries
      .trim()
      .split('\n')
      .map((line) => path.basename(line.trim().split(' ')[0]));
    assert.deepEqual(
      names.filter((name) => !known.test(name)),
      [],
    );
  });

  test('runs TLS on its own library, not on that of its host', async () => {
    const key = path.join(directory, 'key.pem');
    const certificate = path.join(directory, 'certificate.pem');
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'rsa:2048',
        '-nodes',
        '-subj',
        '/CN=localhost',
        '-keyout',
        key,
        '-out',
        certificate,
      ],
      { stdio: 'ignore' },
    );
    const server = https.createServer(
      { key: readFileSync(key), cert: readFileSync(certificate) },
      (request, response) => response.end('ok'),
    );
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const log = path.join(directory, 'bindings');
    writeFileSync(
      path.join(prebuilt, 'tls.cjs'),
      `const { Engine } = require('vayu-engine');
const engine = new Engine({ workers: 1 });
const request = { method: 'GET', url: 'https://127.0.0.1:${server.address().port}/', headers: [], insecure: true };
engine.submitAsync({ request }).then(async ({ response }) => { await engine.close(); console.log(response.status); });`,
    );
    try {
      const { stdout } = await run(process.execPath, ['tls.cjs'], {
        cwd: prebuilt,
        env: { ...bareEnvironment(), LD_DEBUG: 'bindings', LD_DEBUG_OUTPUT: log },
      });
      assert.equal(stdout, '200\n');
    } finally {
      server.closeAllConnections();
      server.close();
    }
    const bindings = readdirSync(directory)
      .filter((name) => name.startsWith('bindings.'))
      .flatMap((name) => readFileSync(path.join(directory, name), 'utf8').split('\n'))
      .map((line) => /binding file (\S+) \[\d+\] to (\S+) \[\d+\]: normal symbol `([^']+)'/.exec(line))
      .filter((match) => match !== null && /^(SSL_|nghttp2_|inflate|EVP_Digest)/.test(match[3]))
      .map(([, from, to]) => ({ from: path.basename(from), to: path.basename(to) }))
      .filter(({ from }) => /libcurl|libssl|\.node$/.test(from));
    const host = path.basename(process.execPath);
    assert.deepEqual(
      bindings.filter(({ to }) => to === host),
      [],
    );
    // A dynamic libcurl is seen to bind; a static one has nothing left to bind.
    if (/libcurl/.test(execFileSync('ldd', [prebuild], { encoding: 'utf8' }))) assert.ok(bindings.length > 0);
  });
});
