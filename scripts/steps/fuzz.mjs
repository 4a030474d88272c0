// Runs every libFuzzer target for a bounded time, starting from its seed corpus in native/test/fuzz/corpus/<target>.
//   node scripts/steps/fuzz.mjs [seconds] [target…]
import { existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { findProgram, isMain, projectRoot, run, runMain, say } from './shell.mjs';
import { buildNativeTests } from './native-tests.mjs';

export function runFuzzers({ seconds, targets = [] }) {
  if (!existsSync(path.join(projectRoot, 'native', 'test', 'fuzz'))) {
    say('There are no fuzz targets');
    return;
  }
  if (findProgram('clang++') === undefined) {
    say('clang is not installed: the fuzz targets are skipped');
    return;
  }
  const build = buildNativeTests('fuzz');
  const programs = readdirSync(build).filter(
    (name) => name.endsWith('_fuzz') && statSync(path.join(build, name)).isFile(),
  );
  for (const program of programs.filter((name) => targets.length === 0 || targets.includes(name))) {
    const found = path.join(build, 'found', program);
    mkdirSync(found, { recursive: true });
    const seeds = path.join(projectRoot, 'native', 'test', 'fuzz', 'corpus', program.replace(/_fuzz$/, ''));
    say(`${program} for ${seconds} s`);
    run(
      path.join(build, program),
      [
        `-max_total_time=${seconds}`,
        '-timeout=10',
        '-rss_limit_mb=2048',
        '-print_final_stats=1',
        '-verbosity=0',
        `-artifact_prefix=${found}/crash-`,
        found,
        ...(existsSync(seeds) ? [seeds] : []),
      ],
      { cwd: build, advice: `The input is in ${found}; ${program} <file> shows it again.` },
    );
  }
}

if (isMain(import.meta.url)) {
  await runMain(() => {
    const [seconds = '60', ...targets] = process.argv.slice(2);
    runFuzzers({ seconds: Number(seconds), targets });
  });
}
