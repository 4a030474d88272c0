// The native tests of a CMake preset (release, asan, tsan): configure, build, ctest.
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { buildJobs, findProgram, projectRoot, run, succeeds } from './shell.mjs';

const advice = 'The compiler or CMake said why above.';

/** Configures a preset. Returns its directory. */
export function configureNativeTests(preset) {
  const generator = findProgram('ninja') ? ['-G', 'Ninja'] : [];
  const quickjs = process.env.VAYU_QUICKJS_SOURCE_DIR
    ? [`-DVAYU_QUICKJS_SOURCE_DIR=${process.env.VAYU_QUICKJS_SOURCE_DIR}`]
    : [];
  run('cmake', ['--preset', preset, ...generator, ...quickjs], { quiet: true, advice });
  return path.join(projectRoot, 'build', preset);
}

/** Configures and builds a preset, all of it or some targets. Returns its directory. */
export function buildNativeTests(preset, targets = []) {
  const directory = configureNativeTests(preset);
  const wanted = targets.length > 0 ? ['--target', ...targets] : [];
  run('cmake', ['--build', '--preset', preset, '--parallel', buildJobs(), ...wanted], { advice });
  return directory;
}

/**
 * Builds and runs the native tests of a preset: all, or the suites of one label and the target that builds them (cmake/tests.cmake);
 * `jobs` of them at a time.
 */
export function runNativeTests(preset, { target, label, jobs = Math.min(2, availableParallelism()) } = {}) {
  buildNativeTests(preset, target === undefined ? [] : [target]);
  const ctest = [
    'ctest',
    '--preset',
    preset,
    '--no-tests=error',
    ...(label === undefined ? [] : ['--label-regex', `^${label}$`]),
    '--parallel',
    String(jobs),
  ];
  // ThreadSanitizer of older compilers cannot map its shadow where the kernel randomises addresses widely.
  const command =
    preset === 'tsan' && succeeds('setarch', ['-R', 'true']) ? ['setarch', '-R', ...ctest] : ctest;
  const [program, ...args] = command;
  run(program, args, { advice: `Again by hand: ctest --preset ${preset} -R <name>` });
}
