import { CommanderError, type Command } from 'commander';
import { tellError } from './error-message.js';
import { exitCodes } from './exit-codes.js';
import { createStyle, wantsColor } from './format/style.js';
import { flushOutput } from './terminal.js';
import { describeUsageFault } from './usage-fault.js';

/** Parses `args`, runs the command and ends the process with its exit code. The only place that tells errors. */
export async function runProgram(program: Command, args: readonly string[]): Promise<never> {
  watchPipes(program.name() !== 'vayu-engine' && args[0] !== 'daemon');
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    process.exitCode = await tell(error, program, args);
  }
  await flushOutput();
  process.exit();
}

async function tell(error: unknown, program: Command, args: readonly string[]): Promise<number> {
  if (error instanceof CommanderError && error.exitCode === 0) return exitCodes.ok;
  // Called without a command: the help has been printed.
  if (error instanceof CommanderError && error.code === 'commander.help') return exitCodes.usage;
  const told =
    error instanceof CommanderError
      ? {
          code: 'usage',
          lines: [await describeUsageFault(error, program, args)],
          exitCode: exitCodes.usage,
          details: {},
        }
      : tellError(error);
  const style = createStyle(
    wantsColor({
      flag: args.includes('--no-color') ? false : undefined,
      isTerminal: process.stderr.isTTY,
      env: process.env,
    }),
  );
  const lines = told.lines
    .flatMap((line) => line.split('\n'))
    .map((line) => `${style.red('error:')} ${line}`);
  process.stderr.write(`${lines.join('\n')}\n`);
  if (args.includes('--json')) {
    const document = { error: { ...told.details, code: told.code, message: told.lines.join('; ') } };
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  }
  if (told.code === 'internal_error' && process.env['VAYU_DEBUG'] !== undefined && error instanceof Error) {
    process.stderr.write(`${error.stack ?? ''}\n`);
  }
  return told.exitCode;
}

/** A broken pipe is no error: whoever read has seen enough. A daemon goes on without its reader. */
function watchPipes(endOnBrokenPipe: boolean): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (endOnBrokenPipe && error.code === 'EPIPE') process.exit();
  });
  process.stderr.on('error', () => undefined);
}
