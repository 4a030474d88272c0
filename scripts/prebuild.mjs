// Makes the prebuilt addon of this platform: packs the package, builds it from that tarball with prebuildify and leaves
// prebuilds/<platform>-<arch>/node.napi.node (tagged on musl) here.
//   node scripts/prebuild.mjs
//   node scripts/prebuild.mjs --glibc=2.28   fails where it needs a newer glibc
//   node scripts/prebuild.mjs --windows      that of Windows x64, from Linux
// With VCPKG_ROOT set libcurl and all that it needs are inside it.
// node-gyp empties build/ before it builds, so it is not let near this checkout's.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeAddon, objectionsToAddon } from './steps/addon-needs.mjs';
import { findProgram, isMain, projectRoot, run, runMain, runNpm, say, StepError } from './steps/shell.mjs';
import { buildWindowsAddon, hasWindowsLibraries, lacksForWindows } from './steps/windows-build.mjs';

export function isMusl() {
  return process.platform === 'linux' && process.report.getReport().header.glibcVersionRuntime === undefined;
}

/** npm's own node-gyp; npm tells its scripts where that is. */
function nodeGyp() {
  const npm = findProgram('npm');
  const candidates = [
    process.env.npm_config_node_gyp,
    path.join(
      path.dirname(process.execPath),
      '..',
      'lib',
      'node_modules',
      'npm',
      'node_modules',
      'node-gyp',
      'bin',
      'node-gyp.js',
    ),
    npm &&
      path.join(
        runNpm(['root', '-g'], { quiet: true }).trim(),
        'npm',
        'node_modules',
        'node-gyp',
        'bin',
        'node-gyp.js',
      ),
  ];
  const found = candidates.find((file) => file && existsSync(file));
  if (!found) throw new StepError('node-gyp was not found.', 'Run it as `npm run prebuild`.');
  return found;
}

/** Packs this checkout and unpacks the tarball to `directory`/package, with this checkout's node_modules beside it. */
export function unpackPackage(directory) {
  runNpm(['pack', '--pack-destination', directory, '--loglevel=error'], { quiet: true });
  const tarball = path.join(
    directory,
    readdirSync(directory).find((name) => name.endsWith('.tgz')),
  );
  run('tar', ['-xzf', tarball, '-C', directory], { quiet: true });
  const folder = path.join(directory, 'package');
  symlinkSync(path.join(projectRoot, 'node_modules'), path.join(folder, 'node_modules'), 'junction');
  return { tarball, folder };
}

function report(file, newestGlibc) {
  say(
    `${path.relative(projectRoot, file)} (${Math.round(statSync(file).size / 1024)} KiB): ${describeAddon(file)}`,
  );
  const objections = objectionsToAddon(file, { newestGlibc });
  if (objections.length > 0) throw new StepError('Not a prebuild for other machines:', objections);
}

/** Builds the unpacked package in `folder` and leaves its addon in `target`/prebuilds. Returns the files. */
export function buildPrebuild(folder, target) {
  const prebuildify = path.join(
    path.dirname(createRequire(import.meta.url).resolve('prebuildify/package.json')),
    'bin.js',
  );
  // prebuildify runs it as a command.
  const program = path.join(path.dirname(folder), 'node-gyp');
  symlinkSync(nodeGyp(), program);
  const args = [
    '--napi',
    '--name',
    'node.napi',
    '--strip',
    '--out',
    target,
    ...(isMusl() ? ['--tag-libc'] : []),
  ];
  const env = { ...ownHeaders(), ...stableCacheKeys(folder), PREBUILD_NODE_GYP: program };
  run(process.execPath, [prebuildify, ...args], { cwd: folder, env });
  const output = path.join(target, 'prebuilds', `${process.platform}-${process.arch}`);
  return readdirSync(output)
    .filter((file) => file.endsWith('.node'))
    .map((name) => path.join(output, name));
}

/** Any Node's headers serve an N-API addon: those that came with this one, where they did, save node-gyp a download. */
function ownHeaders() {
  const prefix = path.resolve(path.dirname(process.execPath), '..');
  return existsSync(path.join(prefix, 'include', 'node', 'node_api.h')) ? { npm_config_nodedir: prefix } : {};
}

/** Where ccache is in use, the changing name of a temporary folder must not make every file a new one. */
export function stableCacheKeys(folder) {
  return { CCACHE_BASEDIR: folder, CCACHE_NOHASHDIR: '1' };
}

/** Needs nothing of the package: what npm would do on Windows is not tried here. */
async function buildWindowsPrebuild() {
  const lacks = [...lacksForWindows(), ...(hasWindowsLibraries() ? [] : ['libcurl for Windows'])];
  if (lacks.length > 0)
    throw new StepError(`Not here: ${lacks.join(', ')}.`, [
      'Debian has g++-mingw-w64-x86-64-posix and ninja-build; vcpkg (VCPKG_ROOT) makes libcurl.',
    ]);
  const target = path.join(projectRoot, 'prebuilds', 'win32-x64', 'node.napi.node');
  mkdirSync(path.dirname(target), { recursive: true });
  copyFileSync(await buildWindowsAddon(), target);
  say(`${path.relative(projectRoot, target)} (${Math.round(statSync(target).size / 1024)} KiB)`);
}

if (isMain(import.meta.url)) {
  await runMain(async () => {
    if (process.argv.includes('--windows')) return buildWindowsPrebuild();
    const newestGlibc = process.argv.find((arg) => arg.startsWith('--glibc='))?.slice('--glibc='.length);
    const directory = mkdtempSync(path.join(tmpdir(), 'vayu-prebuild-'));
    try {
      const { folder } = unpackPackage(directory);
      say('Building from the package');
      for (const file of buildPrebuild(folder, projectRoot)) report(file, newestGlibc);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
}
