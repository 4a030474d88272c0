import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const directory = path.join(projectRoot, 'build', 'bench');
let built = false;

/** Builds bench/native/load_bench.cc and the engine with the options of the addon, where they are older than their sources. Returns the program. */
export function buildLoadBench(): string {
  const program = path.join(directory, 'load_bench');
  if (built) return program;
  const cmake = (...args: string[]): void => {
    // What it prints is not a result.
    execFileSync('cmake', args, { cwd: projectRoot, stdio: ['ignore', 'ignore', 'inherit'] });
  };
  cmake('-S', '.', '-B', directory, '-DCMAKE_BUILD_TYPE=Release', '-DVAYU_BUILD_BENCH=ON');
  cmake('--build', directory, '--target', 'load_bench', '--parallel', '2');
  built = true;
  return program;
}
