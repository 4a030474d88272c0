// npm run soak -- [--minutes=N] [--rate=N]: a long run with short ones coming and going beside it. Fails when memory, descriptors or
// lateness grow.
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Engine } from '../lib/engine/engine.js';
import type { LoadModel, LoadPlan, Tick } from '../lib/engine/types.js';
import { startNginx } from '../test/support/nginx.js';
import { slope } from './statistics.js';

interface Sample {
  minutes: number;
  rssMiB: number;
  descriptors: number;
  /** 99th percentile of the last interval. */
  latenessMs: number;
}

const intervalMs = 2000;
/** What may be gained per minute once warm. The allocator keeps some memory, so that zero would be too strict. */
const limits = { rssMiB: 1, descriptors: 0.5, latenessMs: 0.5 };

function plan(url: string, model: LoadModel, transport: LoadPlan['transport'], script?: string): LoadPlan {
  return {
    submission: {
      request: { method: 'GET', url, headers: [] },
      ...(script === undefined
        ? {}
        : { scripts: { preRequest: [], test: [{ name: 'soak', code: script }] } }),
    },
    model,
    gracePeriodMs: 1000,
    sampling: {
      successRate: 1,
      maxSuccesses: 100,
      maxErrors: 100,
      slowThresholdMs: 1000,
      maxSlow: 100,
      maxBodyBytes: 4096,
    },
    transport,
  };
}

/** Lateness that 99 % of the requests of these ticks stayed under, in ms. */
class LatenessWindow {
  private counts = new Map<number, number>();

  add(tick: Tick): void {
    const { values, counts } = tick.histograms.lateness;
    values.forEach((value, index) => this.counts.set(value, (this.counts.get(value) ?? 0) + counts[index]!));
  }

  take(): number {
    const entries = [...this.counts].sort(([a], [b]) => a - b);
    this.counts = new Map();
    let left = 0.99 * entries.reduce((sum, [, count]) => sum + count, 0);
    for (const [value, count] of entries) {
      left -= count;
      if (left <= 0) return value / 1000;
    }
    return 0;
  }
}

/** Short closed runs, one after the other, some of them stopped before their end. */
async function comeAndGo(engine: Engine, url: string, until: () => boolean): Promise<number> {
  let runs = 0;
  while (!until()) {
    const concurrency = {
      kind: 'concurrency',
      segments: [{ durationMs: 1000, startConcurrency: 8, endConcurrency: 8 }],
    } as const;
    const run = engine.startLoad(
      plan(url, { ...concurrency, segments: [...concurrency.segments] }, runs % 2 === 0 ? 'curl' : 'auto'),
      () => undefined,
    );
    if (runs % 3 === 0) {
      await sleep(300);
      run.stop(100);
    }
    await run.done;
    runs++;
    await sleep(200);
  }
  return runs;
}

function problemsIn(samples: Sample[]): string[] {
  // The first third is warm-up: caches, JIT, pools.
  const warm = samples.slice(Math.floor(samples.length / 3));
  return (Object.keys(limits) as (keyof typeof limits)[]).flatMap((figure) => {
    const gain = slope(warm.map((sample) => [sample.minutes, sample[figure]]));
    process.stdout.write(
      `${figure}: ${gain >= 0 ? '+' : ''}${gain.toFixed(3)} per minute (limit ${limits[figure]})\n`,
    );
    return gain > limits[figure] ? [figure] : [];
  });
}

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '5' }, rate: { type: 'string', default: '2000' } },
});
const minutes = Number(values.minutes);
const rate = Number(values.rate);
if (!(minutes > 0) || !(rate > 0)) throw new Error('--minutes and --rate take numbers above 0.');

const nginx = await startNginx({ tls: false });
const engine = new Engine({ workers: 2 });
const samples: Sample[] = [];
try {
  const lateness = new LatenessWindow();
  const segments = [{ durationMs: minutes * 60_000, startRate: rate, endRate: rate }];
  const model: LoadModel = {
    kind: 'rate',
    segments,
    arrival: 'uniform',
    seed: 1,
    burst: 0,
    maxInFlight: 1000,
  };
  const script = `pm.test('is ok', () => { pm.response.to.have.status(200); pm.environment.set('last', pm.response.text()); });`;
  let ended = false;
  let last: Tick | undefined;
  const run = engine.startLoad(plan(`${nginx.url}/`, model, 'auto', script), (tick) => {
    lateness.add(tick);
    last = tick;
  });
  const started = performance.now();
  const others = comeAndGo(engine, `${nginx.url}/json`, () => ended);
  void run.done.then(() => (ended = true));
  while (!ended) {
    await sleep(intervalMs);
    const sample = {
      minutes: (performance.now() - started) / 60_000,
      rssMiB: process.memoryUsage.rss() / 2 ** 20,
      descriptors: readdirSync('/proc/self/fd').length,
      latenessMs: lateness.take(),
    };
    samples.push(sample);
    process.stdout.write(
      `${sample.minutes.toFixed(1).padStart(6)} min ${sample.rssMiB.toFixed(1).padStart(8)} MiB ${String(sample.descriptors).padStart(5)} descriptors ` +
        `${sample.latenessMs.toFixed(3).padStart(8)} ms late ${String(last?.counters.sent ?? 0).padStart(9)} sent\n`,
    );
  }
  const shortRuns = await others;
  const counters = last!.counters;
  process.stdout.write(
    `${counters.sent} requests, ${counters.failed} failed, ${counters.scriptRuns} scripts, ${shortRuns} short runs beside it\n`,
  );
  const problems = problemsIn(samples);
  if (counters.planned !== counters.sent + counters.dropped)
    problems.push('conservation of planned requests');
  if (counters.sent !== counters.succeeded + counters.failed + counters.aborted)
    problems.push('conservation of sent requests');
  process.stdout.write(problems.length === 0 ? 'Nothing grows.\n' : `NOT in order: ${problems.join(', ')}\n`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await engine.close();
  await nginx.stop();
}
