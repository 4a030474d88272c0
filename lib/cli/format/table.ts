import { padEnd, padStart, visibleWidth } from './style.js';

export type Align = 'left' | 'right';

/** Rows as aligned lines. Missing cells are empty; the last left-aligned column is not padded. */
export function formatTable(
  rows: readonly (readonly string[])[],
  align: readonly Align[],
  gap = '  ',
): string[] {
  const widths = align.map((_, column) =>
    rows.reduce((width, row) => Math.max(width, visibleWidth(row[column] ?? '')), 0),
  );
  return rows.map((row) =>
    align
      .map((side, column) => {
        const cell = row[column] ?? '';
        const width = widths[column] ?? 0;
        return side === 'right' ? padStart(cell, width) : padEnd(cell, width);
      })
      .join(gap)
      .trimEnd(),
  );
}
