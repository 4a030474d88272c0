import { Command, Option } from 'commander';
import type { RunInfo } from '../../client/types.js';
import { runStatuses, type RunStatus } from '../../model/report.js';
import { connectDaemon } from '../daemon-backend.js';
import { formatTable } from '../format/table.js';
import { formatElapsed } from '../format/units.js';
import {
  addColorOption,
  addDaemonOptions,
  addJsonOption,
  type DaemonOptions,
  type OutputOptions,
} from '../options/output-options.js';
import { wholeNumber } from '../options/values.js';
import { Terminal } from '../terminal.js';

interface Options extends OutputOptions, DaemonOptions {
  limit: number;
  status?: RunStatus;
  type?: 'design' | 'load';
}

export function runsCommand(): Command {
  const command = new Command('runs')
    .description("List a daemon's runs, newest first")
    .helpOption('-h, --help', 'show this help')
    .addOption(new Option('--limit <n>', 'how many').argParser(wholeNumber(1, 1000)).default(20))
    .addOption(new Option('--status <status>', 'only runs of this status').choices(runStatuses))
    .addOption(new Option('--type <type>', 'only runs of this type').choices(['design', 'load']));
  addDaemonOptions(command, true);
  addColorOption(addJsonOption(command));
  return command.action(runs).addHelpText(
    'after',
    `
Examples:
  vayu runs
  vayu runs --type load --status completed --json`,
  );
}

async function runs(options: Options): Promise<void> {
  const terminal = new Terminal(options);
  const { limit, status, type } = options;
  const list = await connectDaemon(options.daemon, options.token).runs({
    limit,
    ...(status === undefined ? {} : { status }),
    ...(type === undefined ? {} : { type }),
  });
  if (options.json === true) terminal.printJson(list);
  if (list.length === 0) terminal.note('No runs.');
  else terminal.print(formatRunList(list));
}

export function formatRunList(list: readonly RunInfo[]): string[] {
  const rows = list.map((run) => [
    run.id,
    run.type,
    run.status,
    new Date(run.startTime).toISOString().replace('T', ' ').slice(0, 19),
    run.endTime === null ? '' : formatElapsed(run.endTime - run.startTime),
  ]);
  return formatTable(
    [['run', 'type', 'status', 'started (UTC)', 'took'], ...rows],
    ['left', 'left', 'left', 'left', 'right'],
  );
}
