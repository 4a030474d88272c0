// All checks and tests, after `node scripts/setup.mjs --test`.
//   node scripts/test.mjs [--only=lint,native,threads,memory,fuzz,ts,release,sanitizers,tidy,package,static,windows | --only=all]
// Without --only the stages that a change needs every time; the others take longer and find less.
// Goes on after a failing stage, so that one run shows everything that is wrong.
import path from 'node:path';
import { runFuzzers } from './steps/fuzz.mjs';
import { buildNativeTests, runNativeTests } from './steps/native-tests.mjs';
import { projectRoot, run, runMain, runTogether, say, StepError } from './steps/shell.mjs';
import { sourceFiles } from './steps/source-files.mjs';
import { checkWindows } from './steps/windows-tests.mjs';

const node = process.execPath;
const bin = (name) => path.join(projectRoot, 'node_modules', name);

const stages = {
  lint: {
    'formats, rules, types, layers, licences': () =>
      runTogether([
        [node, [bin('eslint/bin/eslint.js'), '.']],
        [
          node,
          [bin('prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.'],
          'Run `npm run format`.',
        ],
        ...['tsconfig.json', 'lib/scripting/tsconfig.json'].map((config) => [
          node,
          [bin('typescript/bin/tsc'), '--noEmit', '-p', config],
        ]),
        [node, ['scripts/check-includes.mjs']],
        [node, ['scripts/notice.mjs', '--check']],
        [node, ['scripts/check-format.mjs']],
      ]),
  },
  native: {
    // Most of their time they wait.
    'native tests under ASan and UBSan': () => runNativeTests('asan', { jobs: 3 }),
  },
  threads: {
    'native tests of threads under TSan': () =>
      runNativeTests('tsan', { target: 'vayu_threaded_tests', label: 'threads' }),
  },
  memory: {
    'native tests that measure memory': () =>
      runNativeTests('release', { target: 'vayu_memory_tests', label: 'memory' }),
  },
  fuzz: { fuzzers: () => runFuzzers({ seconds: 4 }) },
  ts: {
    'TypeScript tests, side by side': () =>
      runTypescriptTests(
        typescriptTests().filter((file) => !isTimed(file)),
        4,
      ),
    'TypeScript tests that measure time': () => runTypescriptTests(typescriptTests().filter(isTimed), 1),
  },
  release: {
    'native tests as users run the code': () => runNativeTests('release'),
  },
  sanitizers: {
    'all native tests under ASan and UBSan': () => runNativeTests('asan'),
    'all native tests under TSan': () => runNativeTests('tsan'),
  },
  tidy: { 'clang-tidy': () => run(node, ['scripts/check-tidy.mjs']) },
  windows: { 'native code for Windows': checkWindows },
  package: {
    'package tests': () => run(node, ['--test', '--test-reporter=spec', 'test/packaging/package.test.mjs']),
  },
  static: {
    'prebuild with its libraries inside': () =>
      run(node, ['--test', '--test-reporter=spec', 'test/packaging/static-prebuild.test.mjs']),
  },
};

const defaultStages = ['lint', 'native', 'threads', 'memory', 'fuzz', 'ts'];

/** Files that build the addon anew; stages of their own run them. */
const testsWithBuilds = ['test/packaging/package.test.mjs', 'test/packaging/static-prebuild.test.mjs'];

/** Files whose tests measure time or load the machine: each has it to itself. */
const timedTests = [
  'test/chaos/clock-steps',
  'test/chaos/daemon-limits',
  'test/chaos/killed-daemon',
  'test/engine/load-runs',
  'test/faults/faults',
  'test/runs/precision-latency',
  'test/runs/precision-rate',
  'test/runs/strategies',
  'test/runs/verdict-of-runs',
];

function isTimed(file) {
  return timedTests.includes(file.replace(/\.test\.\w+$/, ''));
}

function typescriptTests() {
  const files = sourceFiles(['test'], ['.test.ts', '.test.mjs']).filter(
    (file) => !testsWithBuilds.includes(file),
  );
  const timed = files.filter(isTimed);
  if (timed.length !== timedTests.length)
    throw new StepError('scripts/test.mjs names a timed test that is gone.');
  return files;
}

function runTypescriptTests(files, concurrency) {
  // With the sanitizers in it, the program that runs scripts is one more test of them.
  const programs = buildNativeTests('asan', ['vayu_script_runner']);
  run(
    node,
    [
      '--import',
      'tsx',
      '--test',
      '--test-reporter=spec',
      '--test-timeout=300000',
      `--test-concurrency=${concurrency}`,
      ...files,
    ],
    { env: { VAYU_SCRIPT_RUNNER: path.join(programs, 'vayu_script_runner') } },
  );
}

function chosenStages(args) {
  const only = args.flatMap((arg) => {
    if (!arg.startsWith('--only='))
      throw new StepError(
        `Unknown option ${arg}.`,
        `It takes --only= with some of ${Object.keys(stages).join(', ')}.`,
      );
    return arg.slice('--only='.length).split(',');
  });
  for (const name of only) {
    if (!(name in stages) && name !== 'all')
      throw new StepError(`Unknown stage ${name}.`, `The stages are ${Object.keys(stages).join(', ')}.`);
  }
  if (only.includes('all')) return Object.entries(stages);
  const chosen = only.length === 0 ? defaultStages : only;
  return Object.entries(stages).filter(([name]) => chosen.includes(name));
}

await runMain(async () => {
  const failures = [];
  const summary = [];
  for (const [, steps] of chosenStages(process.argv.slice(2))) {
    for (const [title, step] of Object.entries(steps)) {
      say(title);
      const started = performance.now();
      let outcome = 'passed';
      try {
        await step();
      } catch (error) {
        if (!(error instanceof StepError)) throw error;
        outcome = 'FAILED';
        failures.push(`${title}: ${error.message}`, ...error.advice.map((line) => `  ${line}`));
      }
      summary.push(`${outcome.padEnd(7)} ${title} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
    }
  }
  process.stdout.write(`\n${summary.map((line) => `  ${line}\n`).join('')}`);
  if (failures.length > 0) throw new StepError('Not everything passed:', failures);
});
