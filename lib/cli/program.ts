import { Command } from 'commander';
import { version } from './version.js';

/** The module of each command, in the order of the help. Loaded on demand: `vayu daemon` does not wait for what `vayu load` needs. */
const loaders: Record<string, () => Promise<Command>> = {
  run: async () => (await import('./commands/run.js')).runCommand(),
  batch: async () => (await import('./commands/batch.js')).batchCommand(),
  load: async () => (await import('./commands/load.js')).loadCommand(),
  daemon: async () => (await import('./commands/daemon.js')).daemonCommand(),
  status: async () => (await import('./commands/status.js')).statusCommand(),
  report: async () => (await import('./commands/report.js')).reportCommand(),
  runs: async () => (await import('./commands/runs.js')).runsCommand(),
  completion: async () => (await import('./commands/completion.js')).completionCommand(),
};

/** The command line of `vayu`: with the command that `name` names alone, or with all where it names none. */
export async function createProgram(name?: string): Promise<Command> {
  const program = new Command('vayu')
    .description('Send HTTP requests with their scripts, one or millions, and say honestly what was measured')
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', examples);
  const only =
    name === undefined || name === 'completion' || !Object.hasOwn(loaders, name) ? undefined : loaders[name];
  const commands = only === undefined ? Object.values(loaders) : [only];
  for (const load of commands) program.addCommand(await load());
  return prepare(program);
}

const examples = `
Examples:
  vayu run http://127.0.0.1:8080/              send one request and show the response
  vayu load http://127.0.0.1:8080/             load it for 10 seconds with 50 connections
  vayu load -n 1000 -c 10 request.json         load what a JSON file describes
  vayu daemon                                  serve the control API on 127.0.0.1:9876

"vayu help load" shows all options of a command.`;

/** Errors are thrown rather than printed and ended with; the caller tells them. */
export function prepare(program: Command): Command {
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ outputError: () => undefined });
    command.showSuggestionAfterError(false);
  }
  return program;
}
