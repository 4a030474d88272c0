import type { Distribution, ExemplarBand, KeptResult } from '../model/report.js';

const maxReported = 20;
const maxErrorsPerClass = 5;
const exemplarsPerBand = 3;

const slowestFirst = (a: KeptResult, b: KeptResult): number => b.responseTimeMs - a.responseTimeMs;

/** Keeps for the report what stands out: the slowest, the first failures of each class, one message per class, and exemplars. */
export class ReportSamples {
  readonly errors: KeptResult[] = [];
  readonly examples: Record<string, string> = {};
  errorCount = 0;
  #slowest: KeptResult[] = [];
  #exemplars: KeptResult[] = [];
  readonly #perClass = new Map<string, number>();

  add(kept: KeptResult): void {
    if (kept.kind === 'exemplar') {
      this.#exemplars.push(kept);
      return;
    }
    if (kept.errorClass === null) {
      this.#slowest.push(kept);
      if (this.#slowest.length > maxReported * 4) this.#trim();
      return;
    }
    this.errorCount += 1;
    this.examples[kept.errorClass] ??= kept.error ?? kept.errorClass;
    const seen = this.#perClass.get(kept.errorClass) ?? 0;
    this.#perClass.set(kept.errorClass, seen + 1);
    if (seen < maxErrorsPerClass && this.errors.length < maxReported) this.errors.push(kept);
  }

  /** The slowest successes, slowest first. */
  slowest(): KeptResult[] {
    this.#trim();
    return [...this.#slowest];
  }

  #trim(): void {
    this.#slowest = this.#slowest.toSorted(slowestFirst).slice(0, maxReported);
  }

  /** The slowest of each band of response time. */
  exemplars(responseTime: Distribution): ExemplarBand[] {
    const edges: [percentile: number, ms: number][] = [
      [0, 0],
      [50, responseTime.p50],
      [90, responseTime.p90],
      [99, responseTime.p99],
      [99.9, responseTime.p999],
      [100, Infinity],
    ];
    return edges.slice(1).flatMap(([toPercentile, toMs], index) => {
      const [fromPercentile, fromMs] = edges[index] ?? [0, 0];
      const inside = this.#exemplars.filter(
        (one) => one.responseTimeMs > fromMs && one.responseTimeMs <= toMs,
      );
      const results = inside.toSorted(slowestFirst).slice(0, exemplarsPerBand);
      return results.length === 0 ? [] : [{ fromPercentile, toPercentile, results }];
    });
  }
}
