import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

export interface CountingTarget {
  url: string;
  /** Requests that arrived, whether the process still lives or not. */
  count(): number;
  kill(): Promise<void>;
}

/** Starts a target in a process of its own that answers after `delayMs` and counts; at `port`, or at a free one. */
export type StartCountingTarget = (delayMs: number, port?: number) => Promise<CountingTarget>;

/** For the targets of a test file; what they counted into goes when its tests have ended. */
export function countingTargets(): StartCountingTarget {
  const folder = mkdtempSync(path.join(tmpdir(), 'vayu-counting-'));
  after(() => rmSync(folder, { recursive: true }));
  let targets = 0;
  return async (delayMs, port = 0) => {
    targets += 1;
    const file = path.join(folder, `count-${targets}`);
    const script = fileURLToPath(new URL('counting-target.mjs', import.meta.url));
    const child = spawn(process.execPath, [script, file, String(delayMs), String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    const { value } = (await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()) as {
      value: string;
    };
    return {
      url: `http://127.0.0.1:${value}`,
      count: () => Number(readFileSync(file, 'utf8') || 0),
      kill: async () => {
        child.kill('SIGKILL');
        await exited;
      },
    };
  };
}
