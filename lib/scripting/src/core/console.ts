/** `console`, kept with the execution's outcome. */

import { expose } from './expose.js';
import { formatMessage } from './format.js';
import { native } from './native.js';

const writer =
  (level: string) =>
  (...args: unknown[]): void => {
    native.log(level, args.length === 1 && typeof args[0] === 'string' ? args[0] : formatMessage(args));
  };

export const scriptConsole = expose({
  log: writer('log'),
  info: writer('info'),
  warn: writer('warn'),
  error: writer('error'),
  debug: writer('debug'),
  clear(): void {
    native.clearLog();
  },
});
