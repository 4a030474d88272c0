// The package as it is published, installed in empty folders.
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { unpackPackage } from '../../scripts/prebuild.mjs';
import { projectRoot } from '../../scripts/steps/shell.mjs';

export const run = promisify(execFile);
export const npmQuiet = { stdio: ['ignore', 'ignore', 'inherit'] };
/** Everything of a test file lies in here. */
export const directory = mkdtempSync(path.join(tmpdir(), 'vayu-package-'));
export const targetUrl = await startTarget();

async function startTarget() {
  const server = createServer((request, response) => response.end('ok'));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return `http://127.0.0.1:${server.address().port}/`;
}

export function removeEverything() {
  rmSync(directory, { recursive: true, force: true });
}

/** Packs this checkout with the addon that `makeAddon` makes of the unpacked package as its prebuild. */
export function publish(makeAddon) {
  const { folder, tarball: packed } = unpackPackage(directory);
  rmSync(packed);
  rmSync(path.join(folder, 'prebuilds'), { recursive: true, force: true });
  const addon = makeAddon(folder);
  const prebuilds = path.join(folder, 'prebuilds', `${process.platform}-${process.arch}`);
  mkdirSync(prebuilds, { recursive: true });
  copyFileSync(addon, path.join(prebuilds, path.basename(addon)));
  rmSync(path.join(folder, 'build'), { recursive: true, force: true });
  rmSync(path.join(folder, 'node_modules'));
  execFileSync('npm', ['pack', '--ignore-scripts', '--pack-destination', directory, '--loglevel=error'], {
    cwd: folder,
    ...npmQuiet,
  });
  const tarball = readdirSync(directory).find((name) => name.endsWith('.tgz'));
  return path.join(directory, tarball);
}

/** An empty project with the tarball in it. better-sqlite3's own binary is ours: its release host is not always reachable. */
export function installed(tarball, name) {
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

/** PATH with node and a shell and nothing that could compile. */
export function bareEnvironment() {
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

export async function loads(folder) {
  const { stdout } = await run(
    process.execPath,
    [npxProgram(), '--no-install', 'vayu', 'load', targetUrl, '-n', '200', '-c', '4', '--json'],
    { cwd: folder, env: bareEnvironment() },
  );
  const report = JSON.parse(stdout);
  assert.equal(report.summary.totalRequests, 200);
  assert.equal(report.summary.failedRequests, 0);
}

export async function prints(folder, file, code, printed, args = []) {
  writeFileSync(path.join(folder, file), code);
  const { stdout } = await run(process.execPath, [...args, file], { cwd: folder, env: bareEnvironment() });
  assert.equal(stdout.trim(), printed, file);
}
