import { Option, type Command } from 'commander';
import type { RunInfo } from '../../client/types.js';
import { runStatuses, type RunStatus } from '../../model/report.js';
import { formatTable } from '../format/table.js';
import { formatElapsed } from '../format/units.js';
import { addColorOption, addJsonOption } from '../options/output-options.js';
import { wholeNumber } from '../options/values.js';
import { daemonCommand, type DaemonDialogue } from './daemon-command.js';

interface Options {
  limit: number;
  status?: RunStatus;
  type?: 'design' | 'load';
}

export function runsCommand(): Command {
  return daemonCommand<Options>({
    name: 'runs',
    description: "List a daemon's runs, newest first",
    addOptions: (command) => {
      command
        .addOption(new Option('--limit <n>', 'how many').argParser(wholeNumber(1, 1000)).default(20))
        .addOption(new Option('--status <status>', 'only runs of this status').choices(runStatuses))
        .addOption(new Option('--type <type>', 'only runs of this type').choices(['design', 'load']));
      addColorOption(addJsonOption(command));
    },
    run: runs,
    help: `
Examples:
  vayu runs
  vayu runs --type load --status completed --json`,
  });
}

async function runs({ client, terminal, options }: DaemonDialogue<Options>): Promise<void> {
  const { limit, status, type } = options;
  const list = await client.runs({
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
