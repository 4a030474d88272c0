// npm runs this before it packs: what a build from source needs and git does not hold goes to vendor/, and dist must be up to date.
//   node scripts/prepack.mjs          fills vendor/
//   node scripts/prepack.mjs --clean  empties it again (postpack)
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ensureQuickjsSource } from './steps/quickjs-source.mjs';
import { projectRoot, run, runMain, say, StepError } from './steps/shell.mjs';
import { ensureTypescriptBuild } from './steps/typescript-build.mjs';

const vendor = path.join(projectRoot, 'vendor');
const quickjsFile = /^(quickjs|libregexp|libunicode|cutils|dtoa|list)[\w-]*\.[ch]$|^(VERSION|LICENSE)$/;
const notNeeded = /^quickjs-libc\./;

await runMain(async () => {
  rmSync(vendor, { recursive: true, force: true });
  if (process.argv.includes('--clean')) return;
  await ensureTypescriptBuild();
  const quickjs = await ensureQuickjsSource();
  mkdirSync(path.join(vendor, 'quickjs'), { recursive: true });
  for (const name of readdirSync(quickjs)) {
    if (quickjsFile.test(name) && !notNeeded.test(name))
      copyFileSync(path.join(quickjs, name), path.join(vendor, 'quickjs', name));
  }
  run(process.execPath, ['scripts/build-scripting.mjs', '--out', vendor], { quiet: true });
  if (!existsSync(path.join(vendor, 'script_bundles.cc')))
    throw new StepError('The bundles of lib/scripting were not made.');
  say('vendor/ holds the sources that the package brings along');
});
