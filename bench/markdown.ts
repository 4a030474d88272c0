import {
  checkClaims,
  figureOf,
  limitOf,
  noiseOf,
  ratioIn,
  spreadOf,
  verdictOf,
  type BenchResults,
  type CaseResult,
} from './results.js';

/** docs/benchmarks.md, whole. */
export function benchmarksPage(results: BenchResults): string {
  const { machine } = results;
  return `# Benchmarks

<!-- Written by \`npm run bench\` from bench/results.json. -->

Measured on ${results.date.slice(0, 10)} on ${machine.cpu} (${machine.cores} cores, ${machine.memoryGiB} GiB), ${machine.system}, ${machine.kernel},
Node ${machine.node}; load average before the first run ${machine.loadBefore.toFixed(2)}. Client and server share the machine.

Every client runs with one thread against the same nginx (one worker process, keep-alive, no access log) on loopback, and sends
the same header fields: those that ours sends by itself. Each case is run
${results.rounds} times for ${results.seconds} s per client, the clients taking turns there and back; the tables show medians. *Requests* are counted by nginx, not by the
client, and from the time on at which the client is warm. *CPU* is user and system time of the whole client process per request meanwhile,
± half the distance between its rounds; *with start-up* is everything from its first instruction to its last. Ratios are medians of the
rounds' ratios to the peer that the heading names. ${noiseText(results)}

\`vayu\` chooses its transport by itself; \`vayu-curl\` is forced to libcurl's transfers, as is \`engine-curl\`, the native engine without
Node.js around it (bench/native/load_bench.cc); \`bare libcurl\` is a loop around \`curl_multi_perform\` and \`curl_multi_poll\` that does
nothing else (bench/native/bare_curl.cc), which the engine's CurlTransport is held against; \`bare epoll\` sends and receives bytes that it
does not look at, which is the kernel's share (bench/native/bare_epoll.cc).

Run it: \`npm run bench\` (all of it), \`npm run bench -- --quick\`, \`npm run bench -- --cases=tiny,tls --rounds=5\`.

## What has to hold

${table(
  ['Claim', 'Figure', 'Limit', ''],
  checkClaims(results).map((claim) => [
    claim.text,
    figureOf(claim),
    limitOf(claim),
    verdictOf(claim) === 'NOT MET' ? '**not met**' : verdictOf(claim),
  ]),
)}

${results.cases.map(caseSection).join('\n\n')}

${whereTimeGoes}

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

/** Found once with callgrind, strace and perf on the machine that the figures come from; not measured again by each run. */
const whereTimeGoes = `## Where the time goes

Looked into with callgrind, \`strace -c\` and \`perf record\` around bench/native/load_bench.cc, 64 connections, everything recorded:

- A tiny GET takes one \`send\` and one \`recv\`, a share of an \`epoll_pwait2\` and two packets, its acknowledgements among them. 8 % of a
  worker's time is spent in the engine's own code (2,500 instructions), 2 % in reading the clock, some 10 % in the kernel's scheduler, which puts
  the worker to sleep, wakes it and wakes nginx, and the rest in the kernel's network stack, where wrk spends it too.
- Connections are watched edge-triggered, which saves the kernel a second look at each: 7 % of the CPU per request in the bare loop, 2 % here.
- Tried for CPU per request: to sleep by the clock for 20 to 40 µs before asking what has come, as network cards do. A tiny request then takes 11 to
  18 % less CPU, because more are answered per wait and nginx has nobody to wake; but a response may lie unread for as long, and its latency would
  say so. The worker reads at once. To send and receive without the C library's cancellation points, or to wait without a deadline, changed nothing.
- Over TLS the same request takes 13,800 instructions of user code, 9,400 of them OpenSSL's; through libcurl's calls it took 19,900 and a
  third system call. wrk makes five: two to receive a record, and two to have its socket watched for writing.
- Where nginx is the limit (TLS, POST, 1 kB of JSON) a worker sleeps for 10 to 40 % of the time, and nginx, which shares the machine, pays
  for waking it. Tried: to wait awake before sleeping. With 2 to 8 µs nginx answers 2 to 5 % more tiny requests and each takes 5 to 11 % more CPU;
  with 20 µs 5 to 11 % more, and over TLS −3 to +16 %, within the noise. A worker that waits for its server would keep a core from it; so it
  sleeps. Also tried: to send the requests of a batch when all of its responses have been read, as wrk does, which changed nothing.
- The same transfers on \`CurlTransport\` take 73,900 instructions of user code in the whole engine, everything recorded, and 75,300 in the
  bare loop; the time differs by 5 to 7 %. In Node.js the main thread adds 11 ms per second and V8's own threads 6 ms.
- At 100 requests/s a worker wakes twice per request, when it is due and when it is answered. On this virtual machine that alone takes 1.2 to
  1.4 % of a core in a loop of \`epoll_pwait2\`, \`send\` and \`recv\` that does nothing else; the worker takes 1.5 %, the JavaScript that takes ten
  snapshots a second 0.8 % after some seconds and 2 % while its code is new, V8's own threads 0.6 % and the thread that reads the workers 0.1 %.

\`npm run bench:memory\` shows what the daemon holds when idle, and that a million requests leave it where it was.`;

function noiseText(results: BenchResults): string {
  const noise = noiseOf(results);
  if (!noise) return 'With one round nothing is known of the noise.';
  const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
  return `Over all clients and cases that ± is ${percent(noise.median)} in the median and ${percent(noise.most)} at most: a measure of the machine's noise.`;
}

/** Clients whose figures ours are compared with, nearest first. */
const yardsticks = ['wrk', 'h2load', 'bare libcurl', 'hey', 'autocannon'];

/** Whom a client of the case is compared with: of variants the same client's first one. */
function peerOf(item: CaseResult, client: string): string | undefined {
  if (item.variants) return `${client.slice(0, client.lastIndexOf(','))}, ${item.variants[0]!.label}`;
  return yardsticks.find((name) => item.results.some((result) => result.client === name));
}

function caseSection(item: CaseResult): string {
  const rows = item.results.map(({ client, median, runs }) => {
    const peer = peerOf(item, client);
    const ratio = (figure: 'requestsPerSecond' | 'steadyCpuUsPerRequest'): string =>
      (peer === undefined ? undefined : ratioIn(item, client, peer, figure))?.toFixed(2) ?? '';
    return [
      client,
      Math.round(median.requestsPerSecond).toLocaleString('en'),
      median.steadyCpuUsPerRequest.toFixed(2),
      `${(spreadOf(runs, 'steadyCpuUsPerRequest') * 100).toFixed(0)} %`,
      median.cpuUsPerRequest.toFixed(2),
      median.steadyCores.toFixed(3),
      median.peakMiB.toFixed(0),
      ratio('requestsPerSecond'),
      ratio('steadyCpuUsPerRequest'),
    ];
  });
  const against = item.variants ? item.variants[0]!.label : peerOf(item, '');
  const heads = ['Client', 'Requests/s', 'CPU µs/request', '±', 'with start-up', 'Cores', 'Peak MiB'];
  if (against !== undefined) heads.push(`Requests/s / ${against}`, `CPU / ${against}`);
  return `## ${item.title}\n\n${table(
    heads,
    rows.map((row) => row.slice(0, heads.length)),
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
