import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildProgram } from '../test/support/native-program.js';
import type { RunTarget } from './clients.js';

/** What one run of one client did and cost. */
export interface Measurement {
  /** Requests that the server answered over the whole run: counted by nginx, not by the client. */
  requests: number;
  /** While the client ran steadily: warm, and not summing up yet. By nginx's count. */
  requestsPerSecond: number;
  /** Share of one core that all threads of the client kept busy meanwhile. */
  steadyCores: number;
  /** The CPU time of that part per request of that part. */
  steadyCpuUsPerRequest: number;
  /** User and system time of the whole client process, from its first instruction to its last, per request. */
  cpuUsPerRequest: number;
  peakMiB: number;
}

/** What bench/native/measure.cc writes. */
interface Usage {
  /** Wall clock at which the client was started, in ms since 1970. */
  startedMs: number;
  userUs: number;
  systemUs: number;
  peakKiB: number;
  exitCode: number;
  /** CPU time so far in ns, by µs since the start. */
  samples: [number, number][];
}

/** Before the client may end. */
const endMs = 200;
/** What a client may take for its start and its summing up. */
const graceSeconds = 30;
/** Requests that show that a client has begun to send: more than the first look of one that connects before it sends. */
const begun = 3;

/** Runs a client's command for `target.seconds` and charges its CPU time to the requests that arrive at nginx meanwhile. */
export async function measure(
  command: string[],
  target: RunTarget,
  warmUpSeconds: number,
): Promise<Measurement> {
  const usageFile = path.join(target.directory, 'usage.json');
  const served = requestCounter(target);
  const before = await served();
  let ended = false;
  const run = runMeasured(usageFile, target.seconds + graceSeconds, command).finally(() => (ended = true));
  run.catch(() => undefined);
  const pause = (ms: number): Promise<unknown> => Promise.race([sleep(ms), run]);
  let begin = before;
  // A program may take a second to start on a busy machine; its time counts from its first requests.
  while (!ended && begin.requests - before.requests <= begun) {
    await pause(20);
    begin = await served();
  }
  await pause(warmUpSeconds * 1000);
  const from = await served();
  await pause(begin.atMs + target.seconds * 1000 - endMs - Date.now());
  const to = await served();
  const usage = await run;
  const { requests } = await served();
  const counted = to.requests - from.requests;
  if (counted <= 0) throw new Error(`${command.join(' ')} sent nothing while it was measured`);
  // Some stop before their time is over.
  const lastMs = usage.startedMs + usage.samples.at(-1)![0] / 1000;
  const seconds = (Math.min(to.atMs, lastMs) - from.atMs) / 1000;
  const cpuUs = (cpuNsAt(usage, to.atMs) - cpuNsAt(usage, from.atMs)) / 1000;
  return {
    requests: requests - before.requests,
    requestsPerSecond: counted / seconds,
    steadyCores: cpuUs / 1_000_000 / seconds,
    steadyCpuUsPerRequest: cpuUs / counted,
    cpuUsPerRequest: (usage.userUs + usage.systemUs) / (requests - before.requests),
    peakMiB: usage.peakKiB / 1024,
  };
}

/** Asks nginx for its count of requests and leaves out those that asked. */
function requestCounter({ nginx }: RunTarget): () => Promise<{ atMs: number; requests: number }> {
  let asked = 0;
  return async () => {
    const requests = (await nginx.requests()) - ++asked;
    return { atMs: Date.now(), requests };
  };
}

async function runMeasured(usageFile: string, limitSeconds: number, command: string[]): Promise<Usage> {
  const child = spawn(
    buildProgram('bench/native/measure.cc'),
    [usageFile, String(limitSeconds), ...command],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data: Buffer) => (output = (output + data.toString()).slice(-4000)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${command[0]!} could not be measured: ${output}`);
  const usage = JSON.parse(readFileSync(usageFile, 'utf8')) as Usage;
  if (usage.exitCode !== 0) {
    const how =
      usage.exitCode === 124 ? `was still there after ${limitSeconds} s` : `ended with ${usage.exitCode}`;
    throw new Error(`${command.join(' ')} ${how}:\n${output}`);
  }
  return usage;
}

/** Between two samples in a straight line. */
function cpuNsAt({ startedMs, samples }: Usage, atMs: number): number {
  const us = (atMs - startedMs) * 1000;
  const next = samples.findIndex(([at]) => at >= us);
  const [laterUs, laterNs] = samples[next] ?? samples.at(-1)!;
  const [earlierUs, earlierNs] = samples[next < 1 ? 0 : next - 1]!;
  if (laterUs === earlierUs) return laterNs;
  return earlierNs + ((laterNs - earlierNs) * (us - earlierUs)) / (laterUs - earlierUs);
}
