import type { Database } from 'better-sqlite3';
import { fromJsonOrNull, toJsonOrNull } from './json.js';

export interface NewResult {
  /** Milliseconds since the epoch. */
  timestamp: number;
  /** Absent where no response came. */
  statusCode?: number | null;
  latencyMs: number;
  error?: string | null;
  traceData?: unknown;
}

export interface ResultRecord {
  id: number;
  runId: string;
  timestamp: number;
  statusCode: number | null;
  latencyMs: number;
  error: string | null;
  traceData: unknown;
}

export interface ResultListOptions {
  /** Default: all. */
  limit?: number | undefined;
  offset?: number | undefined;
  afterId?: number | undefined;
  /** True: only failures; false: only successes. */
  failed?: boolean | undefined;
}

interface Row {
  id: number;
  run_id: string;
  timestamp: number;
  status_code: number | null;
  latency_ms: number;
  error: string | null;
  trace_data: string | null;
}

const matching = `run_id = @runId AND (@failed IS NULL OR (error IS NOT NULL) = @failed)`;

/** Single exchanges: the one of a design run, the kept samples of a load run. */
export class ResultRepository {
  readonly #insert;
  readonly #list;
  readonly #count;
  readonly #insertMany;

  constructor(database: Database) {
    this.#insert = database.prepare(
      'INSERT INTO results (run_id, timestamp, status_code, latency_ms, error, trace_data) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.#list = database.prepare(
      `SELECT * FROM results WHERE ${matching} AND id > @afterId ORDER BY id LIMIT @limit OFFSET @offset`,
    );
    this.#count = database.prepare(`SELECT count(*) FROM results WHERE ${matching}`).pluck();
    this.#insertMany = database.transaction((runId: string, rows: readonly NewResult[]) => {
      for (const row of rows) this.insert(runId, row);
    });
  }

  insert(runId: string, row: NewResult): number {
    const { timestamp, statusCode = null, latencyMs, error = null, traceData } = row;
    const outcome = this.#insert.run(runId, timestamp, statusCode, latencyMs, error, toJsonOrNull(traceData));
    return Number(outcome.lastInsertRowid);
  }

  insertMany(runId: string, rows: readonly NewResult[]): void {
    this.#insertMany(runId, rows);
  }

  list(runId: string, options: ResultListOptions = {}): ResultRecord[] {
    const rows = this.#list.all({
      runId,
      failed: flag(options.failed),
      afterId: options.afterId ?? 0,
      limit: options.limit ?? -1,
      offset: options.offset ?? 0,
    }) as Row[];
    return rows.map((row) => ({
      id: row.id,
      runId: row.run_id,
      timestamp: row.timestamp,
      statusCode: row.status_code,
      latencyMs: row.latency_ms,
      error: row.error,
      traceData: fromJsonOrNull(row.trace_data),
    }));
  }

  count(runId: string, options: { failed?: boolean | undefined } = {}): number {
    return this.#count.get({ runId, failed: flag(options.failed) }) as number;
  }
}

function flag(value: boolean | undefined): number | null {
  return value === undefined ? null : Number(value);
}
