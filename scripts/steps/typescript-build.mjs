// lib/**/*.ts → dist/.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fingerprint, isFresh, writeStamp } from './fingerprint.mjs';
import { projectRoot, run, say } from './shell.mjs';

const stamp = 'build/typescript.stamp';

/** Compiles unless dist is up to date. Returns whether it compiled. */
export function ensureTypescriptBuild({ force = false } = {}) {
  const print = fingerprint(['lib', 'tsconfig.json', 'tsconfig.build.json'], {
    skip: (name) => name === 'lib/scripting',
  });
  if (!force && isFresh(stamp, print, ['dist/index.js'])) return false;
  say('Compiling TypeScript');
  run(
    process.execPath,
    [path.join(projectRoot, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
    {
      advice: 'The TypeScript compiler said why above.',
    },
  );
  removeOrphans('dist', 'lib');
  writeStamp(stamp, print);
  return true;
}

/** Output whose source is gone would still be found by an import. */
function removeOrphans(outputFolder, sourceFolder) {
  for (const entry of readdirSync(path.join(projectRoot, outputFolder), { withFileTypes: true })) {
    const output = `${outputFolder}/${entry.name}`;
    if (entry.isDirectory()) {
      const source = `${sourceFolder}/${entry.name}`;
      if (existsSync(path.join(projectRoot, source))) removeOrphans(output, source);
      else rmSync(path.join(projectRoot, output), { recursive: true });
      continue;
    }
    const match = /^(.+?)(\.d\.ts|\.js|\.js\.map)$/.exec(entry.name);
    if (match && !existsSync(path.join(projectRoot, sourceFolder, `${match[1]}.ts`)))
      rmSync(path.join(projectRoot, output));
  }
}
