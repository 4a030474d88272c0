// What another system can tell of the native code for Windows: that it compiles, and that the tests below pass under Wine. Those are the
// native ones that need no server of POSIX, and, where libcurl and node.exe for Windows are at hand, the engine's tests in TypeScript.
import { copyFileSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { findProgram, projectRoot, run, say, StepError } from './shell.mjs';
import { buildForWindowsTests, lacksForWindows, lacksForWindowsTests } from './windows-build.mjs';

const directory = path.join(projectRoot, 'build', 'windows');
/** Debian's names. */
const packages = 'g++-mingw-w64-x86-64-posix libz-mingw-w64-dev ninja-build googletest wine64';
/** They start no program of Linux and send no signal. */
const engineTests = ['engine', 'load-runs', 'scripts'];

export async function checkWindows() {
  const lacks = [...lacksForWindows(), ...lacksForWindowsTests()];
  if (lacks.length > 0) {
    say(`Not here: ${lacks.join(', ')} (Debian: ${packages}). The native code for Windows is not checked`);
    return;
  }
  const { programs, addon } = await buildForWindowsTests();
  const wine = ['wine64', 'wine', '/usr/lib/wine/wine64'].find(
    (name) => existsSync(name) || findProgram(name) !== undefined,
  );
  if (wine === undefined) {
    say('It compiles. Wine is not installed: no test was run');
    return;
  }
  const env = { WINEPREFIX: path.join(directory, 'wine'), WINEDEBUG: '-all' };
  for (const program of programs) run(wine, [program, '--gtest_brief=1'], { env });
  await runEngineTests(wine, env, addon);
}

async function runEngineTests(wine, env, addon) {
  const node = process.env.VAYU_WINDOWS_NODE;
  if (addon === undefined || !node) {
    say(
      'The addon was not run: VAYU_WINDOWS_LIBRARIES (or VCPKG_ROOT) and VAYU_WINDOWS_NODE name a libcurl and a node.exe',
    );
    return;
  }
  if (!existsSync(node)) throw new StepError(`VAYU_WINDOWS_NODE is ${node}, which does not exist.`);
  // Laid out as the package is: the addon is looked for two folders above the module that loads it.
  const root = path.join(directory, 'package');
  const prebuild = path.join(root, 'prebuilds', 'win32-x64', 'node.napi.node');
  mkdirSync(path.dirname(prebuild), { recursive: true });
  copyFileSync(addon, prebuild);
  const modules = path.join(root, 'node_modules');
  rmSync(modules, { force: true });
  symlinkSync(path.join(projectRoot, 'node_modules'), modules);
  const tests = path.join(root, 'dist', 'tests');
  await build({
    entryPoints: engineTests.map((name) => path.join(projectRoot, 'test', 'engine', `${name}.test.ts`)),
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    outdir: tests,
    outExtension: { '.js': '.mjs' },
  });
  const files = engineTests.map((name) => path.join(tests, `${name}.test.mjs`));
  run(wine, [node, '--test', '--test-concurrency=1', '--test-reporter=spec', ...files], { env });
}
