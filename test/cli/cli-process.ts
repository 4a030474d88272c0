import { spawn } from 'node:child_process';
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

const main = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url));
const tsx = import.meta.resolve('tsx');

/** Runs the real command line in a process of its own. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', tsx, main, ...args], {
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
