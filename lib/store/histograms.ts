import type { Database } from 'better-sqlite3';

export interface NewHistogram {
  name: string;
  /** What the second added, in HdrHistogram's V2 encoding. */
  data: Uint8Array;
}

export interface HistogramRecord extends NewHistogram {
  /** Whole seconds since the run's start. */
  second: number;
}

export interface HistogramListOptions {
  name?: string | undefined;
  /** Seconds since the run's start, both included. */
  fromSecond?: number | undefined;
  toSecond?: number | undefined;
}

/** A run's histograms, second by second: any window's percentiles come from adding its rows up. */
export class HistogramRepository {
  readonly #insert;
  readonly #list;
  readonly #insertMany;

  constructor(database: Database) {
    this.#insert = database.prepare(
      `INSERT INTO histograms (run_id, second, name, data) VALUES (?, ?, ?, ?)
       ON CONFLICT (run_id, second, name) DO UPDATE SET data = excluded.data`,
    );
    this.#list = database.prepare(
      `SELECT second, name, data FROM histograms WHERE run_id = @runId AND (@name IS NULL OR name = @name)
         AND second >= @fromSecond AND (@toSecond IS NULL OR second <= @toSecond)
       ORDER BY second, name`,
    );
    this.#insertMany = database.transaction(
      (runId: string, second: number, rows: readonly NewHistogram[]) => {
        for (const row of rows) this.#insert.run(runId, second, row.name, row.data);
      },
    );
  }

  /** Stores a second's deltas; those of a second that is already there are replaced. */
  insertMany(runId: string, second: number, rows: readonly NewHistogram[]): void {
    this.#insertMany(runId, second, rows);
  }

  list(runId: string, options: HistogramListOptions = {}): HistogramRecord[] {
    return this.#list.all({
      runId,
      name: options.name ?? null,
      fromSecond: options.fromSecond ?? 0,
      toSecond: options.toSecond ?? null,
    }) as HistogramRecord[];
  }
}
