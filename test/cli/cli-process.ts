import { spawn } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export interface CliResult {
  /** The exit code; null where a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface CliOptions {
  input?: string;
  cwd?: string;
  env?: Record<string, string>;
  /** Called with each piece of standard error; what it returns is sent as a signal. */
  onStderr?: (text: string) => NodeJS.Signals | undefined;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The arguments of Node that start the command line: what was compiled where it is up to date, else the sources, which is slower. */
export const cliArguments: readonly string[] = isFresh()
  ? [path.join(root, 'dist/cli/main.js')]
  : ['--import', import.meta.resolve('tsx'), path.join(root, 'lib/cli/main.ts')];

function isFresh(): boolean {
  const compiled = statSync(path.join(root, 'dist/cli/main.js'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  return readdirSync(path.join(root, 'lib'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('scripting'))
    .every((name) => statSync(path.join(root, 'lib', name)).mtimeMs < compiled);
}

/** Runs the real command line in a process of its own. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...cliArguments, ...args], {
      cwd: options.cwd,
      env: { ...process.env, NO_COLOR: '1', ...options.env },
      // A command that hangs fails its test, and does not outlive it.
      timeout: 60_000,
      killSignal: 'SIGKILL',
    });
    const result: CliResult = { code: null, stdout: '', stderr: '' };
    child.stdout.on('data', (chunk: Buffer) => (result.stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => {
      result.stderr += chunk.toString();
      const signal = options.onStderr?.(result.stderr);
      if (signal !== undefined) child.kill(signal);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...result, code }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}
