import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { buildProgram } from './native-program.js';

export interface RecordingServerOptions {
  /** Answers so long after the request arrived. Default 0. */
  delayUs?: number;
  /** Default 2. */
  bodyBytes?: number;
  /** Default 200. */
  status?: number;
}

/** A native HTTP/1.1 target in a process of its own that remembers when each request arrived. Good for over 100 000 requests/s. */
export interface RecordingServer {
  port: number;
  url: string;
  pid: number;
  /** When each request arrived, ascending, in µs of CLOCK_MONOTONIC (the clock of `process.hrtime`). */
  arrivalsUs(): Promise<Float64Array>;
  reset(): Promise<void>;
  setDelayUs(delayUs: number): Promise<void>;
  stop(): Promise<void>;
}

export async function startRecordingServer(options: RecordingServerOptions = {}): Promise<RecordingServer> {
  const args = Object.entries({
    '--delay-us': options.delayUs,
    '--body-bytes': options.bodyBytes,
    '--status': options.status,
  })
    .filter((entry): entry is [string, number] => entry[1] !== undefined)
    .flatMap(([name, value]) => [name, String(value)]);
  const child = spawn(buildProgram('test/support/native/recording_server.cc'), args, {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const directory = mkdtempSync(path.join(tmpdir(), 'vayu-recording-'));

  const answer = async (expected: string): Promise<string> => {
    const line: IteratorResult<string, undefined> = await lines.next();
    if (line.done || !line.value.startsWith(expected)) {
      throw new Error(`The recording server said "${line.value ?? ''}" instead of "${expected}…".`);
    }
    return line.value.slice(expected.length).trim();
  };
  const command = (text: string, expected: string): Promise<string> => {
    child.stdin.write(`${text}\n`);
    return answer(expected);
  };

  const port = Number(await answer('port '));
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    pid: child.pid!,
    arrivalsUs: async () => {
      const file = path.join(directory, 'arrivals');
      await command(`dump ${file}`, 'dumped');
      const bytes = readFileSync(file);
      const nanoseconds = new BigInt64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
      return Float64Array.from(nanoseconds, (value) => Number(value) / 1000);
    },
    reset: async () => {
      await command('reset', 'reset');
    },
    setDelayUs: async (delayUs) => {
      await command(`delay ${delayUs}`, 'delay');
    },
    stop: async () => {
      child.stdin.end();
      await exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
