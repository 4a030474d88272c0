// Runs clang-tidy over the native sources, two at a time, with the compile commands of the release test build.
//   node scripts/check-tidy.mjs [file…]
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fingerprint, isFresh, writeStamp } from './steps/fingerprint.mjs';
import { configureNativeTests } from './steps/native-tests.mjs';
import { findProgram, isMain, projectRoot, runMain, say, StepError } from './steps/shell.mjs';
import { sourceFiles } from './steps/source-files.mjs';

const buildDirectory = 'build/release';

if (isMain(import.meta.url)) {
  await runMain(async () => {
    const clangTidy = findProgram('clang-tidy');
    if (clangTidy === undefined) {
      say('clang-tidy is not installed: skipped');
      return;
    }
    const commands = path.join(configureNativeTests('release'), 'compile_commands.json');
    const given = process.argv.slice(2);
    const known = new Set(
      JSON.parse(readFileSync(commands, 'utf8')).map((entry) => path.relative(projectRoot, entry.file)),
    );
    const wanted =
      given.length > 0
        ? given
        : sourceFiles(['native'], ['.cc']).filter((file) => !file.startsWith('native/test/'));
    const headers = fingerprint(sourceFiles(['native'], ['.h']), {
      extra: [readFileSync(path.join(projectRoot, '.clang-tidy'), 'utf8')],
    });
    const files = wanted.filter(
      (file) => known.has(file) && !isFresh(stampOf(file), fingerprint([file], { extra: [headers] }), []),
    );
    mkdirSync(path.join(projectRoot, 'build', 'tidy'), { recursive: true });
    const failed = [];
    const queue = [...files];
    const worker = async () => {
      for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
        const { code, output } = await tidy(clangTidy, file);
        if (code === 0) writeStamp(stampOf(file), fingerprint([file], { extra: [headers] }));
        else {
          failed.push(file);
          process.stderr.write(output);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
    if (failed.length > 0) throw new StepError('clang-tidy has complaints:', failed);
    say(`clang-tidy is content with ${wanted.length} files (${files.length} new or changed)`);
  });
}

function stampOf(file) {
  return `build/tidy/${file.replaceAll('/', '__')}.stamp`;
}

function tidy(clangTidy, file) {
  return new Promise((resolve) => {
    const child = spawn(clangTidy, ['-p', buildDirectory, '--quiet', file], {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.on('close', (code) => resolve({ code, output }));
  });
}
