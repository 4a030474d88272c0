import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildProgram } from '../test/support/native-program.js';
import type { Nginx } from '../test/support/nginx.js';
import type { BenchCase } from './cases.js';
import { buildOwnProgram } from './own-program.js';

const benchDirectory = path.dirname(fileURLToPath(import.meta.url));
const projectRoot = path.resolve(benchDirectory, '..');

export interface RunTarget {
  nginx: Nginx;
  /** How long the client sends, warm-up included. */
  seconds: number;
  /** For files that a client needs. */
  directory: string;
}

export interface BenchClient {
  name: string;
  /** Why it is not there; undefined when it is. */
  missing(): string | undefined;
  version(): string;
  /** Command line for a case, or undefined when the client cannot do it. */
  command(benchCase: BenchCase, target: RunTarget): string[] | undefined;
}

const lightScript = `pm.test('status is 200', () => pm.response.to.have.status(200));`;
const heavyScript = `let sum = 0;
for (let i = 0; i < 20000; i++) sum = (sum + i * i) % 1000003;
pm.test('work is done', () => pm.expect(sum).to.be.a('number'));`;

/**
 * What ours sends by itself beside Host. The peers are told to send the same: three more fields cost nginx, which shares the machine's cores
 * with the client, as much as they cost whoever writes them.
 */
const headerArguments = Object.entries({
  Accept: '*/*',
  'Accept-Encoding': 'deflate, gzip, br, zstd',
  'User-Agent': 'vayu-engine/0.1.0',
}).flatMap(([name, value]) => ['-H', `${name}: ${value}`]);

function urlOf(benchCase: BenchCase, nginx: Nginx): string {
  return `${benchCase.protocol === 'http' ? nginx.url : nginx.tlsUrl}${benchCase.path}`;
}

function onPath(program: string): () => string | undefined {
  return () => {
    try {
      execFileSync('which', [program], { stdio: 'ignore' });
      return undefined;
    } catch {
      return `${program} is not installed`;
    }
  };
}

/** First line of what the program says about itself; some exit with an error while they do. */
function says(program: string, args: string[], pattern: RegExp): string {
  let output: string;
  try {
    output = execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    output = `${stdout ?? ''}${stderr ?? ''}`;
  }
  return pattern.exec(output)?.[0] ?? '';
}

function debianVersion(packageName: string): string {
  try {
    return execFileSync('dpkg-query', ['-W', '-f=${Version}', packageName], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}

function ours(name: string, transport: 'auto' | 'curl'): BenchClient {
  const main = path.join(projectRoot, 'dist', 'cli', 'main.js');
  return {
    name,
    missing: () => (existsSync(main) ? undefined : 'dist is not built: npm run setup'),
    version: () => says(process.execPath, [main, '--version'], /\d+\.\d+\.\d+\S*/),
    command: (benchCase, { nginx, seconds, directory }) => {
      const file = path.join(
        directory,
        `${name}-${benchCase.name}-${benchCase.connections}-${benchCase.workers ?? 1}.json`,
      );
      const body =
        benchCase.bodyBytes === undefined
          ? {}
          : { body: { mode: 'text', content: 'x'.repeat(benchCase.bodyBytes) } };
      const script = benchCase.check && {
        postRequestScript: benchCase.check === 'light' ? lightScript : heavyScript,
      };
      const pace =
        benchCase.rate === undefined
          ? { mode: 'constant', concurrency: benchCase.connections }
          : { mode: 'constant', targetRps: benchCase.rate, maxInFlight: benchCase.connections };
      writeFileSync(
        file,
        JSON.stringify({
          request: {
            method: benchCase.bodyBytes === undefined ? 'GET' : 'POST',
            url: urlOf(benchCase, nginx),
            httpVersion: benchCase.protocol === 'h2' ? '2' : 'auto',
            ...(benchCase.protocol === 'http' ? {} : { caFile: nginx.caFile }),
            ...body,
            ...script,
          },
          ...pace,
          duration: seconds,
          transport,
          ...(benchCase.streams !== undefined && { streamsPerConnection: benchCase.streams }),
        }),
      );
      return [process.execPath, main, 'load', file, '--json', '--workers', String(benchCase.workers ?? 1)];
    },
  };
}

/** The library alone, with everything recorded or only counted. Takes part where a case names it. */
function library(recording: 'full' | 'counters'): BenchClient {
  const index = path.join(projectRoot, 'dist', 'index.js');
  return {
    name: `library-${recording}`,
    missing: () => (existsSync(index) ? undefined : 'dist is not built: npm run setup'),
    version: () => '',
    command: (benchCase, { nginx, seconds }) => {
      if (benchCase.name !== 'recording') return undefined;
      const program = path.join(benchDirectory, 'engine-run.mjs');
      const { connections } = benchCase;
      return [
        process.execPath,
        program,
        urlOf(benchCase, nginx),
        String(connections),
        String(seconds),
        recording,
      ];
    },
  };
}

const wrk: BenchClient = {
  name: 'wrk',
  missing: onPath('wrk'),
  version: () => says('wrk', ['-v'], /wrk \S+/),
  command: (benchCase, { nginx, seconds }) => {
    if (benchCase.protocol === 'h2' || benchCase.rate !== undefined) return undefined;
    const script = benchCase.bodyBytes !== undefined ? 'post.lua' : benchCase.check ? 'check.lua' : undefined;
    const scriptArgs = script === undefined ? [] : ['-s', path.join(benchDirectory, 'wrk', script)];
    return [
      'wrk',
      '-t1',
      `-c${benchCase.connections}`,
      `-d${seconds}s`,
      ...headerArguments,
      ...scriptArgs,
      urlOf(benchCase, nginx),
    ];
  },
};

const h2load: BenchClient = {
  name: 'h2load',
  missing: onPath('h2load'),
  version: () => says('h2load', ['--version'], /nghttp2\/\S+/),
  command: (benchCase, { nginx, seconds, directory }) => {
    if (benchCase.check || benchCase.rate !== undefined) return undefined;
    const body: string[] = [];
    if (benchCase.bodyBytes !== undefined) {
      const file = path.join(directory, 'body');
      writeFileSync(file, 'x'.repeat(benchCase.bodyBytes));
      body.push('-d', file);
    }
    const { connections, streams } = benchCase;
    const shape =
      streams === undefined ? ['--h1', `-c${connections}`] : [`-c${connections / streams}`, `-m${streams}`];
    return [
      'h2load',
      '-t1',
      ...shape,
      '-D',
      String(seconds),
      ...headerArguments,
      ...body,
      urlOf(benchCase, nginx),
    ];
  },
};

const ab: BenchClient = {
  name: 'ab',
  missing: onPath('ab'),
  version: () => says('ab', ['-V'], /Version \S+/),
  command: (benchCase, { nginx, seconds, directory }) => {
    if (
      benchCase.protocol === 'h2' ||
      benchCase.check ||
      benchCase.rate !== undefined ||
      benchCase.connections > 1000
    )
      return undefined;
    const body: string[] = [];
    if (benchCase.bodyBytes !== undefined) {
      const file = path.join(directory, 'body');
      writeFileSync(file, 'x'.repeat(benchCase.bodyBytes));
      body.push('-p', file, '-T', 'text/plain');
    }
    // `-t` sets a limit of 50 000 requests, `-n` behind it lifts that; it allocates 32 bytes for each.
    return [
      'ab',
      '-q',
      '-k',
      '-c',
      String(benchCase.connections),
      '-t',
      String(seconds),
      '-n',
      String(300_000 * seconds),
      ...headerArguments,
      ...body,
      urlOf(benchCase, nginx),
    ];
  },
};

const hey: BenchClient = {
  name: 'hey',
  missing: onPath('hey'),
  version: () => debianVersion('hey'),
  command: (benchCase, { nginx, seconds }) => {
    if (benchCase.protocol === 'h2' || benchCase.check) return undefined;
    const body =
      benchCase.bodyBytes === undefined ? [] : ['-m', 'POST', '-d', 'x'.repeat(benchCase.bodyBytes)];
    // Its rate is per connection.
    const rate = benchCase.rate === undefined ? [] : ['-q', String(benchCase.rate / benchCase.connections)];
    return [
      'hey',
      '-cpus',
      '1',
      '-z',
      `${seconds}s`,
      '-c',
      String(benchCase.connections),
      ...rate,
      ...headerArguments,
      ...body,
      urlOf(benchCase, nginx),
    ];
  },
};

const autocannonProgram = path.join(projectRoot, 'node_modules', 'autocannon', 'autocannon.js');
const autocannon: BenchClient = {
  name: 'autocannon',
  missing: () => (existsSync(autocannonProgram) ? undefined : 'autocannon is not installed'),
  version: () => says(process.execPath, [autocannonProgram, '--version'], /v?\d+\.\d+\.\d+/),
  command: (benchCase, { nginx, seconds }) => {
    if (benchCase.protocol === 'h2' || benchCase.check) return undefined;
    const body =
      benchCase.bodyBytes === undefined ? [] : ['-m', 'POST', '-b', 'x'.repeat(benchCase.bodyBytes)];
    const rate = benchCase.rate === undefined ? [] : ['-R', String(benchCase.rate)];
    return [
      process.execPath,
      autocannonProgram,
      '-n',
      '-c',
      String(benchCase.connections),
      '-d',
      String(seconds),
      ...rate,
      ...headerArguments,
      ...body,
      urlOf(benchCase, nginx),
    ];
  },
};

function unlessBuilt(source: string, build: () => unknown): BenchClient['missing'] {
  return () => {
    try {
      build();
      return undefined;
    } catch {
      return `${source} cannot be compiled`;
    }
  };
}

/** A program of bench/native, compiled when it is asked for. */
function bare(
  name: string,
  source: string,
  libraries: string[],
  options: (benchCase: BenchCase, nginx: Nginx) => string[] | undefined,
): BenchClient {
  return {
    name,
    missing: unlessBuilt(source, () => buildProgram(source, libraries)),
    version: () => (libraries.includes('curl') ? says('curl-config', ['--version'], /libcurl \S+/) : ''),
    command: (benchCase, { nginx, seconds }) => {
      if (benchCase.check || benchCase.rate !== undefined) return undefined;
      const further = options(benchCase, nginx);
      return (
        further && [
          buildProgram(source, libraries),
          urlOf(benchCase, nginx),
          String(benchCase.connections),
          String(seconds),
          ...further,
        ]
      );
    },
  };
}

const bareCurl = bare('bare libcurl', 'bench/native/bare_curl.cc', ['curl'], (benchCase, nginx) => [
  ...(benchCase.protocol === 'h2' ? ['--http2'] : []),
  ...(benchCase.protocol === 'http' ? [] : ['--ca', nginx.caFile]),
  ...(benchCase.bodyBytes === undefined ? [] : ['--body', String(benchCase.bodyBytes)]),
]);

const bareEpoll = bare('bare epoll', 'bench/native/bare_epoll.cc', [], (benchCase) =>
  benchCase.protocol === 'http' && benchCase.bodyBytes === undefined ? [] : undefined,
);

/**
 * The native engine without Node.js around it, on libcurl's transfers: what is to be compared with a bare loop of libcurl's, which has no
 * Node.js around it either.
 */
const engineCurl: BenchClient = {
  name: 'engine-curl',
  missing: unlessBuilt('bench/native/load_bench.cc', () => buildOwnProgram('load_bench')),
  version: () => '',
  command: (benchCase, { nginx, seconds }) =>
    benchCase.name === 'tiny'
      ? [
          buildOwnProgram('load_bench'),
          urlOf(benchCase, nginx),
          String(benchCase.connections),
          String(seconds),
          'full',
          'curl',
        ]
      : undefined,
};

/** In the order of turns and tables: whoever is compared stands side by side, because the machine's speed changes within a minute. */
export const clients: BenchClient[] = [
  autocannon,
  ours('vayu', 'auto'),
  wrk,
  h2load,
  ab,
  bareEpoll,
  hey,
  ours('vayu-curl', 'curl'),
  engineCurl,
  bareCurl,
  library('full'),
  library('counters'),
];
