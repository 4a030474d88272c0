import type { Command, CommanderError } from 'commander';

/** What commander found wrong with a command line, in one line, with the name that was likely meant. */
export async function describeUsageFault(
  error: CommanderError,
  program: Command,
  args: readonly string[],
): Promise<string> {
  const message = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  const named = args.find((word) => !word.startsWith('-'));
  const command = program.commands.find((one) => one.name() === named) ?? program;
  const path = command === program ? program.name() : `${program.name()} ${command.name()}`;
  const help = `Try "${path} --help"`;
  const [, kind, given = ''] = /unknown (option|command) '([^']+)'/.exec(message) ?? [];
  if (kind === undefined) return /[.?!]$/.test(message) ? message : `${message}. ${help}`;
  const known =
    kind === 'option'
      ? command.options.flatMap(({ long }) => long ?? [])
      : program.commands.map((one) => one.name());
  const { nearestName } = await import('../model/validation.js');
  const nearest = nearestName(given.replace(/=.*$/, ''), known);
  return `${message}. ${nearest === undefined ? help : `Did you mean ${nearest}?`}`;
}
