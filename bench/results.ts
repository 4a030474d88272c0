import type { BenchCase } from './cases.js';
import type { Machine } from './machine.js';
import type { Measurement } from './measure.js';
import { median } from './statistics.js';

export interface ClientResult {
  client: string;
  runs: Measurement[];
  median: Measurement;
}

export interface CaseResult extends BenchCase {
  results: ClientResult[];
}

export interface BenchResults {
  date: string;
  machine: Machine;
  /** Seconds of one run, and how often each client ran; clients took turns. */
  seconds: number;
  rounds: number;
  versions: Record<string, string>;
  /** Peers that did not take part, with the reason. */
  missing: Record<string, string>;
  cases: CaseResult[];
}

export function medianOf(runs: Measurement[]): Measurement {
  const of = (figure: keyof Measurement): number => median(runs.map((run) => run[figure]));
  return {
    requests: of('requests'),
    requestsPerSecond: of('requestsPerSecond'),
    cpuUsPerRequest: of('cpuUsPerRequest'),
    userUsPerRequest: of('userUsPerRequest'),
    steadyCores: of('steadyCores'),
    steadyCpuUsPerRequest: of('steadyCpuUsPerRequest'),
    peakMiB: of('peakMiB'),
  };
}

/** What the documentation promises: a name, the figure, the limit it has to keep. */
export interface Claim {
  text: string;
  figure: number;
  limit: number;
  kept: boolean;
}

export function checkClaims(results: BenchResults): Claim[] {
  const figure = (caseName: string, client: string, name: keyof Measurement): number =>
    results.cases.find((item) => item.name === caseName)?.results.find((item) => item.client === client)
      ?.median[name] ?? NaN;
  const ratio = (caseName: string, ours: string, peer: string, name: keyof Measurement): number =>
    figure(caseName, ours, name) / figure(caseName, peer, name);
  const atMost = (text: string, value: number, limit: number): Claim => ({
    text,
    figure: value,
    limit,
    kept: value <= limit,
  });
  const atLeast = (text: string, value: number, limit: number): Claim => ({
    text,
    figure: value,
    limit,
    kept: value >= limit,
  });
  return [
    atMost('tiny: CPU per request, ours / wrk', ratio('tiny', 'vayu', 'wrk', 'steadyCpuUsPerRequest'), 0.9),
    atLeast('tiny: requests/s, ours / wrk', ratio('tiny', 'vayu', 'wrk', 'requestsPerSecond'), 1),
    atLeast('tls: requests/s, ours / wrk', ratio('tls', 'vayu', 'wrk', 'requestsPerSecond'), 1),
    atLeast(
      'tiny: requests/s, ours / autocannon',
      ratio('tiny', 'vayu', 'autocannon', 'requestsPerSecond'),
      2.5,
    ),
    atMost('h2: CPU per request, ours / h2load', ratio('h2', 'vayu', 'h2load', 'steadyCpuUsPerRequest'), 1.5),
    atMost(
      'tiny: CPU per request, CurlTransport / bare libcurl',
      ratio('tiny', 'vayu-curl', 'bare libcurl', 'steadyCpuUsPerRequest'),
      1.1,
    ),
    atLeast(
      'heavy script: requests/s, two workers / one',
      figure('heavy2', 'vayu', 'requestsPerSecond') / figure('heavy1', 'vayu', 'requestsPerSecond'),
      1.8,
    ),
    atMost(
      'CPU per request, 10 000 connections / 64',
      figure('c10000', 'vayu', 'steadyCpuUsPerRequest') / figure('tiny', 'vayu', 'steadyCpuUsPerRequest'),
      1.5,
    ),
    atMost(
      'CPU per request, everything recorded / counters only',
      ratio('recording', 'library-full', 'library-counters', 'steadyCpuUsPerRequest'),
      1.05,
    ),
    atMost('100 requests/s: share of a core', figure('rate100', 'vayu', 'steadyCores'), 0.02),
  ].filter((claim) => !Number.isNaN(claim.figure));
}
