import { Command } from 'commander';
import type { VayuClient } from '../../client/client.js';
import { connectDaemon } from '../daemon-backend.js';
import { addDaemonOptions, type DaemonOptions, type OutputOptions } from '../options/output-options.js';
import { Terminal } from '../terminal.js';

/** What a command that asks a daemon has at hand. */
export interface DaemonDialogue<Options> {
  client: VayuClient;
  terminal: Terminal;
  options: Options & OutputOptions & DaemonOptions;
}

interface DaemonCommand<Options> {
  name: string;
  description: string;
  /** A positional argument and what it is. */
  argument?: [name: string, description: string];
  addOptions: (command: Command) => void;
  /** Examples and exit codes, after the options. */
  help: string;
  run: (dialogue: DaemonDialogue<Options>, argument: string) => Promise<void>;
}

/** A command that asks the daemon that `--daemon` names, or the one on this machine, and prints its answer. */
export function daemonCommand<Options>(definition: DaemonCommand<Options>): Command {
  const { argument, run } = definition;
  const command = new Command(definition.name)
    .description(definition.description)
    .helpOption('-h, --help', 'show this help');
  if (argument !== undefined) command.argument(...argument);
  definition.addOptions(command);
  addDaemonOptions(command, true);
  command.addHelpText('after', definition.help);
  return command.action(async () => {
    const options = command.opts<Options & OutputOptions & DaemonOptions>();
    const terminal = new Terminal(options);
    const client = connectDaemon(options.daemon, options.token);
    await run({ client, terminal, options }, command.args[0] ?? '');
  });
}
