// The addon as users get it: made with prebuildify from the packed package, and built from source where it is installed. Takes minutes:
// two whole native builds, where ccache does not know them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { buildPrebuild, stableCacheKeys } from '../../scripts/prebuild.mjs';
import { objectionsToAddon } from '../../scripts/steps/addon-needs.mjs';
import {
  bareEnvironment,
  directory,
  installed,
  loads,
  npmQuiet,
  publish,
  removeEverything,
  run,
} from './installed-package.mjs';

/** The tarball as it is published: with the prebuild of this platform. */
let tarball;
/** A project that has it installed, prebuild and all. */
let prebuilt;
let prebuild;

before(() => {
  tarball = publish((folder) => {
    [prebuild] = buildPrebuild(folder, path.join(directory, 'output'));
    return prebuild;
  });
  prebuilt = installed(tarball, 'prebuilt');
});

after(removeEverything);

test('it loads with the prebuild and no compiler', () => loads(prebuilt));

test('it builds from source', async () => {
  const folder = installed(tarball, 'from-source');
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
  test('shows its entry points alone, and needs nothing that others have not', () => {
    assert.deepEqual(objectionsToAddon(prebuild), []);
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
