import type { CounterName, HistogramDelta, HistogramName, Tick } from '../engine/types.js';
import { emptyTotals } from './aggregator.js';
import { mergeDeltas } from './histogram.js';

interface Step {
  elapsedMs: number;
  counters: Record<CounterName, number>;
  histograms: Record<HistogramName, HistogramDelta>;
}

/** The latest second of a run, sliding from tick to tick. */
export class SlidingWindow {
  /** Where the window begins: its counters are what the window's are measured against. */
  #base: Pick<Step, 'elapsedMs' | 'counters'> = { elapsedMs: 0, counters: emptyTotals().counters };
  #steps: Step[] = [];

  constructor(private readonly lengthMs = 1000) {}

  add(tick: Tick): void {
    this.#steps.push({
      elapsedMs: tick.elapsedMs,
      counters: { ...tick.counters },
      histograms: tick.histograms,
    });
    const begin = tick.elapsedMs - this.lengthMs;
    let first = this.#steps[0];
    while (this.#steps.length > 1 && first !== undefined && first.elapsedMs <= begin) {
      this.#base = first;
      this.#steps.shift();
      first = this.#steps[0];
    }
  }

  get spanMs(): number {
    return (this.#steps.at(-1)?.elapsedMs ?? 0) - this.#base.elapsedMs;
  }

  /** How much a counter grew in the window. */
  grown(name: CounterName): number {
    return (this.#steps.at(-1)?.counters[name] ?? 0) - this.#base.counters[name];
  }

  histogram(name: HistogramName): HistogramDelta {
    return mergeDeltas(this.#steps.map((step) => step.histograms[name]));
  }
}
