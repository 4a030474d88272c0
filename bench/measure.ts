import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { buildProgram } from '../test/support/native-program.js';
import type { RunTarget } from './clients.js';

/** What one run of one client did and cost. */
export interface Measurement {
  /** Requests that the server answered: counted by nginx, not by the client. */
  requests: number;
  requestsPerSecond: number;
  /** User and system time of the whole client process per request. */
  cpuUsPerRequest: number;
  userUsPerRequest: number;
  /** Share of one core that the client kept busy while it ran steadily: start-up and summing up left out. */
  steadyCores: number;
  /** The CPU time of that steady part per request. */
  steadyCpuUsPerRequest: number;
  peakMiB: number;
}

interface Usage {
  wallUs: number;
  userUs: number;
  systemUs: number;
  peakKiB: number;
  exitCode: number;
  steadyCores: number;
}

/** Runs a client's command and charges its CPU time to the requests that arrived at nginx meanwhile. */
export async function measure(command: string[], target: RunTarget): Promise<Measurement> {
  const usageFile = path.join(target.directory, 'usage.json');
  const before = await target.nginx.requests();
  const result = spawnSync(buildProgram('bench/native/measure.cc'), [usageFile, ...command], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    timeout: (target.seconds + 60) * 1000,
  });
  if (result.status !== 0) throw new Error(`${command[0]!} could not be measured: ${result.stderr}`);
  const usage = JSON.parse(readFileSync(usageFile, 'utf8')) as Usage;
  if (usage.exitCode !== 0) {
    throw new Error(
      `${command.join(' ')} ended with ${usage.exitCode}:\n${result.stdout.slice(-2000)}${result.stderr.slice(-2000)}`,
    );
  }
  const requests = (await target.nginx.requests()) - before - 1;
  const cpuUs = usage.userUs + usage.systemUs;
  return {
    requests,
    requestsPerSecond: requests / target.seconds,
    cpuUsPerRequest: cpuUs / requests,
    userUsPerRequest: usage.userUs / requests,
    steadyCores: usage.steadyCores,
    steadyCpuUsPerRequest: (usage.steadyCores * 1_000_000) / (requests / target.seconds),
    peakMiB: usage.peakKiB / 1024,
  };
}
