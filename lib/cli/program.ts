import { Command, type CommanderError } from 'commander';
import { nearestName } from '../model/validation.js';
import { batchCommand } from './commands/batch.js';
import { completionCommand } from './commands/completion.js';
import { daemonCommand } from './commands/daemon.js';
import { loadCommand } from './commands/load.js';
import { reportCommand } from './commands/report.js';
import { runCommand } from './commands/run.js';
import { runsCommand } from './commands/runs.js';
import { statusCommand } from './commands/status.js';
import { version } from './version.js';

/** The whole command line of `vayu`. */
export function createProgram(): Command {
  const program = new Command('vayu')
    .description('Send HTTP requests with their scripts, one or millions, and say honestly what was measured')
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText(
      'after',
      `
Examples:
  vayu run http://127.0.0.1:8080/              send one request and show the response
  vayu load http://127.0.0.1:8080/             load it for 10 seconds with 50 connections
  vayu load -n 1000 -c 10 request.json         load what a JSON file describes
  vayu daemon                                  serve the control API on 127.0.0.1:9876

"vayu help load" shows all options of a command.`,
    );
  const commands = [
    runCommand(),
    batchCommand(),
    loadCommand(),
    daemonCommand(),
    statusCommand(),
    reportCommand(),
    runsCommand(),
    completionCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  return prepare(program);
}

/** The command line of `vayu-engine`: the daemon alone. */
export function createDaemonProgram(): Command {
  return prepare(daemonCommand('vayu-engine').version(version, '-V, --version', 'show the version'));
}

/** Errors are thrown rather than printed and ended with; the caller tells them. */
function prepare(program: Command): Command {
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ outputError: () => undefined });
    command.showSuggestionAfterError(false);
  }
  return program;
}

/** What commander found wrong with a command line, in one line, with the name that was likely meant. */
export function describeUsageFault(error: CommanderError, program: Command, args: readonly string[]): string {
  const message = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  const command =
    program.commands.find((one) => one.name() === args.find((word) => !word.startsWith('-'))) ?? program;
  const help = `Try "${command === program ? program.name() : `${program.name()} ${command.name()}`} --help"`;
  const unknown = /unknown (option|command) '([^']+)'/.exec(message);
  if (unknown !== null) {
    const [, kind, given = ''] = unknown;
    const known =
      kind === 'option'
        ? command.options
            .flatMap(({ short, long }) => [short, long])
            .filter((flag): flag is string => flag !== undefined)
        : program.commands.map((one) => one.name());
    const long = known.filter((name) => kind === 'command' || name.startsWith('--'));
    const nearest = nearestName(given.replace(/=.*$/, ''), long);
    return `${message}. ${nearest === undefined ? help : `Did you mean ${nearest}?`}`;
  }
  return /[.?!]$/.test(message) ? message : `${message}. ${help}`;
}
