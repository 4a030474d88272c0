import { Command, Option } from 'commander';
import type { Report } from '../../model/report.js';
import { parseRunConfig, type RunConfig } from '../../model/run-config.js';
import { openBackend, type Backend } from '../backend.js';
import { CliError } from '../cli-error.js';
import { decideExitCode, exitCodes } from '../exit-codes.js';
import { reportToCsv } from '../format/csv.js';
import { reportToJunit } from '../format/junit.js';
import { describeLoad } from '../format/load-title.js';
import { formatSummary } from '../format/summary.js';
import { outcomeOf } from '../format/verdict.js';
import { buildLoadInput } from '../input/load-input.js';
import { readRequestTexts, readTarget } from '../input/read-request.js';
import { checkUrl } from '../input/target.js';
import { watchInterruption } from '../interruption.js';
import { addLoadOptions, type LoadOptions } from '../options/load-options.js';
import {
  addDaemonOptions,
  addOutputOptions,
  type DaemonOptions,
  type OutputOptions,
} from '../options/output-options.js';
import { addRequestOptions, type RequestOptions } from '../options/request-options.js';
import { looksLikeDuration } from '../options/times.js';
import { wholeNumber } from '../options/values.js';
import { ProgressDisplay } from '../progress-display.js';
import { checkResultFiles, writeResultFiles } from '../result-files.js';
import { Terminal } from '../terminal.js';

type Options = LoadOptions &
  RequestOptions &
  OutputOptions &
  DaemonOptions & { workers?: number; progress: boolean };

export function loadCommand(): Command {
  const command = new Command('load')
    .description('Load a URL, or the run of a JSON file, and report what it bore')
    .argument('<target>', 'URL, JSON file, or - for JSON on standard input')
    .helpOption('-h, --help', 'show this help');
  addLoadOptions(command);
  command.addOption(
    new Option('--workers <n>', 'threads that send requests (default: one per core)')
      .argParser(wholeNumber(0, 1024))
      .helpGroup('Load:'),
  );
  addRequestOptions(command);
  addOutputOptions(command);
  command.addOption(new Option('--no-progress', 'no live display').helpGroup('Output:'));
  addDaemonOptions(command, false);
  return command.action(load).addHelpText('after', examples);
}

const examples = `
Examples:
  vayu load http://127.0.0.1:8080/                        10 seconds, 50 connections
  vayu load -z 30s -c 200 http://127.0.0.1:8080/          30 seconds, 200 connections
  vayu load -n 10000 -c 20 http://127.0.0.1:8080/         10000 requests
  vayu load -q 500 -z 1m http://127.0.0.1:8080/           500 requests per second
  vayu load --stages 30s:100,1m:~500 http://127.0.0.1:8080/
  vayu load -m POST -d '{"a":1}' -H 'X-Key: 1' http://127.0.0.1:8080/
  vayu load --script check.js --threshold 'p99<200ms' http://127.0.0.1:8080/
  vayu load run.json --out report.json --out junit.xml

Exit codes: 0 fine; 1 a request or test failed; 2 usage or configuration; 99 a threshold failed; 130 interrupted.`;

async function load(target: string, options: Options): Promise<void> {
  const terminal = new Terminal(options);
  const files = checkResultFiles(options.out);
  const { document } = await readTarget(target);
  const input = buildLoadInput(document, options, await readRequestTexts(options));
  const config = parseRunConfig(input);
  if (config.request.url !== undefined) checkUrl(config.request.url);
  giveHints(config, options, terminal);
  const backend = await openBackend({
    ...options,
    ...(config.concurrency === undefined ? {} : { concurrency: config.concurrency }),
  });
  try {
    const { report, interrupted } = await carryOut(backend, input, config, options, terminal);
    const outcome = outcomeOf(report, interrupted);
    const title = describeLoad(config);
    terminal.print(formatSummary(report, { style: terminal.style, width: terminal.width, outcome, title }));
    if (options.json === true) terminal.printJson(report);
    writeResultFiles(files, {
      json: () => `${JSON.stringify(report, null, 2)}\n`,
      csv: () => reportToCsv(report),
      xml: () => reportToJunit(report, title, outcome.failuresJudgedByThreshold),
    });
    process.exitCode = decideExitCode(outcome);
  } finally {
    await backend.close();
  }
}

async function carryOut(
  backend: Backend,
  input: Record<string, unknown>,
  config: RunConfig,
  options: Options,
  terminal: Terminal,
): Promise<{ report: Report; interrupted: boolean }> {
  const shown = options.progress && options.quiet !== true && (options.json !== true || process.stderr.isTTY);
  const display = shown ? new ProgressDisplay(process.stderr, terminal.errorStyle) : undefined;
  display?.say(terminal.errorStyle.dim(describeLoad(config)));
  const run = await backend.startRun(input, display);
  const interruption = watchInterruption(
    () => {
      display?.say('Stopping; press Ctrl-C again to end at once.');
      run.stop();
    },
    () => display?.end(),
  );
  try {
    const report = await run.done;
    return { report, interrupted: interruption.interrupted };
  } catch (error) {
    if (interruption.interrupted) throw new CliError('interrupted', exitCodes.interrupted, 'interrupted');
    throw error;
  } finally {
    display?.end();
    interruption.end();
  }
}

function giveHints(config: RunConfig, options: Options, terminal: Terminal): void {
  for (const warning of config.warnings) terminal.warn(warning);
  const [body] = options.data ?? [];
  if (body !== undefined && options.data?.length === 1 && looksLikeDuration(body)) {
    terminal.warn(`-d ${body} is sent as the body of each request; a duration is given as -z ${body}`);
  }
}
