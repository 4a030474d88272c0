import { Option, type Command } from 'commander';
import { dataModes, type DataMode } from '../../model/run-config.js';
import { durationMs, stages, type StageText } from './times.js';
import { positiveNumber, repeated, wholeNumber } from './values.js';

/** What the options that describe a load hold after parsing. */
export interface LoadOptions {
  concurrency?: number;
  duration?: number;
  requests?: number;
  rps?: number;
  rate?: number;
  stages?: StageText[];
  ramp?: 'step' | 'linear';
  rampUp?: number;
  startConcurrency?: number;
  startRps?: number;
  maxInFlight?: number;
  arrival?: 'uniform' | 'poisson';
  burst?: number;
  seed?: number;
  transport?: 'auto' | 'curl' | 'wire';
  streams?: number;
  grace?: number;
  threshold?: string[];
  sampleRate?: number;
  slow?: number;
  comment?: string;
  iterationData?: string;
  dataMode?: DataMode;
  dataEnd?: 'wrap' | 'stop';
}

/** Adds the options that describe a load, named as in hey, oha and wrk. */
export function addLoadOptions(command: Command): Command {
  const load = [
    new Option(
      '-c, --concurrency <n>',
      'connections that send one request after another (default: 50)',
    ).argParser(wholeNumber(1, 1_000_000)),
    new Option('-z, --duration <time>', 'how long, as 10s, 5m, 1h or in seconds (default: 10s)').argParser(
      durationMs(),
    ),
    new Option('-n, --requests <n>', 'how many requests, instead of a duration').argParser(wholeNumber(1)),
    new Option(
      '-q, --rps <rate>',
      'requests per second, due at fixed instants whatever the server does',
    ).argParser(positiveNumber()),
    new Option('--rate <rate>', 'the same').argParser(positiveNumber()).hideHelp(),
    new Option(
      '--stages <list>',
      'rates one after another: 30s:100,1m:500; 30s:~500 rises in a line',
    ).argParser(stages),
    new Option('--ramp <kind>', 'how a stage gets to its rate').choices(['step', 'linear']),
    new Option('--ramp-up <time>', 'rise to the concurrency or rate over this time').argParser(durationMs()),
    new Option('--start-concurrency <n>', 'where the rise begins').argParser(wholeNumber(0, 1_000_000)),
    new Option('--start-rps <rate>', 'where the rise begins').argParser(positiveNumber({ zero: true })),
    new Option(
      '--max-in-flight <n>',
      'requests due while this many are in flight are dropped and counted (default: 10000, or -c)',
    ).argParser(wholeNumber(1, 1_000_000)),
    new Option('--arrival <kind>', 'spacing of requests at a rate').choices(['uniform', 'poisson']),
    new Option('--burst <n>', 'late requests that may be sent at once; 0 is no limit').argParser(
      wholeNumber(0),
    ),
    new Option('--seed <n>', 'seed of random arrivals').argParser(wholeNumber(0)),
    new Option('--grace <time>', 'time for requests in flight at the end (default: 5s)').argParser(
      durationMs(0),
    ),
    new Option('--transport <name>', 'how requests are carried').choices(['auto', 'curl', 'wire']),
    new Option('--streams <n>', 'HTTP/2: requests at a time on one connection (default: 32)').argParser(
      wholeNumber(1, 10_000),
    ),
    new Option(
      '--iteration-data <file>',
      'CSV or JSON rows, one for each request, for {{column}} and pm.iterationData',
    ),
    new Option(
      '--data-mode <mode>',
      'rows in order, shuffled by the seed, or one for each virtual user',
    ).choices(dataModes),
    new Option('--data-end <what>', 'after the last row: begin again, or stop (default: wrap)').choices([
      'wrap',
      'stop',
    ]),
  ];
  for (const option of load) command.addOption(option.helpGroup('Load:'));
  const verdict = [
    new Option(
      '--threshold <condition>',
      'condition for success, as p99<200ms or error_rate<1%; may be repeated',
    ).argParser(repeated),
    new Option('--slow <ms>', 'a response above this is counted as slow (default: 1000)').argParser(
      positiveNumber({ zero: true }),
    ),
    new Option(
      '--sample-rate <percent>',
      'share of successful responses that may be kept as examples (default: 100)',
    ).argParser(positiveNumber({ zero: true })),
    new Option('--comment <text>', 'kept with the run'),
  ];
  for (const option of verdict) command.addOption(option.helpGroup('Verdict:'));
  return command;
}
