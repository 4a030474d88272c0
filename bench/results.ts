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
    steadyCores: of('steadyCores'),
    steadyCpuUsPerRequest: of('steadyCpuUsPerRequest'),
    cpuUsPerRequest: of('cpuUsPerRequest'),
    peakMiB: of('peakMiB'),
  };
}

/** Half the distance between a client's extreme rounds, as a share of their median. */
export function spreadOf(runs: Measurement[], figure: keyof Measurement): number {
  const values = runs.map((run) => run[figure]);
  return (Math.max(...values) - Math.min(...values)) / 2 / median(values);
}

/** The noise of the machine: spread of the CPU time per request over all clients and cases that ran more than once. */
export function noiseOf(results: BenchResults): { median: number; most: number } | undefined {
  const spreads = results.cases
    .flatMap((item) => item.results)
    .filter(({ runs }) => runs.length > 1)
    .map(({ runs }) => spreadOf(runs, 'steadyCpuUsPerRequest'));
  return spreads.length === 0 ? undefined : { median: median(spreads), most: Math.max(...spreads) };
}

/**
 * One figure of one client against another's of the same case: the median of the rounds' ratios, since what disturbs the machine for a
 * while disturbs both. Undefined when one of them did not take part.
 */
export function ratioIn(
  item: CaseResult | undefined,
  ours: string,
  peer: string,
  figure: keyof Measurement,
): number | undefined {
  const runsOf = (client: string): Measurement[] =>
    item?.results.find((result) => result.client === client)?.runs ?? [];
  const [left, right] = [runsOf(ours), runsOf(peer)];
  const rounds = Math.min(left.length, right.length);
  if (rounds === 0) return undefined;
  return median(left.slice(0, rounds).map((run, round) => run[figure] / right[round]![figure]));
}

/** What the documentation promises. */
export interface Claim {
  text: string;
  /** Undefined when a client that it needs did not take part. */
  figure: number | undefined;
  limit: number;
  /** Whether the figure must be above the limit, or below. */
  sense: 'at least' | 'at most';
}

export function verdictOf({ figure, limit, sense }: Claim): 'met' | 'NOT MET' | 'not measured' {
  if (figure === undefined) return 'not measured';
  return (sense === 'at least' ? figure >= limit : figure <= limit) ? 'met' : 'NOT MET';
}

export function figureOf({ figure }: Claim): string {
  return figure?.toFixed(figure < 0.1 ? 3 : 2) ?? '–';
}

export function limitOf({ limit, sense }: Claim): string {
  return `${sense} ${limit.toFixed(2)}`;
}

export function checkClaims(results: BenchResults): Claim[] {
  const ratio = (
    caseName: string,
    ours: string,
    peer: string,
    figure: keyof Measurement,
  ): number | undefined =>
    ratioIn(
      results.cases.find((item) => item.name === caseName),
      ours,
      peer,
      figure,
    );
  const cpu = 'steadyCpuUsPerRequest';
  const rate = 'requestsPerSecond';
  const idle = results.cases
    .find((item) => item.name === 'rate100')
    ?.results.find((result) => result.client === 'vayu')?.median.steadyCores;
  const atMost = (text: string, figure: number | undefined, limit: number): Claim => ({
    text,
    figure,
    limit,
    sense: 'at most',
  });
  const atLeast = (text: string, figure: number | undefined, limit: number): Claim => ({
    text,
    figure,
    limit,
    sense: 'at least',
  });
  return [
    atMost('tiny: CPU per request, ours / wrk', ratio('tiny', 'vayu', 'wrk', cpu), 0.9),
    atLeast('tiny: requests/s, ours / wrk', ratio('tiny', 'vayu', 'wrk', rate), 1),
    atLeast('tiny: requests/s, ours / autocannon', ratio('tiny', 'vayu', 'autocannon', rate), 2.5),
    atMost(
      'tiny: CPU per request, CurlTransport / bare libcurl',
      ratio('tiny', 'engine-curl', 'bare libcurl', cpu),
      1.1,
    ),
    atLeast('tls: requests/s, ours / wrk', ratio('tls', 'vayu', 'wrk', rate), 1),
    atMost('h2: CPU per request, ours / h2load', ratio('h2', 'vayu', 'h2load', cpu), 1.5),
    atMost(
      'CPU per request, 10 000 connections / 64',
      ratio('connections', 'vayu, 10 000', 'vayu, 64', cpu),
      1.5,
    ),
    atLeast(
      'heavy script: requests/s, two workers / one',
      ratio('heavy', 'vayu, 2 workers', 'vayu, 1 worker', rate),
      1.8,
    ),
    atMost(
      'CPU per request, everything recorded / counters only',
      ratio('recording', 'library-full', 'library-counters', cpu),
      1.05,
    ),
    atMost('100 requests/s: share of a core', idle, 0.02),
  ];
}
