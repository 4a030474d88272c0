// Checks the format of the native files with clang-format; --write formats them.
import { spawnSync } from 'node:child_process';
import { findProgram, isMain, projectRoot, run, runMain, say, StepError } from './steps/shell.mjs';
import { sourceFiles } from './steps/source-files.mjs';

if (isMain(import.meta.url)) {
  await runMain(() => {
    const clangFormat = findProgram('clang-format');
    if (clangFormat === undefined) {
      say('clang-format is not installed: the format of native files is not checked');
      return;
    }
    const files = sourceFiles(['native', 'bench', 'test'], ['.h', '.cc', '.cpp']);
    if (process.argv.includes('--write')) {
      if (files.length > 0) run(clangFormat, ['-i', ...files]);
      return;
    }
    const result = spawnSync(clangFormat, ['--dry-run', '--Werror', ...files], {
      cwd: projectRoot,
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    });
    const unformatted = new Set(
      [...result.stderr.matchAll(/^(\S+?):\d+:\d+: error/gm)].map(([, file]) => file),
    );
    if (unformatted.size > 0)
      throw new StepError('Not formatted:', [...unformatted, 'Run `npm run format`.']);
    if (result.status !== 0) throw new StepError(`clang-format failed: ${result.stderr}`);
    say(`${files.length} native files are formatted`);
  });
}
