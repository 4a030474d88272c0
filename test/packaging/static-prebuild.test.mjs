// The prebuild as the workflow makes it: libcurl and all that it needs inside. vcpkg's place is taken by libraries made from Debian's
// sources. Takes minutes, where ccache does not know them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { buildPrebuild, unpackPackage } from '../../scripts/prebuild.mjs';
import { describeAddon, objectionsToAddon } from '../../scripts/steps/addon-needs.mjs';
import { projectRoot } from '../../scripts/steps/shell.mjs';
import { ensureStaticLibraries } from '../../scripts/steps/static-libraries.mjs';

const directory = mkdtempSync(path.join(tmpdir(), 'vayu-static-'));
let prebuild;

before(() => {
  process.env.VCPKG_ROOT = ensureStaticLibraries();
  [prebuild] = buildPrebuild(unpackPackage(directory).folder, directory);
});

after(() => rmSync(directory, { recursive: true, force: true }));

test('it has its libraries inside, shows none of them and takes none from Node', () => {
  assert.deepEqual(objectionsToAddon(prebuild), []);
  assert.match(describeAddon(prebuild), /^libcurl and its TLS library are inside;/);
});

test('it decodes what the other builds decode and has the same QuickJS', () => {
  const versions = engineVersions({ VAYU_ENGINE_PREBUILD: directory });
  assert.equal(versions.http2, true);
  assert.equal(versions.brotli, true);
  assert.equal(versions.zstd, true);
  assert.equal(versions.tls, versions.tlsBuilt);
  assert.equal(versions.quickjs, engineVersions({}).quickjs);
});

test("it passes the engine's tests", () => {
  const files = ['engine', 'faults'].flatMap((folder) =>
    readdirSync(path.join(projectRoot, 'test', folder))
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => path.join('test', folder, name)),
  );
  assert.ok(files.length > 5, files.join());
  const env = { ...process.env, VAYU_ENGINE_PREBUILD: directory };
  // Of this run of tests, not of the one in it.
  delete env.NODE_TEST_CONTEXT;
  execFileSync(
    process.execPath,
    ['--import', 'tsx', '--test', '--test-reporter=spec', '--test-concurrency=1', ...files],
    {
      cwd: projectRoot,
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
});

function engineVersions(env) {
  const code =
    "import { Engine } from './lib/engine/engine.ts'; console.log(JSON.stringify(Engine.versions()))";
  const args = ['--import', 'tsx', '--input-type=module', '--eval', code];
  const options = { cwd: projectRoot, encoding: 'utf8', env: { ...process.env, ...env } };
  return JSON.parse(execFileSync(process.execPath, args, options));
}
