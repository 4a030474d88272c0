import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Compiles a single-file C++ program of the project when it is newer than its binary. Returns the binary. */
export function buildProgram(source: string, libraries: string[] = []): string {
  return build(source, '', ['-O2'], libraries);
}

/** The same for a library to preload. */
export function buildLibrary(source: string): string {
  return build(source, '.so', ['-O2', '-shared', '-fPIC'], []);
}

function build(source: string, suffix: string, options: string[], libraries: string[]): string {
  const file = path.join(projectRoot, source);
  const binary = path.join(projectRoot, 'build', 'programs', path.basename(source, '.cc') + suffix);
  if (existsSync(binary) && statSync(binary).mtimeMs > statSync(file).mtimeMs) return binary;
  mkdirSync(path.dirname(binary), { recursive: true });
  const fresh = `${binary}.${process.pid}`;
  const all = ['-std=c++20', '-Wall', '-Wextra', '-Werror', ...options];
  execFileSync('c++', [...all, '-o', fresh, file, ...libraries.map((library) => `-l${library}`)], {
    stdio: 'inherit',
  });
  renameSync(fresh, binary);
  return binary;
}
