// lib/**/*.ts → dist/: checked by tsc, which also writes the declarations, and bundled by esbuild.
import path from 'node:path';
import { fingerprint, isFresh, writeStamp } from './fingerprint.mjs';
import { writeBundles } from './javascript-bundles.mjs';
import { projectRoot, run, say } from './shell.mjs';

const stamp = 'build/typescript.stamp';
const inputs = [
  'lib',
  'tsconfig.json',
  'tsconfig.build.json',
  'package-lock.json',
  'scripts/steps/javascript-bundles.mjs',
];

/** Compiles unless dist is up to date. Returns whether it compiled. */
export async function ensureTypescriptBuild({ force = false } = {}) {
  const print = fingerprint(inputs, { skip: (name) => name === 'lib/scripting' });
  if (!force && isFresh(stamp, print, ['dist/index.js', 'dist/cli/main.js'])) return false;
  say('Compiling TypeScript');
  run(
    process.execPath,
    [path.join(projectRoot, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
    { advice: 'The TypeScript compiler said why above.' },
  );
  await writeBundles(path.join(projectRoot, 'build', 'declarations'));
  writeStamp(stamp, print);
  return true;
}
