import type { LiveSnapshot } from '../model/live.js';
import type { ProgressWatcher } from './backend.js';
import { formatProgressLine, formatProgressLog, progressView } from './format/progress.js';
import type { Style } from './format/style.js';

const eraseLine = '\r\u001b[2K';
const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
const logIntervalMs = 1000;
/** Figures come about every 100 ms: those that come this little before a full second are that second's. */
const tickToleranceMs = 50;

export interface ProgressStream {
  isTTY?: boolean;
  columns?: number;
  write(text: string): unknown;
}

/** Shows a run under way on standard error: one line drawn over and over on a terminal, else one line a second. */
export class ProgressDisplay implements ProgressWatcher {
  readonly #stream: ProgressStream;
  readonly #style: Style;
  #drawn = false;
  #nextLogMs = logIntervalMs;

  constructor(stream: ProgressStream, style: Style) {
    this.#stream = stream;
    this.#style = style;
  }

  wants(elapsedMs: number): boolean {
    return this.#stream.isTTY === true || elapsedMs >= this.#nextLogMs - tickToleranceMs;
  }

  update(live: LiveSnapshot): void {
    const view = progressView(live);
    if (this.#stream.isTTY === true) {
      // The last column is left free: a full line would wrap.
      const line = formatProgressLine(view, this.#style, (this.#stream.columns ?? 80) - 1);
      this.#stream.write(`${this.#drawn ? '' : hideCursor}${eraseLine}${line}`);
      this.#drawn = true;
    } else {
      this.#nextLogMs = (Math.floor((view.elapsedMs + tickToleranceMs) / logIntervalMs) + 1) * logIntervalMs;
      this.#stream.write(`${formatProgressLog(view)}\n`);
    }
  }

  /** A line above the display, which goes on below it. */
  say(message: string): void {
    this.#stream.write(`${this.#drawn ? eraseLine : ''}${message}\n`);
  }

  /** Takes the display away. May be called more than once. */
  end(): void {
    if (this.#drawn) this.#stream.write(`${eraseLine}${showCursor}`);
    this.#drawn = false;
  }
}
