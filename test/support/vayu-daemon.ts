import { spawn, type ChildProcess } from 'node:child_process';
import { cliArguments } from '../cli/cli-process.js';

export interface DaemonProcess {
  url: string;
  process: ChildProcess;
  /** Settles with the exit code; null where a signal ended it. */
  ended: Promise<number | null>;
}

export interface DaemonProcessOptions {
  env?: Record<string, string>;
  /** Runs the daemon through this command, to which its own is added. */
  through?: readonly string[];
}

/** Starts `vayu daemon` on a free port in a process of its own and waits for the line that names it. */
export async function startDaemonProcess(
  args: readonly string[],
  options: DaemonProcessOptions = {},
): Promise<DaemonProcess> {
  const own = [process.execPath, ...cliArguments, 'daemon', '--port', '0', '--verbose', '0', ...args];
  const [program = process.execPath, ...rest] = [...(options.through ?? []), ...own];
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...options.env },
    // One that hangs fails its test, and does not outlive it.
    timeout: 240_000,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const match = /^Vayu listens on (http:\/\/127\.0\.0\.1:\d+)\n/.exec(text);
      if (match?.[1] !== undefined) resolve(match[1]);
    });
    void ended.then((code) => reject(new Error(`the daemon ended with ${code}: ${text}`)));
  });
  return { url, process: child, ended };
}
