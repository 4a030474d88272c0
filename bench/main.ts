// npm run bench: ours and its peers against the same nginx, taking turns; prints medians and writes docs/benchmarks.md.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { startNginx, type Nginx } from '../test/support/nginx.js';
import { cases as allCases, type BenchCase } from './cases.js';
import { clients as allClients, type BenchClient } from './clients.js';
import { describeMachine } from './machine.js';
import { benchmarksPage } from './markdown.js';
import { measure, type Measurement } from './measure.js';
import {
  checkClaims,
  figureOf,
  limitOf,
  medianOf,
  verdictOf,
  type BenchResults,
  type CaseResult,
} from './results.js';

const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const resultsFile = path.join(projectRoot, 'bench', 'results.json');
const pageFile = path.join(projectRoot, 'docs', 'benchmarks.md');

const usage = `npm run bench -- [options]
  --cases=a,b      only these (${allCases.map((item) => item.name).join(', ')})
  --clients=a,b    only these (${allClients.map((client) => client.name).join(', ')})
  --rounds=N       runs of each client and case; default 3
  --seconds=N      length of a run, the first of them as warm-up; default 3
  --quick          one round of 2 s
  --no-write       prints only; bench/results.json and docs/benchmarks.md stay as they are
  --json           prints the results as JSON
  --page           writes docs/benchmarks.md again from bench/results.json, runs nothing`;

class UsageError extends Error {}

interface BenchOptions {
  cases: BenchCase[];
  clients: BenchClient[];
  rounds: number;
  seconds: number;
  write: boolean;
  json: boolean;
  page: boolean;
}

function readOptions(args: string[]): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      cases: { type: 'string' },
      clients: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      'no-write': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      page: { type: 'boolean', default: false },
    },
  });
  return {
    cases: choose('case', allCases, values.cases),
    clients: choose('client', allClients, values.clients),
    rounds: positive('rounds', values.rounds ?? (values.quick ? '1' : '3')),
    seconds: positive('seconds', values.seconds ?? (values.quick ? '2' : '3')),
    write: !values['no-write'] && !values.quick,
    json: values.json,
    page: values.page,
  };
}

function choose<Item extends { name: string }>(kind: string, all: Item[], list: string | undefined): Item[] {
  if (list === undefined) return all;
  return list.split(',').map((name) => {
    const found = all.find((item) => item.name === name);
    if (!found) throw new UsageError(`There is no ${kind} "${name}".`);
    return found;
  });
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new UsageError(`--${name} takes a whole number from 1, got "${text}".`);
  return value;
}

interface Entrant {
  name: string;
  client: BenchClient;
  setting: BenchCase;
  runs: Measurement[];
}

function entrantsOf(benchCase: BenchCase, clients: BenchClient[]): Entrant[] {
  const chosen = clients.filter((client) => benchCase.clients?.includes(client.name) ?? true);
  if (!benchCase.variants)
    return chosen.map((client) => ({ name: client.name, client, setting: benchCase, runs: [] }));
  return benchCase.variants.flatMap(({ label, ...setting }) =>
    chosen.map((client) => ({
      name: `${client.name}, ${label}`,
      client,
      setting: { ...benchCase, ...setting },
      runs: [],
    })),
  );
}

async function runCase(
  benchCase: BenchCase,
  nginx: Nginx,
  directory: string,
  options: BenchOptions,
): Promise<CaseResult> {
  process.stderr.write(`\n${benchCase.title}\n`);
  const entrants = entrantsOf(benchCase, options.clients);
  for (let round = 0; round < options.rounds; round++) {
    // There and back again: what gets slower or faster meanwhile does so for both of a pair.
    const turns = round % 2 === 0 ? entrants : entrants.toReversed();
    for (const { name, client, setting, runs } of turns) {
      const warmUpSeconds = setting.warmUpSeconds ?? 1;
      // A longer warm-up does not shorten what is measured.
      const target = { nginx, seconds: options.seconds + warmUpSeconds - 1, directory };
      const command = client.command(setting, target);
      if (command === undefined) continue;
      try {
        runs.push(await measure(command, target, warmUpSeconds));
      } catch (error) {
        process.stderr.write(`  ${name}: ${(error as Error).message}\n`);
      }
    }
  }
  const results = entrants
    .filter(({ runs }) => runs.length > 0)
    .map(({ name, runs }) => ({ client: name, runs, median: medianOf(runs) }));
  for (const { client, median } of results) {
    process.stderr.write(
      `  ${client.padEnd(18)} ${Math.round(median.requestsPerSecond).toLocaleString('en').padStart(9)} req/s ` +
        `${median.steadyCpuUsPerRequest.toFixed(2).padStart(8)} µs CPU/request ${median.peakMiB.toFixed(0).padStart(5)} MiB\n`,
    );
  }
  return { ...benchCase, results };
}

async function runAll(options: BenchOptions): Promise<BenchResults> {
  const absent = options.clients.map((client) => ({ name: client.name, reason: client.missing() }));
  const missing = Object.fromEntries(
    absent
      .filter((item): item is { name: string; reason: string } => item.reason !== undefined)
      .map(({ name, reason }) => [name, reason]),
  );
  const present = options.clients.filter((client) => !(client.name in missing));
  for (const [name, reason] of Object.entries(missing))
    process.stderr.write(`${name} does not take part: ${reason}\n`);
  const machine = describeMachine();
  const directory = mkdtempSync(path.join(tmpdir(), 'vayu-bench-'));
  const nginx = await startNginx();
  try {
    const results: CaseResult[] = [];
    for (const benchCase of options.cases)
      results.push(await runCase(benchCase, nginx, directory, { ...options, clients: present }));
    return {
      date: new Date().toISOString(),
      machine,
      seconds: options.seconds,
      rounds: options.rounds,
      versions: Object.fromEntries(present.map((client) => [client.name, client.version()])),
      missing,
      cases: results.filter((item) => item.results.length > 0),
    };
  } finally {
    await nginx.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** As the check of the formatting wants it. */
async function writeFormatted(file: string, text: string): Promise<void> {
  const style = (await resolveConfig(file)) ?? {};
  writeFileSync(file, await format(text, { ...style, filepath: file }));
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  const results = options.page
    ? (JSON.parse(readFileSync(resultsFile, 'utf8')) as BenchResults)
    : await runAll(options);
  if (options.json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`);
  process.stderr.write('\n');
  for (const claim of checkClaims(results)) {
    process.stderr.write(
      `${verdictOf(claim).padEnd(12)} ${claim.text}: ${figureOf(claim)} (${limitOf(claim)})\n`,
    );
  }
  if (!options.write) return;
  if (!options.page) await writeFormatted(resultsFile, JSON.stringify(results));
  await writeFormatted(pageFile, benchmarksPage(results));
  process.stderr.write(
    `Wrote ${path.relative(projectRoot, resultsFile)} and ${path.relative(projectRoot, pageFile)}\n`,
  );
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError) && (error as { code?: string }).code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION')
    throw error;
  process.stderr.write(`${(error as Error).message}\n\n${usage}\n`);
  process.exitCode = 2;
}
