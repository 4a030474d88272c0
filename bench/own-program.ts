import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const directory = path.join(projectRoot, 'build', 'bench');
const built = new Set<string>();

/** Builds bench/native/`name`.cc and what it needs of the engine with the options of the addon, where that is out of date. Returns the program. */
export function buildOwnProgram(name: string): string {
  const program = path.join(directory, name);
  if (built.has(name)) return program;
  const cmake = (...args: string[]): void => {
    // What it prints is not a result.
    execFileSync('cmake', args, { stdio: ['ignore', 'ignore', 'inherit'] });
  };
  cmake('-S', projectRoot, '-B', directory, '-DCMAKE_BUILD_TYPE=Release', '-DVAYU_BUILD_BENCH=ON');
  cmake('--build', directory, '--target', name, '--parallel', '2');
  built.add(name);
  return program;
}
