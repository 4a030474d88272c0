// The addon: cmake-js builds in build/cmake, the result is copied to where node-gyp-build looks first.
import { copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fingerprint, isFresh, writeStamp } from './fingerprint.mjs';
import { ensureQuickjsSource } from './quickjs-source.mjs';
import { buildJobs, projectRoot, run, say, StepError } from './shell.mjs';

const outputDirectory = path.join(projectRoot, 'build', 'cmake');
const addon = 'build/Release/vayu.node';
const stamp = 'build/native.stamp';

function currentPrint(quickjs) {
  return fingerprint(
    ['CMakeLists.txt', 'cmake', 'native', 'lib/scripting', 'scripts/build-scripting.mjs', 'vcpkg.json'],
    {
      skip: (name) => name === 'native/test',
      extra: [quickjs, process.env.VCPKG_ROOT ?? '', process.arch, process.platform],
    },
  );
}

/** Builds the addon unless it is up to date. Returns whether it built. */
export async function ensureNativeBuild({ force = false } = {}) {
  const quickjs = await ensureQuickjsSource();
  const print = currentPrint(quickjs);
  if (!force && isFresh(stamp, print, [addon])) return false;
  buildAddon(quickjs);
  writeStamp(stamp, print);
  return true;
}

function buildAddon(quickjs) {
  say('Building the native engine');
  const started = performance.now();
  const cmakeJs = cmakeJsProgram();
  const common = ['--out', outputDirectory, '--config', 'Release', '--log-level', 'warn'];
  const defines = [`--CDVAYU_QUICKJS_SOURCE_DIR=${quickjs}`];
  const advice = 'The compiler said why above. `npm run setup -- --force` builds from scratch.';
  run(process.execPath, [cmakeJs, 'configure', ...common, ...defines], { advice, quiet: true });
  run(process.execPath, [cmakeJs, 'build', ...common, '--parallel', buildJobs()], { advice });
  const built = ['Release/vayu.node', 'vayu.node']
    .map((name) => path.join(outputDirectory, name))
    .find((file) => existsSync(file));
  if (built === undefined) throw new StepError(`The build left no vayu.node in ${outputDirectory}.`, advice);
  // Renamed into place: a process that has the old file mapped keeps it.
  const target = path.join(projectRoot, addon);
  mkdirSync(path.dirname(target), { recursive: true });
  copyFileSync(built, `${target}.new`);
  renameSync(`${target}.new`, target);
  say(`Built ${addon} in ${Math.round((performance.now() - started) / 1000)} s`);
}

function cmakeJsProgram() {
  try {
    return path.join(
      path.dirname(createRequire(path.join(projectRoot, 'package.json')).resolve('cmake-js/package.json')),
      'bin',
      'cmake-js',
    );
  } catch {
    throw new StepError(
      'cmake-js is not installed.',
      'Run `npm ci --ignore-scripts` first, or `npm run setup` for everything.',
    );
  }
}
