// Brings a fresh clone to the point where everything runs; does nothing, quickly, when nothing is missing.
//   node scripts/setup.mjs [--test] [--bench] [--force]
// Only modules of Node itself may be imported here: it runs before `npm ci`.
import { ensureNativeBuild } from './steps/native-build.mjs';
import { beginSqliteBuild, ensureNpmPackages } from './steps/npm-packages.mjs';
import { runMain, say, StepError, withLock } from './steps/shell.mjs';
import { ensureSystemPackages } from './steps/system-packages.mjs';
import { ensureTypescriptBuild } from './steps/typescript-build.mjs';

const options = ['--test', '--bench', '--force'];
const minimumNode = 20;

await runMain(async () => {
  const args = process.argv.slice(2);
  const unknown = args.find((arg) => !options.includes(arg));
  if (unknown !== undefined)
    throw new StepError(`Unknown option ${unknown}.`, `It takes ${options.join(', ')}.`);
  const major = Number(process.versions.node.split('.')[0]);
  if (major < minimumNode) {
    throw new StepError(
      `Node ${process.versions.node} is too old: ${minimumNode} or newer is needed.`,
      'Install a current Node.js and run this again.',
    );
  }
  const force = args.includes('--force');
  const groups = ['build', ...['test', 'bench'].filter((group) => args.includes(`--${group}`))];
  const started = performance.now();
  await withLock('build', async () => {
    ensureSystemPackages(groups);
    ensureNpmPackages({ force });
    const sqliteBuilt = beginSqliteBuild();
    await ensureNativeBuild({ force });
    await ensureTypescriptBuild({ force });
    await sqliteBuilt();
  });
  say(`Everything is set up (${((performance.now() - started) / 1000).toFixed(1)} s)`);
});
