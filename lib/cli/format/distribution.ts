import type { DistributionBin } from '../../model/report.js';
import type { Style } from './style.js';
import { formatTable } from './table.js';
import { formatCount, formatLatency, formatShare } from './units.js';

const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar of `share` × `width` characters, in steps of an eighth. Anything above zero shows. */
export function drawBar(share: number, width: number): string {
  if (!(share > 0)) return '';
  const steps = Math.max(1, Math.round(Math.min(1, share) * width * 8));
  return '█'.repeat(Math.floor(steps / 8)) + (eighths[steps % 8] ?? '');
}

/** One line per bin: its range, its count, its share, and a bar as long as the count against the fullest bin. */
export function formatDistribution(bins: readonly DistributionBin[], style: Style, barWidth = 40): string[] {
  const total = bins.reduce((sum, bin) => sum + bin.count, 0);
  if (total === 0) return [];
  const fullest = bins.reduce((most, bin) => Math.max(most, bin.count), 0);
  const rows = bins.map((bin) => [
    `${formatLatency(bin.fromMs)} –`,
    formatLatency(bin.toMs),
    formatCount(bin.count),
    formatShare(bin.count / total),
    style.cyan(drawBar(bin.count / fullest, barWidth)),
  ]);
  return formatTable(rows, ['right', 'right', 'right', 'right', 'left']);
}
