import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Compiles a single-file C++ program of the project when it is newer than its binary. Returns the binary. */
export function buildProgram(source: string, libraries: string[] = []): string {
  const file = path.join(projectRoot, source);
  const binary = path.join(projectRoot, 'build', 'programs', path.basename(source, '.cc'));
  if (existsSync(binary) && statSync(binary).mtimeMs > statSync(file).mtimeMs) return binary;
  mkdirSync(path.dirname(binary), { recursive: true });
  const fresh = `${binary}.${process.pid}`;
  const options = ['-std=c++20', '-O2', '-Wall', '-Wextra', '-Werror'];
  execFileSync('c++', [...options, '-o', fresh, file, ...libraries.map((library) => `-l${library}`)], {
    stdio: 'inherit',
  });
  renameSync(fresh, binary);
  return binary;
}
