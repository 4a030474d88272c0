import { exitCodes, type ExitCode } from './exit-codes.js';

/** An error that is told to the user as it is: one line that says what is wrong, what was given and what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    message: string,
    readonly exitCode: ExitCode = exitCodes.usage,
    /** Machine-readable, as in the control API. */
    readonly code = 'bad_request',
  ) {
    super(message);
  }
}
