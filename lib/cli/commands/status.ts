import { Command } from 'commander';
import { connectDaemon } from '../daemon-backend.js';
import { formatTable } from '../format/table.js';
import { formatElapsed, plural } from '../format/units.js';
import {
  addColorOption,
  addDaemonOptions,
  addJsonOption,
  type DaemonOptions,
  type OutputOptions,
} from '../options/output-options.js';
import { Terminal } from '../terminal.js';

type Options = OutputOptions & DaemonOptions;

export function statusCommand(): Command {
  const command = new Command('status')
    .description('Show whether a daemon runs, and what it does')
    .helpOption('-h, --help', 'show this help');
  addDaemonOptions(command, true);
  addColorOption(addJsonOption(command));
  return command.action(status).addHelpText(
    'after',
    `
Examples:
  vayu status
  vayu status --daemon http://127.0.0.1:9000 --json

Exit codes: 0 a daemon answers; 2 none does.`,
  );
}

async function status(options: Options): Promise<void> {
  const terminal = new Terminal(options);
  const client = connectDaemon(options.daemon, options.token);
  const [health, active] = await Promise.all([
    client.health(),
    client.runs({ status: 'running', limit: 20 }),
  ]);
  if (options.json === true) terminal.printJson({ ...health, url: client.baseUrl, activeRuns: active });
  terminal.print([
    `${terminal.style.green(terminal.style.bold('running'))}  ${client.baseUrl}`,
    ...formatTable(
      [
        ['  version', health.version],
        ['  workers', String(health.workers)],
        ['  uptime', formatElapsed(health.uptime * 1000)],
        [
          '  runs',
          active.length === 0
            ? 'none active'
            : `${plural(active.length, 'run')} active: ${active.map(({ id }) => id).join(', ')}`,
        ],
      ],
      ['left', 'left'],
    ),
  ]);
}
