import { Option, type Command } from 'commander';
import { repeated } from './values.js';

/** What the options that are common to all commands that print results hold after parsing. */
export interface OutputOptions {
  json?: boolean;
  out?: string[];
  quiet?: boolean;
  color: boolean;
}

export interface DaemonOptions {
  daemon?: string;
  token?: string;
}

const group = 'Output:';

export function addColorOption(command: Command): Command {
  return command.addOption(
    new Option('--no-color', 'no colours (also: NO_COLOR in the environment)').helpGroup(group),
  );
}

export function addJsonOption(command: Command): Command {
  return command.addOption(
    new Option('--json', 'print one JSON document on standard output, and nothing else').helpGroup(group),
  );
}

export function addOutputOptions(command: Command): Command {
  addJsonOption(command);
  command.addOption(
    new Option(
      '-o, --out <file>',
      'also write the result to a file, after its ending: .json, .csv or .xml (JUnit); may be repeated',
    )
      .argParser(repeated)
      .helpGroup(group),
  );
  command.addOption(new Option('--quiet', 'print nothing but errors').helpGroup(group));
  return addColorOption(command);
}

/** `required`: the command speaks to a daemon in any case; else it does so only where one is named. */
export function addDaemonOptions(command: Command, required: boolean): Command {
  const url = required
    ? new Option('--daemon <url>', 'where the daemon listens (default: http://127.0.0.1:9876)').env(
        'VAYU_DAEMON',
      )
    : new Option('--daemon <url>', 'let the daemon at this URL do it');
  command.addOption(url.helpGroup('Daemon:'));
  return command.addOption(
    new Option('--token <token>', 'token of the daemon').env('VAYU_TOKEN').helpGroup('Daemon:'),
  );
}
