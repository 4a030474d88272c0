/** Statistics of arrival times at a server, in µs. */

export function gapsOf(arrivalsUs: Float64Array): Float64Array {
  return arrivalsUs.slice(1).map((at, index) => at - (arrivalsUs[index] ?? 0));
}

export function meanOfGaps(gaps: Float64Array): number {
  return gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
}

/** Standard deviation over mean: 0 for a metronome, 1 for a Poisson process, more for bursts. */
export function coefficientOfVariation(gaps: Float64Array): number {
  const mean = meanOfGaps(gaps);
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  return Math.sqrt(variance) / mean;
}

/** The least variation among windows of so many gaps: what the sender does while nobody disturbs it. */
export function quietestVariation(gaps: Float64Array, size: number): number {
  let least = Infinity;
  for (let from = 0; from + size <= gaps.length; from += size) {
    least = Math.min(least, coefficientOfVariation(gaps.slice(from, from + size)));
  }
  return least;
}

/** Arrivals in each stretch of `lengthUs`, counted from the first arrival. */
export function countsPer(arrivalsUs: Float64Array, lengthUs: number): number[] {
  const first = arrivalsUs[0] ?? 0;
  const counts: number[] = [];
  for (const at of arrivalsUs) {
    const index = Math.floor((at - first) / lengthUs);
    while (counts.length <= index) counts.push(0);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts;
}
