// The project's files as git sees them: tracked or new, never ignored ones.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { projectRoot, run } from './shell.mjs';

/** Paths relative to the project that start with one of `folders` and end with one of `endings`. */
export function sourceFiles(folders, endings) {
  return run('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '--', ...folders], {
    quiet: true,
  })
    .split('\0')
    .filter(
      (file) => endings.some((ending) => file.endsWith(ending)) && existsSync(path.join(projectRoot, file)),
    )
    .sort();
}
