import type { Command } from 'commander';
import { formatTable } from '../format/table.js';
import { formatElapsed, plural } from '../format/units.js';
import { addColorOption, addJsonOption } from '../options/output-options.js';
import { daemonCommand, type DaemonDialogue } from './daemon-command.js';

export function statusCommand(): Command {
  return daemonCommand({
    name: 'status',
    description: 'Show whether a daemon runs, and what it does',
    addOptions: (command) => addColorOption(addJsonOption(command)),
    run: status,
    help: `
Examples:
  vayu status
  vayu status --daemon http://127.0.0.1:9000 --json

Exit codes: 0 a daemon answers; 2 none does.`,
  });
}

async function status({ client, terminal, options }: DaemonDialogue<unknown>): Promise<void> {
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
