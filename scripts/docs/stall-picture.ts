/** What one request of the picture lives through, in ms. */
interface Row {
  dueMs: number;
  sentMs: number;
  doneMs: number;
}

const serviceMs = 10;
const spacingMs = 100;
/** The server answers nothing in between. */
const stall = { fromMs: 100, toMs: 600 };
const endMs = 900;

const answered = (sentMs: number): number =>
  (sentMs >= stall.fromMs && sentMs < stall.toMs ? stall.toMs : sentMs) + serviceMs;

/** A user who asks again 100 ms after each answer: nothing is due before that. */
export function closedRows(): Row[] {
  const rows: Row[] = [];
  for (let at = 0; at < endMs; at = rows.at(-1)!.doneMs + spacingMs - serviceMs)
    rows.push({ dueMs: at, sentMs: at, doneMs: answered(at) });
  return rows;
}

/** A rate over one connection that is free again when its answer is there: what is due in between waits to be sent. */
export function openRows(): Row[] {
  const rows: Row[] = [];
  for (let dueMs = 0; dueMs < endMs; dueMs += spacingMs) {
    const sentMs = Math.max(dueMs, rows.at(-1)?.doneMs ?? 0);
    rows.push({ dueMs, sentMs, doneMs: answered(sentMs) });
  }
  return rows;
}

const rowHeight = 22;
const panelWidth = 380;
const left = 40;
const top = 70;
const scale = (panelWidth - left - 60) / endMs;

function panel(title: string, rows: Row[], offset: number): string {
  const x = (ms: number): string => (offset + left + ms * scale).toFixed(1);
  const width = (ms: number): string => Math.max(ms * scale, 2).toFixed(1);
  const bars = rows.map(({ dueMs, sentMs, doneMs }, index) => {
    const y = top + index * rowHeight;
    const waited =
      sentMs > dueMs
        ? `<rect x="${x(dueMs)}" y="${y}" width="${width(sentMs - dueMs)}" height="14" fill="#e0a030"/>`
        : '';
    return `<text x="${offset + 10}" y="${y + 12}">#${index + 1}</text>${waited}<rect x="${x(sentMs)}" y="${y}" width="${width(doneMs - sentMs)}" height="14" fill="#2f6fb0"/><text x="${Number(x(doneMs)) + 6}" y="${y + 12}">${doneMs - dueMs} ms</text>`;
  });
  const bottom = top + 9 * rowHeight;
  return `<text x="${offset + 10}" y="24" font-weight="bold">${title}</text>
<rect x="${x(stall.fromMs)}" y="${top - 22}" width="${width(stall.toMs - stall.fromMs)}" height="${bottom - top + 22}" fill="#eeeeee"/>
<text x="${x(stall.fromMs + 20)}" y="${top - 8}" fill="#777777">the server stands still</text>
${bars.join('\n')}`;
}

/** An SVG of the same stop of a server as a closed and as an open run see it; the figures are response times. */
export function stallPicture(): string {
  const height = top + 9 * rowHeight + 50;
  const legend = height - 18;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${panelWidth * 2} ${height}" font-family="sans-serif" font-size="12" fill="#222222">
<title>A stop of half a second, as a closed and as an open run see it</title>
<rect width="100%" height="100%" fill="#ffffff"/>
${panel('Closed: asks again after each answer', closedRows(), 0)}
${panel('Open: one is due every 100 ms', openRows(), panelWidth)}
<rect x="10" y="${legend - 10}" width="14" height="12" fill="#e0a030"/><text x="30" y="${legend}">due, not sent yet (lateness)</text>
<rect x="220" y="${legend - 10}" width="14" height="12" fill="#2f6fb0"/><text x="240" y="${legend}">sent, not answered yet (service time)</text>
<text x="480" y="${legend}">figures: response time, both together</text>
</svg>
`;
}
