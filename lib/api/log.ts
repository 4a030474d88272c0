export const logLevels = ['silent', 'error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

export type LogFields = Record<string, unknown>;

export interface Logger {
  level: LogLevel;
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
}

/** Writes a line of JSON per message to `write`: time, level, message and the fields. */
export function createLogger(
  level: LogLevel = 'info',
  write: (line: string) => void = (line) => process.stderr.write(line),
): Logger {
  const emit = (at: LogLevel, message: string, fields: LogFields = {}): void => {
    if (logLevels.indexOf(at) > logLevels.indexOf(logger.level)) return;
    write(`${JSON.stringify({ time: new Date().toISOString(), level: at, message, ...fields })}\n`);
  };
  const logger: Logger = {
    level,
    error: (message, fields) => emit('error', message, fields),
    warn: (message, fields) => emit('warn', message, fields),
    info: (message, fields) => emit('info', message, fields),
    debug: (message, fields) => emit('debug', message, fields),
  };
  return logger;
}

/** The level of `--verbose N`: 0 shows warnings, 1 what happens, 2 and more every request. */
export function levelOfVerbosity(verbose: number): LogLevel {
  if (verbose <= 0) return 'warn';
  return verbose === 1 ? 'info' : 'debug';
}
