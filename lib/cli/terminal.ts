import { createStyle, wantsColor, type Style } from './format/style.js';
import type { OutputOptions } from './options/output-options.js';

/** Where a command prints: results on standard output, all else on standard error. */
export class Terminal {
  readonly style: Style;
  readonly errorStyle: Style;
  readonly #quiet: boolean;

  constructor(options: Partial<Pick<OutputOptions, 'color' | 'quiet' | 'json'>>) {
    const { env } = process;
    this.style = createStyle(wantsColor({ flag: options.color, isTerminal: process.stdout.isTTY, env }));
    this.errorStyle = createStyle(wantsColor({ flag: options.color, isTerminal: process.stderr.isTTY, env }));
    this.#quiet = options.quiet === true || options.json === true;
  }

  /** Columns of standard output; 200 where it is no terminal: logs are searched, not fitted. */
  get width(): number {
    return process.stdout.isTTY ? process.stdout.columns : 200;
  }

  /** The result, for people. Left out with `--quiet` and `--json`. */
  print(lines: readonly string[]): void {
    if (!this.#quiet && lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
  }

  /** The result as the one document of `--json`. */
  printJson(document: unknown): void {
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  }

  /** Something to know that is not the result. */
  note(message: string): void {
    if (!this.#quiet) process.stderr.write(`${this.errorStyle.dim(message)}\n`);
  }

  warn(message: string): void {
    process.stderr.write(`${this.errorStyle.yellow('warning:')} ${message}\n`);
  }
}

/** Waits until everything written has left the process; a process that exits before that cuts pipes off. */
export async function flushOutput(): Promise<void> {
  const flush = (stream: NodeJS.WriteStream): Promise<void> =>
    new Promise((resolve) => {
      if (stream.destroyed || !stream.writable) resolve();
      else stream.write('', () => resolve());
    });
  await Promise.all([flush(process.stdout), flush(process.stderr)]);
}
