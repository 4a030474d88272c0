import {
  Gauge,
  Histogram,
  Registry,
  collectDefaultMetrics,
  type MetricType,
  type MetricValueWithName,
} from 'prom-client';
import type { Store } from '../store/store.js';
import type { EngineStatus } from './engine-status.js';
import { encodeFamilies, prefersProtobuf, protobufContentType } from './exposition.js';
import { LatencyBuckets, bucketBounds, classicBucketsOf } from './latency-buckets.js';
import type { LiveStreams } from './live.js';
import { nativeHistogramOf, type NativeHistogram } from './native-histogram.js';
import type { RunService } from './run-service.js';

/** The figures of a run under way, by the name of its field in a live snapshot. */
const runGauges = {
  requests_sent: 'Requests sent since the start',
  requests_succeeded: 'Requests that succeeded since the start',
  requests_failed: 'Requests that failed since the start',
  requests_aborted: 'Requests that were aborted since the start',
  requests_dropped: 'Arrivals that were dropped since the start',
  in_flight: 'Requests in flight',
  connections_active: 'Open connections',
  rps: 'Requests that ended in the last second',
  target: 'What the plan asks for: requests per second, or concurrency',
  bytes_sent: 'Bytes sent since the start',
  bytes_received: 'Bytes received since the start',
} as const;

const latencies = {
  responseTime: {
    metric: 'vayu_run_response_time_seconds',
    help: 'From the intended start of a request to its end',
  },
  serviceTime: { metric: 'vayu_run_service_time_seconds', help: 'From the sending of a request to its end' },
} as const;
type LatencyName = keyof typeof latencies;

/** Latencies of the runs under way, summed up from their stored seconds. */
class RunLatency extends Histogram<'run' | 'le'> {
  readonly #buckets: LatencyBuckets;
  readonly #runs: RunService;
  readonly #name: LatencyName;

  constructor(registry: Registry, store: Store, runs: RunService, name: LatencyName) {
    const { metric, help } = latencies[name];
    super({ name: metric, help, labelNames: ['run'], buckets: [...bucketBounds], registers: [registry] });
    this.#buckets = new LatencyBuckets(store, name);
    this.#runs = runs;
    this.#name = name;
  }

  /** What the registry and `get` call for the figures; the types of the package do not name it. */
  getForPromString(): ReturnType<Histogram<'run' | 'le'>['get']> {
    const active = this.#runs.activeRuns();
    this.#buckets.keep(active);
    const { metric: name, help } = latencies[this.#name];
    const values = active.flatMap((run): MetricValueWithName<'run' | 'le'>[] => {
      const { counts, count, sum } = classicBucketsOf(this.#buckets.of(run));
      return [
        ...bucketBounds.map((le, i) => ({
          metricName: `${name}_bucket`,
          labels: { le, run },
          value: counts[i] ?? 0,
        })),
        { metricName: `${name}_bucket`, labels: { le: '+Inf', run }, value: count },
        { metricName: `${name}_sum`, labels: { run }, value: sum },
        { metricName: `${name}_count`, labels: { run }, value: count },
      ];
    });
    // The package declares an enum that it does not have at run time.
    const type = 'histogram' as unknown as MetricType;
    return Promise.resolve({ name, help, type, aggregator: 'sum', values, collect: () => undefined });
  }

  /** The package's own would look for labels where only its own rows have them. */
  override get(): ReturnType<Histogram<'run' | 'le'>['get']> {
    return this.getForPromString();
  }

  get metric(): string {
    return latencies[this.#name].metric;
  }

  /** By run. */
  native(): Map<string, NativeHistogram> {
    return new Map(
      this.#runs.activeRuns().map((run) => [run, nativeHistogramOf(this.#buckets.of(run))] as const),
    );
  }
}

export interface Metrics {
  /** All figures, in the form that an Accept header prefers: text, or protobuf with native histograms. */
  exposition(accept: string | undefined): Promise<{ contentType: string; body: string | Buffer }>;
}

/** Prometheus' view of the engine and of the runs under way. Values are read when they are asked for. */
export function createMetrics(
  engine: EngineStatus,
  store: Store,
  runs: RunService,
  live: LiveStreams,
): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'vayu_' });
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  gauge('vayu_engine_workers', 'Worker threads', () => engine.workers);
  gauge('vayu_engine_requests_active', 'Single requests in flight', () => engine.activeCount);
  gauge('vayu_engine_requests_pending', 'Single requests that wait', () => engine.pendingCount);
  gauge('vayu_engine_requests_processed', 'Requests completed since the start', () => engine.totalProcessed);
  gauge('vayu_runs_active', 'Load runs under way', () => runs.activeRuns().length);
  gauge('vayu_live_readers', 'Open live streams', () => live.readers);
  for (const [field, help] of Object.entries(runGauges)) {
    new Gauge({
      name: `vayu_run_${field}`,
      help,
      labelNames: ['run'],
      registers: [registry],
      collect() {
        this.reset();
        for (const run of runs.activeRuns()) {
          const snapshot = runs.live(run)?.latest();
          if (snapshot) this.set({ run }, snapshot[field as keyof typeof runGauges]);
        }
      },
    });
  }
  const histograms = (['responseTime', 'serviceTime'] as const).map(
    (name) => new RunLatency(registry, store, runs, name),
  );
  return {
    exposition: async (accept) => {
      if (!prefersProtobuf(accept))
        return { contentType: registry.contentType, body: await registry.metrics() };
      const families = await registry.getMetricsAsJSON();
      const native = new Map(histograms.map((histogram) => [histogram.metric, histogram.native()] as const));
      return { contentType: protobufContentType, body: encodeFamilies(families, native) };
    },
  };
}
