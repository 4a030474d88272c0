import { checkClaims, type BenchResults, type CaseResult } from './results.js';

/** docs/benchmarks.md, whole. */
export function benchmarksPage(results: BenchResults): string {
  const { machine } = results;
  return `# Benchmarks

<!-- Written by \`npm run bench\` from bench/results.json. -->

Measured on ${results.date.slice(0, 10)} on ${machine.cpu} (${machine.cores} cores, ${machine.memoryGiB} GiB), ${machine.system}, ${machine.kernel},
Node ${machine.node}; load average before the first run ${machine.loadBefore.toFixed(2)}. Client and server share the machine.

Every client runs with one thread against the same nginx (one worker process, keep-alive, no access log) on loopback. Each case is run
${results.rounds} times for ${results.seconds} s per client, the clients taking turns; the tables show medians. *Requests* are counted by nginx, not by the
client. *CPU* is user and system time of the whole client process per request while it runs steadily, *with start-up* everything from its
first instruction to its last; on a shared machine CPU is far steadier than requests/s. The ratios are against the first peer of the table,
from the same run.

\`vayu\` chooses its transport by itself; \`vayu-curl\` is forced to libcurl's transfers; \`bare libcurl\` is a loop around
\`curl_multi_perform\` and \`curl_multi_poll\` that does nothing else (bench/native/bare_curl.cc).

Run it: \`npm run bench\` (all of it), \`npm run bench -- --quick\`, \`npm run bench -- --cases=tiny,tls --rounds=5\`.

## What is promised

${table(
  ['Claim', 'Figure', 'Limit', ''],
  checkClaims(results).map((claim) => [
    claim.text,
    claim.figure.toFixed(2),
    claim.limit.toFixed(2),
    claim.kept ? 'kept' : '**missed**',
  ]),
)}

${results.cases.map(caseSection).join('\n\n')}

## Versions

${table(
  ['Client', 'Version'],
  Object.entries(results.versions).map(([name, version]) => [name, version]),
)}
${Object.entries(results.missing)
  .map(([name, reason]) => `\nNot measured: ${name} (${reason}).`)
  .join('')}
`;
}

/** Clients whose figures ours are compared with, nearest first. */
const yardsticks = ['wrk', 'h2load', 'bare libcurl', 'hey', 'autocannon'];

function caseSection(item: CaseResult): string {
  const yardstick = yardsticks
    .map((name) => item.results.find((result) => result.client === name))
    .find((result) => result !== undefined);
  const rows = item.results.map(({ client, median }) => [
    client,
    Math.round(median.requestsPerSecond).toLocaleString('en'),
    median.steadyCpuUsPerRequest.toFixed(2),
    median.cpuUsPerRequest.toFixed(2),
    median.steadyCores.toFixed(3),
    median.peakMiB.toFixed(0),
    yardstick === undefined ? '' : (median.requestsPerSecond / yardstick.median.requestsPerSecond).toFixed(2),
    yardstick === undefined
      ? ''
      : (median.steadyCpuUsPerRequest / yardstick.median.steadyCpuUsPerRequest).toFixed(2),
  ]);
  const against = yardstick === undefined ? '' : ` / ${yardstick.client}`;
  const heads = [
    'Client',
    'Requests/s',
    'CPU µs/request',
    'of it user',
    'Cores',
    'Peak MiB',
    `Requests/s${against}`,
    `CPU${against}`,
  ];
  const columns = yardstick === undefined ? heads.length - 2 : heads.length;
  return `## ${item.title}\n\n${table(
    heads.slice(0, columns),
    rows.map((row) => row.slice(0, columns)),
  )}`;
}

function table(heads: string[], rows: string[][]): string {
  const widths = heads.map((head, column) =>
    Math.max(3, head.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: string[]): string =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(heads), rule, ...rows.map(line)].join('\n');
}
