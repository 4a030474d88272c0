import type { ServerResponse } from 'node:http';
import { VayuError } from '../model/errors.js';
import type { LiveSnapshot, MetricRow } from '../model/live.js';
import type { Store } from '../store/store.js';
import type { LiveRun } from '../runs/run-manager.js';
import type { RunService } from './run-service.js';

/** Rows are read from the store in pages of this many: a slow reader's backlog stays on disk. */
const pageRows = 500;
/** A reader that takes nothing for this long is let go; it can resume where it stopped. */
const stalledMs = 60_000;
const snapshotJitterMs = 30;

export interface LiveOptions {
  runId: string;
  /** Milliseconds between snapshots. */
  intervalMs: number;
  /** The last row that the reader has. */
  afterId: number;
  /** Sends each snapshot as a `metrics` event too. */
  metricsEvents: boolean;
  keepAliveMs: number;
}

/** One text per snapshot however many readers it has. */
const snapshotTexts = new WeakMap<LiveSnapshot, string>();

function textOf(snapshot: LiveSnapshot): string {
  let text = snapshotTexts.get(snapshot);
  if (text === undefined) {
    text = JSON.stringify(snapshot);
    snapshotTexts.set(snapshot, text);
  }
  return text;
}

function event(name: string, data: string, id?: number): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${data}\n\n`;
}

/**
 * One reader of a run's live stream. Rows come from the store, in order and all of them, as fast as the reader takes them; snapshots are left
 * out while it does not keep up. Ends by itself when the run has ended and every row is sent.
 */
class LiveStream {
  readonly #response: ServerResponse;
  readonly #store: Store;
  readonly #run: LiveRun | undefined;
  readonly #options: LiveOptions;
  #keepAliveTimer: NodeJS.Timeout | undefined;
  #unsubscribe: (() => void) | undefined;
  #sentId: number;
  #snapshot: LiveSnapshot | undefined;
  #snapshotSent = true;
  /** Milliseconds, by the monotonic clock. */
  #snapshotSentAt = -Infinity;
  #finalStatus: string | undefined;
  #pumping = false;
  #open = true;
  /** When the response last took something, in milliseconds by the monotonic clock. */
  #takenAt = performance.now();

  constructor(response: ServerResponse, store: Store, run: LiveRun | undefined, options: LiveOptions) {
    this.#response = response;
    this.#store = store;
    this.#run = run;
    this.#options = options;
    this.#sentId = options.afterId;
  }

  start(): void {
    this.#response.on('close', () => this.#end());
    this.#response.on('drain', () => {
      this.#takenAt = performance.now();
      this.#pump();
    });
    this.#response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'X-Accel-Buffering': 'no',
    });
    this.#response.write('retry: 1000\n\n');
    if (this.#run === undefined)
      this.#finalStatus = this.#store.runs.get(this.#options.runId)?.status ?? 'failed';
    else this.#follow(this.#run);
    this.#pump();
  }

  #follow(run: LiveRun): void {
    this.#unsubscribe = run.subscribe({
      onSnapshot: (snapshot) => this.#offer(snapshot),
      onMetrics: () => this.#pump(),
      onComplete: ({ status }) => {
        this.#finalStatus = status;
        this.#pump();
      },
    });
    this.#keepAliveTimer = setInterval(() => this.#keepAlive(), this.#options.keepAliveMs);
    const latest = run.latest();
    if (latest !== undefined) this.#offer(latest);
  }

  get #congested(): boolean {
    return this.#response.writableNeedDrain;
  }

  #offer(snapshot: LiveSnapshot): void {
    this.#snapshot = snapshot;
    this.#snapshotSent = false;
    // Snapshots come about every 100 ms: one that is a little early is not put off to the next.
    const due = this.#snapshotSentAt + this.#options.intervalMs - snapshotJitterMs;
    if (performance.now() >= due && !this.#congested) this.#sendSnapshot();
  }

  #sendSnapshot(): void {
    if (this.#snapshot === undefined || this.#snapshotSent) return;
    this.#snapshotSent = true;
    this.#snapshotSentAt = performance.now();
    const text = textOf(this.#snapshot);
    this.#response.write(
      event('snapshot', text) + (this.#options.metricsEvents ? event('metrics', text) : ''),
    );
  }

  #keepAlive(): void {
    if (!this.#congested) this.#response.write(': keep-alive\n\n');
    else if (performance.now() - this.#takenAt > stalledMs) this.#response.destroy();
  }

  /** Sends stored rows until the reader's buffer is full or none is left, and `complete` after the last of an ended run. */
  #pump(): void {
    if (this.#pumping || !this.#open) return;
    this.#pumping = true;
    try {
      for (;;) {
        if (this.#congested) return;
        const rows = this.#store.metrics.list(this.#options.runId, {
          afterId: this.#sentId,
          limit: pageRows,
        });
        if (rows.length === 0) break;
        this.#response.write(
          rows.map((row) => event('metric', JSON.stringify(metricRow(row)), row.id)).join(''),
        );
        this.#sentId = rows.at(-1)?.id ?? this.#sentId;
      }
    } finally {
      this.#pumping = false;
    }
    if (this.#finalStatus !== undefined) this.#complete(this.#finalStatus);
  }

  #complete(status: string): void {
    this.#sendSnapshot();
    const data = JSON.stringify({ event: 'complete', runId: this.#options.runId, status });
    this.#response.end(event('complete', data));
    this.#end();
  }

  #end(): void {
    this.#open = false;
    clearInterval(this.#keepAliveTimer);
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }
}

export function metricRow({ id, runId, name, timestamp, value }: MetricRow): MetricRow {
  return { id, runId, name, timestamp, value };
}

/** The live streams of a daemon, bounded in number. */
export class LiveStreams {
  maxReaders = 256;
  readonly #open = new Set<ServerResponse>();

  constructor(
    readonly store: Store,
    readonly runs: RunService,
  ) {}

  get readers(): number {
    return this.#open.size;
  }

  serve(response: ServerResponse, options: LiveOptions): void {
    if (this.#open.size >= this.maxReaders) {
      throw new VayuError(
        'too_many_readers',
        `${this.maxReaders} live streams are open, which is the limit (maxLiveReaders)`,
      );
    }
    this.#open.add(response);
    response.on('close', () => this.#open.delete(response));
    new LiveStream(response, this.store, this.runs.live(options.runId), options).start();
  }

  /** Ends every stream at once, for the end of the daemon. */
  close(): void {
    for (const response of this.#open) response.destroy();
  }
}
