import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import type { EngineStatus } from './engine-status.js';
import type { LiveStreams } from './live.js';
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

const quantiles = { p50: '0.5', p90: '0.9', p95: '0.95', p99: '0.99', p999: '0.999' } as const;

/** Prometheus' view of the engine and of the runs under way. Values are read when they are asked for. */
export function createMetrics(engine: EngineStatus, runs: RunService, live: LiveStreams): Registry {
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
  addLatency(
    registry,
    runs,
    'responseTime',
    'vayu_run_response_time_seconds',
    'From the intended start to the end',
  );
  addLatency(registry, runs, 'serviceTime', 'vayu_run_service_time_seconds', 'From sending to the end');
  return registry;
}

function addLatency(
  registry: Registry,
  runs: RunService,
  measure: 'responseTime' | 'serviceTime',
  name: string,
  help: string,
): void {
  new Gauge({
    name,
    help: `${help}, by quantile since the start of the run`,
    labelNames: ['run', 'quantile'],
    registers: [registry],
    collect() {
      this.reset();
      for (const run of runs.activeRuns()) {
        const latency = runs.live(run)?.latest()?.overall[measure];
        if (latency === undefined) continue;
        for (const [field, quantile] of Object.entries(quantiles)) {
          this.set({ run, quantile }, latency[field as keyof typeof quantiles] / 1000);
        }
      }
    },
  });
}
