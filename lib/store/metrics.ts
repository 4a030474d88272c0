import type { Database } from 'better-sqlite3';
import { fromJsonOrNull, toJsonOrNull } from './json.js';

export interface NewMetric {
  /** Milliseconds since the epoch. */
  timestamp: number;
  name: string;
  value: number;
  labels?: Record<string, unknown>;
}

export interface MetricRecord {
  /** Grows over all runs: the id of a live stream's event. */
  id: number;
  runId: string;
  timestamp: number;
  name: string;
  value: number;
  labels: unknown;
}

export interface MetricListOptions {
  name?: string | undefined;
  /** Only rows stored after this one. */
  afterId?: number | undefined;
  /** Milliseconds since the epoch, both included. */
  from?: number | undefined;
  to?: number | undefined;
  /** Default: all. */
  limit?: number | undefined;
  offset?: number | undefined;
}

interface Row {
  id: number;
  run_id: string;
  timestamp: number;
  name: string;
  value: number;
  labels: string | null;
}

/** Time series: a row per metric and second of a run. */
export class MetricRepository {
  readonly #insert;
  readonly #list;
  readonly #count;
  readonly #insertMany;

  constructor(database: Database) {
    this.#insert = database.prepare(
      'INSERT INTO metrics (run_id, timestamp, name, value, labels) VALUES (?, ?, ?, ?, ?)',
    );
    this.#list = database.prepare(
      `SELECT * FROM metrics WHERE run_id = @runId AND id > @afterId AND (@name IS NULL OR name = @name)
         AND (@from IS NULL OR timestamp >= @from) AND (@to IS NULL OR timestamp <= @to)
       ORDER BY id LIMIT @limit OFFSET @offset`,
    );
    this.#count = database.prepare('SELECT count(*) FROM metrics WHERE run_id = ?').pluck();
    this.#insertMany = database.transaction((runId: string, rows: readonly NewMetric[]) =>
      rows.map((row): MetricRecord => {
        const { timestamp, name, value } = row;
        const { lastInsertRowid } = this.#insert.run(runId, timestamp, name, value, toJsonOrNull(row.labels));
        return { id: Number(lastInsertRowid), runId, timestamp, name, value, labels: row.labels ?? null };
      }),
    );
  }

  /** The rows with the ids they got, in the order given. */
  insertMany(runId: string, rows: readonly NewMetric[]): MetricRecord[] {
    return this.#insertMany(runId, rows);
  }

  /** In the order in which they were stored. */
  list(runId: string, options: MetricListOptions = {}): MetricRecord[] {
    const rows = this.#list.all({
      runId,
      afterId: options.afterId ?? 0,
      name: options.name ?? null,
      from: options.from ?? null,
      to: options.to ?? null,
      limit: options.limit ?? -1,
      offset: options.offset ?? 0,
    }) as Row[];
    return rows.map(({ run_id, labels, ...row }) => ({
      ...row,
      runId: run_id,
      labels: fromJsonOrNull(labels),
    }));
  }

  count(runId: string): number {
    return this.#count.get(runId) as number;
  }
}
