import { VayuApiError } from '../client/errors.js';
import { describeProblem, VayuError, type Problem } from '../model/errors.js';
import { CliError } from './cli-error.js';
import { exitCodes, type ExitCode } from './exit-codes.js';

/** An error as the command line tells it. */
export interface ToldError {
  code: string;
  /** Usually one; a configuration with several problems has one for each. */
  lines: string[];
  exitCode: ExitCode;
  details: Record<string, unknown>;
}

/** Codes that say that a target failed, not that something was asked for wrongly. */
const targetFaults = new Set([
  'timeout',
  'connection_failed',
  'connection_closed',
  'dns_failed',
  'ssl_error',
  'too_many_redirects',
  'protocol_error',
  'response_too_large',
  'script_error',
  'aborted',
]);

export function tellError(error: unknown): ToldError {
  if (error instanceof CliError) {
    return { code: error.code, lines: [error.message], exitCode: error.exitCode, details: {} };
  }
  if (error instanceof VayuError || error instanceof VayuApiError) {
    const problems = problemsOf(error.details);
    return {
      code: error.code,
      lines: problems.length > 0 ? problems.map(describeProblem) : [adviceFor(error)],
      exitCode: targetFaults.has(error.code) ? exitCodes.failed : exitCodes.usage,
      details: error.details,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal_error', lines: [firstLine(message)], exitCode: exitCodes.usage, details: {} };
}

/** What a user can do about a target that fails. */
const targetAdvice: Record<string, string> = {
  connection_failed: 'Does a server listen there?',
  dns_failed: 'Check the name of the host',
  timeout: 'Allow more time with --timeout',
  ssl_error: 'Trust its authority with --cacert, or accept any certificate with --insecure',
  too_many_redirects: 'Allow more with --max-redirects',
  connection_closed: 'The server ended the connection before its response was complete',
};

function adviceFor(error: VayuError | VayuApiError): string {
  const message = firstLine(error.message);
  if (error.code === 'unreachable') return `${message}. Start one with "vayu daemon"`;
  if (error.code === 'unauthorized') return `${message}. Give the daemon's token with --token`;
  const advice = targetAdvice[error.code];
  return advice === undefined ? message : `${message.replace(/[.!?]$/, '')}. ${advice}`;
}

function problemsOf(details: Record<string, unknown>): Problem[] {
  const { problems } = details;
  return Array.isArray(problems) ? (problems as Problem[]) : [];
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
