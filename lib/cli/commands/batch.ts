import { Command, Option } from 'commander';
import { parseHttpRequest } from '../../model/http-request.js';
import { openBackend, type Backend } from '../backend.js';
import { CliError } from '../cli-error.js';
import { tellError } from '../error-message.js';
import { exitCodes } from '../exit-codes.js';
import { formatBatchLine, formatBatchTotals, hasFailed, type RequestOutcome } from '../format/exchange.js';
import { outcomesToCsv, outcomesToJunit } from '../format/outcomes.js';
import { readJsonInput } from '../input/files.js';
import { requestOf } from '../input/request-document.js';
import { asObject, variablesOf, vaultOf } from '../input/request-input.js';
import { checkUrl } from '../input/target.js';
import { watchInterruption, type Interruption } from '../interruption.js';
import {
  addDaemonOptions,
  addOutputOptions,
  type DaemonOptions,
  type OutputOptions,
} from '../options/output-options.js';
import { vaultOption } from '../options/request-options.js';
import { repeatedAssignment, wholeNumber } from '../options/values.js';
import { checkResultFiles, writeResultFiles } from '../result-files.js';
import { Terminal } from '../terminal.js';

interface Options extends OutputOptions, DaemonOptions {
  concurrency: number;
  var?: [string, string][];
  env?: string;
  vaultFile?: string;
}

interface Entry {
  name: string;
  request: Record<string, unknown>;
}

export function batchCommand(): Command {
  const command = new Command('batch')
    .description('Send the requests of many JSON files, several at once, and sum up')
    .argument('<files...>', 'JSON files, each a request or an array of requests; - for standard input')
    .helpOption('-h, --help', 'show this help')
    .addOption(
      new Option('-c, --concurrency <n>', 'requests at once').argParser(wholeNumber(1, 10_000)).default(10),
    )
    .addOption(
      new Option('--var <name=value>', 'value of {{name}}; may be repeated').argParser(repeatedAssignment),
    )
    .addOption(new Option('--env <file>', 'JSON file of variables: an object, or a Postman environment'))
    .addOption(vaultOption());
  addOutputOptions(command);
  addDaemonOptions(command, false);
  return command.action(batch).addHelpText('after', examples);
}

const examples = `
Examples:
  vayu batch requests/*.json
  vayu batch --concurrency 20 --env staging.json requests/*.json
  vayu batch requests/*.json --out junit.xml --out requests.csv

Exit codes: 0 fine; 1 a request or test failed; 2 usage or configuration; 130 interrupted.`;

async function batch(paths: string[], options: Options): Promise<void> {
  const terminal = new Terminal(options);
  const files = checkResultFiles(options.out);
  const entries = await readEntries(paths, options);
  const backend = await openBackend({ ...options, concurrency: options.concurrency });
  const interruption = watchInterruption(
    () => void backend.close(),
    () => undefined,
  );
  try {
    const started = performance.now();
    const outcomes = await sendAll(backend, entries, options.concurrency, interruption, (outcome) => {
      terminal.print([formatBatchLine(outcome, terminal.style)]);
    });
    const elapsedMs = performance.now() - started;
    terminal.print(['', ...formatBatchTotals(outcomes, elapsedMs, terminal.style)]);
    const failed = outcomes.filter(hasFailed).length;
    const document = {
      total: outcomes.length,
      succeeded: outcomes.length - failed,
      failed,
      elapsedMs,
      results: outcomes,
    };
    if (options.json === true) terminal.printJson(document);
    writeResultFiles(files, {
      json: () => `${JSON.stringify(document, null, 2)}\n`,
      csv: () => outcomesToCsv(outcomes),
      xml: () => outcomesToJunit(outcomes),
    });
    if (interruption.interrupted) process.exitCode = exitCodes.interrupted;
    else process.exitCode = failed > 0 ? exitCodes.failed : exitCodes.ok;
  } finally {
    interruption.end();
    await backend.close();
  }
}

/** All files, read and checked before anything is sent. Every fault of every file is told. */
async function readEntries(paths: readonly string[], options: Options): Promise<Entry[]> {
  const environment =
    options.env === undefined ? {} : variablesOf(await readJsonInput(options.env), options.env);
  const vault =
    options.vaultFile === undefined
      ? undefined
      : vaultOf(await readJsonInput(options.vaultFile), options.vaultFile);
  const shared = { ...environment, ...Object.fromEntries(options.var ?? []) };
  const entries: Entry[] = [];
  const faults: string[] = [];
  for (const path of paths) {
    try {
      for (const entry of entriesOf(path, await readJsonInput(path))) {
        const own = entry.request['variables'];
        const variables = { ...(typeof own === 'object' ? own : {}), ...shared };
        const request = {
          ...entry.request,
          ...(Object.keys(variables).length === 0 ? {} : { variables }),
          ...(vault === undefined ? {} : { vault: { ...asObject(entry.request['vault']), ...vault } }),
        };
        const { url } = parseHttpRequest(request);
        if (url !== undefined) checkUrl(url);
        entries.push({ name: entry.name, request });
      }
    } catch (error) {
      const { lines } = tellError(error);
      faults.push(...lines.map((line) => (line.startsWith(path) ? line : `${path}: ${line}`)));
    }
  }
  if (faults.length > 0) throw new CliError(faults.join('\n'));
  return entries;
}

function entriesOf(path: string, document: unknown): Entry[] {
  const documents: unknown[] = Array.isArray(document) ? document : [document];
  return documents.map((one, index) => {
    const name = Array.isArray(document) ? `${path}[${index}]` : path;
    if (typeof one !== 'object' || one === null || Array.isArray(one)) {
      throw new CliError(`${name}: expected an object that describes a request, got ${JSON.stringify(one)}`);
    }
    return { name, request: requestOf(one as Record<string, unknown>) };
  });
}

/** Results in the order of the entries; `onDone` is called in the order in which they come. */
async function sendAll(
  backend: Backend,
  entries: readonly Entry[],
  concurrency: number,
  interruption: Interruption,
  onDone: (outcome: RequestOutcome) => void,
): Promise<RequestOutcome[]> {
  const outcomes: RequestOutcome[] = [];
  let next = 0;
  const sendNext = async (): Promise<void> => {
    for (;;) {
      const index = next;
      next += 1;
      const entry = entries[index];
      if (entry === undefined) return;
      const outcome = interruption.interrupted
        ? { name: entry.name, error: { code: 'interrupted', message: 'not sent: interrupted' }, elapsedMs: 0 }
        : await send(backend, entry);
      outcomes[index] = outcome;
      onDone(outcome);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, entries.length) }, sendNext));
  return outcomes;
}

async function send(backend: Backend, { name, request }: Entry): Promise<RequestOutcome> {
  const started = performance.now();
  try {
    const result = await backend.execute(request);
    return { name, result, elapsedMs: performance.now() - started };
  } catch (error) {
    const { code, lines } = tellError(error);
    return { name, error: { code, message: lines.join('; ') }, elapsedMs: performance.now() - started };
  }
}
