import { Command, Option } from 'commander';
import { parseHttpRequest } from '../../model/http-request.js';
import type { DesignResult } from '../../model/report.js';
import { openBackend, type Backend } from '../backend.js';
import { CliError } from '../cli-error.js';
import { tellError } from '../error-message.js';
import { exitCodes } from '../exit-codes.js';
import { formatExchange, hasFailed, type RequestOutcome } from '../format/exchange.js';
import { outcomesToCsv, outcomesToJunit } from '../format/outcomes.js';
import { applyRequestOptions } from '../input/request-input.js';
import { readRequestTexts, readTarget } from '../input/read-request.js';
import { requestOf } from '../input/request-document.js';
import { checkUrl } from '../input/target.js';
import { watchInterruption } from '../interruption.js';
import {
  addDaemonOptions,
  addOutputOptions,
  type DaemonOptions,
  type OutputOptions,
} from '../options/output-options.js';
import { addRequestOptions, type RequestOptions } from '../options/request-options.js';
import { checkResultFiles, writeResultFiles } from '../result-files.js';
import { Terminal } from '../terminal.js';

type Options = RequestOptions & OutputOptions & DaemonOptions & { verbose?: boolean; iterationData?: string };

export function runCommand(): Command {
  const command = new Command('run')
    .description('Send one request, run its scripts and show the response')
    .argument('<target>', 'URL, JSON file, or - for JSON on standard input')
    .helpOption('-h, --help', 'show this help');
  addRequestOptions(command);
  command.addOption(
    new Option(
      '--iteration-data <file>',
      'CSV or JSON rows: the request is sent once for each, for {{column}} and pm.iterationData',
    ).helpGroup('Request:'),
  );
  addOutputOptions(command);
  command.addOption(
    new Option('-v, --verbose', 'also show the headers of request and response').helpGroup('Output:'),
  );
  addDaemonOptions(command, false);
  return command.action(run).addHelpText('after', examples);
}

const examples = `
Examples:
  vayu run http://127.0.0.1:8080/
  vayu run request.json
  vayu run -v -m PUT -d '{"name":"a"}' http://127.0.0.1:8080/items/1
  vayu run --script check.js --var user=ann http://127.0.0.1:8080/users/{{user}}
  echo '{"url":"http://127.0.0.1:8080/"}' | vayu run -

A request without tests fails where its status is 400 or above; one with tests fails where a test does.
Exit codes: 0 fine; 1 the request or a test failed; 2 usage or configuration; 130 interrupted.`;

async function run(target: string, options: Options): Promise<void> {
  const terminal = new Terminal(options);
  const files = checkResultFiles(options.out);
  const { document, name } = await readTarget(target);
  const request = applyRequestOptions(requestOf(document), options, await readRequestTexts(options));
  const { url } = parseHttpRequest(request);
  if (url !== undefined) checkUrl(url);
  const backend = await openBackend(options);
  try {
    const results: DesignResult[] = [];
    const outcomes: RequestOutcome[] = [];
    for await (const iterationData of rowsOf(options.iterationData)) {
      const started = performance.now();
      const result = await executeInterruptibly(backend, { ...request, ...iterationData });
      results.push(result);
      outcomes.push({ name, result, elapsedMs: performance.now() - started });
      terminal.print(
        formatExchange(result, {
          style: terminal.style,
          width: terminal.width,
          verbose: options.verbose === true,
        }),
      );
    }
    const output = options.iterationData === undefined ? results[0] : results;
    if (options.json === true) terminal.printJson(output);
    writeResultFiles(files, {
      json: () => `${JSON.stringify(output, null, 2)}\n`,
      csv: () => outcomesToCsv(outcomes),
      xml: () => outcomesToJunit(outcomes),
    });
    process.exitCode = outcomes.some(hasFailed) ? exitCodes.failed : exitCodes.ok;
  } catch (error) {
    const { code, lines } = tellError(error);
    const outcome: RequestOutcome = { name, error: { code, message: lines.join('; ') }, elapsedMs: 0 };
    writeResultFiles(
      files.filter(({ format }) => format === 'xml'),
      { json: () => '', csv: () => '', xml: () => outcomesToJunit([outcome]) },
    );
    throw error;
  } finally {
    await backend.close();
  }
}

/** Fields to send with each request: one request without a file of rows, else one for each of them. */
async function* rowsOf(
  file: string | undefined,
): AsyncGenerator<{ iterationData?: Record<string, unknown> }> {
  if (file === undefined) {
    yield {};
    return;
  }
  // Loaded on demand, as the backends are.
  const { openData, readRow } = await import('../../engine/data.js');
  const data = await openData(file);
  for (let row = 0; row < data.rows; row++) yield { iterationData: readRow(data, row) };
}

async function executeInterruptibly(
  backend: Backend,
  request: Record<string, unknown>,
): Promise<DesignResult> {
  const interruption = watchInterruption(
    () => void backend.close(),
    () => undefined,
  );
  try {
    return await backend.execute(request);
  } catch (error) {
    if (interruption.interrupted) throw new CliError('interrupted', exitCodes.interrupted, 'interrupted');
    throw error;
  } finally {
    interruption.end();
  }
}
