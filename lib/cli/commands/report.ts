import type { Command } from 'commander';
import { decideExitCode } from '../exit-codes.js';
import { reportToCsv } from '../format/csv.js';
import { reportToJunit } from '../format/junit.js';
import { formatSummary } from '../format/summary.js';
import { outcomeOf } from '../format/verdict.js';
import { addOutputOptions } from '../options/output-options.js';
import { checkResultFiles, writeResultFiles } from '../result-files.js';
import { daemonCommand, type DaemonDialogue } from './daemon-command.js';

export function reportCommand(): Command {
  return daemonCommand({
    name: 'report',
    description: "Show the report of a daemon's load run",
    argument: ['<runId>', 'as "vayu runs" lists it'],
    addOptions: addOutputOptions,
    run: report,
    help: `
Examples:
  vayu report run_0199c2f0a7e17d3c
  vayu report run_0199c2f0a7e17d3c --out seconds.csv

The exit code is that of the run, as "vayu load" would have given it.`,
  });
}

async function report({ client, terminal, options }: DaemonDialogue<unknown>, runId: string): Promise<void> {
  const files = checkResultFiles(options.out);
  const stored = await client.report(runId);
  const outcome = outcomeOf(stored, false);
  const title = stored.comment ?? stored.mode;
  terminal.print(formatSummary(stored, { style: terminal.style, width: terminal.width, outcome, title }));
  if (options.json === true) terminal.printJson(stored);
  writeResultFiles(files, {
    json: () => `${JSON.stringify(stored, null, 2)}\n`,
    csv: () => reportToCsv(stored),
    xml: () => reportToJunit(stored, title, outcome.failuresJudgedByThreshold),
  });
  process.exitCode = decideExitCode(outcome);
}
