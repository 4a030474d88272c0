import type { Database } from 'better-sqlite3';
import { newId } from './ids.js';
import { fromJson, toJson } from './json.js';

export const runTypes = ['design', 'load'] as const;
export type RunType = (typeof runTypes)[number];
export const runStatuses = ['pending', 'running', 'completed', 'stopped', 'failed'] as const;
export type RunStatus = (typeof runStatuses)[number];

export interface RunRecord {
  id: string;
  requestId: string | null;
  environmentId: string | null;
  type: RunType;
  status: RunStatus;
  /** The configuration as it was when the run began. */
  configSnapshot: unknown;
  /** Why it failed. */
  error: string | null;
  /** Milliseconds since the epoch. */
  startTime: number;
  endTime: number | null;
}

export interface NewRun {
  /** Default: a new `run_…`. */
  id?: string;
  /** An id that names no saved request is stored as null. */
  requestId?: string | null;
  environmentId?: string | null;
  type: RunType;
  /** Default `pending`. */
  status?: RunStatus;
  configSnapshot: unknown;
  /** Default: now. */
  startTime?: number;
}

export interface RunFilter {
  status?: RunStatus | undefined;
  type?: RunType | undefined;
  requestId?: string | undefined;
  /** Text that the configuration contains, letters compared without case. */
  text?: string | undefined;
}

export interface RunListOptions extends RunFilter {
  /** Default: all. */
  limit?: number | undefined;
  offset?: number | undefined;
  /** A run's id: only runs that began before it. */
  before?: string | undefined;
}

interface Row {
  id: string;
  request_id: string | null;
  environment_id: string | null;
  type: RunType;
  status: RunStatus;
  config_snapshot: string;
  error: string | null;
  start_time: number;
  end_time: number | null;
}

const matching = `(@status IS NULL OR status = @status) AND (@type IS NULL OR type = @type)
  AND (@requestId IS NULL OR request_id = @requestId)
  AND (@text IS NULL OR instr(lower(config_snapshot), lower(@text)) > 0)`;

export class RunRepository {
  readonly #insert;
  readonly #get;
  readonly #list;
  readonly #count;
  readonly #update;
  readonly #delete;
  readonly #putReport;
  readonly #getReport;
  readonly #interrupt;
  readonly #pruneByAge;
  readonly #pruneByCount;

  constructor(database: Database) {
    this.#insert = database.prepare(
      `INSERT INTO runs (id, request_id, environment_id, type, status, config_snapshot, start_time)
       VALUES (@id, (SELECT id FROM requests WHERE id = @requestId), (SELECT id FROM environments WHERE id = @environmentId),
               @type, @status, @configSnapshot, @startTime)
       RETURNING *`,
    );
    this.#get = database.prepare('SELECT * FROM runs WHERE id = ?');
    this.#list = database.prepare(
      `SELECT * FROM runs WHERE ${matching}
         AND (@before IS NULL OR (start_time, id) < (SELECT start_time, id FROM runs WHERE id = @before))
       ORDER BY start_time DESC, id DESC LIMIT @limit OFFSET @offset`,
    );
    this.#count = database.prepare(`SELECT count(*) FROM runs WHERE ${matching}`).pluck();
    this.#update = database.prepare(
      `UPDATE runs SET status = @status, end_time = coalesce(@endTime, end_time), error = coalesce(@error, error) WHERE id = @id`,
    );
    this.#delete = database.prepare('DELETE FROM runs WHERE id = ?');
    this.#putReport = database.prepare(
      'INSERT INTO reports (run_id, report) VALUES (?, ?) ON CONFLICT (run_id) DO UPDATE SET report = excluded.report',
    );
    this.#getReport = database.prepare('SELECT report FROM reports WHERE run_id = ?').pluck();
    this.#interrupt = database.prepare(
      `UPDATE runs SET status = 'failed', error = 'The engine ended while the run was under way',
              end_time = max(start_time, coalesce((SELECT max(timestamp) FROM metrics WHERE run_id = runs.id), start_time))
       WHERE status IN ('pending', 'running') RETURNING *`,
    );
    const ended = `status NOT IN ('pending', 'running')`;
    this.#pruneByAge = database.prepare(`DELETE FROM runs WHERE ${ended} AND start_time < ?`);
    this.#pruneByCount = database.prepare(
      `DELETE FROM runs WHERE id IN (
         SELECT id FROM runs WHERE ${ended} ORDER BY start_time DESC, id DESC LIMIT -1 OFFSET ?)`,
    );
  }

  insert(run: NewRun): RunRecord {
    const row = this.#insert.get({
      id: run.id ?? newId('run'),
      requestId: run.requestId ?? null,
      environmentId: run.environmentId ?? null,
      type: run.type,
      status: run.status ?? 'pending',
      configSnapshot: toJson(run.configSnapshot),
      startTime: run.startTime ?? Date.now(),
    });
    return toRecord(row as Row);
  }

  get(id: string): RunRecord | undefined {
    const row = this.#get.get(id) as Row | undefined;
    return row && toRecord(row);
  }

  /** Newest first. */
  list(options: RunListOptions = {}): RunRecord[] {
    const rows = this.#list.all({
      ...filterValues(options),
      before: options.before ?? null,
      limit: options.limit ?? -1,
      offset: options.offset ?? 0,
    });
    return (rows as Row[]).map(toRecord);
  }

  count(filter: RunFilter = {}): number {
    return this.#count.get(filterValues(filter)) as number;
  }

  /** False where there is no such run. */
  updateStatus(id: string, status: RunStatus, change: { endTime?: number; error?: string } = {}): boolean {
    const values = { id, status, endTime: change.endTime ?? null, error: change.error ?? null };
    return this.#update.run(values).changes > 0;
  }

  /** Deletes the run and everything stored for it. */
  delete(id: string): boolean {
    return this.#delete.run(id).changes > 0;
  }

  saveReport(id: string, report: unknown): void {
    this.#putReport.run(id, toJson(report));
  }

  getReport(id: string): unknown {
    const text = this.#getReport.get(id) as string | undefined;
    return text === undefined ? undefined : fromJson(text);
  }

  /** Runs that a former process left `pending` or `running` become `failed`, ended at their last stored second. */
  markInterrupted(): RunRecord[] {
    return (this.#interrupt.all() as Row[]).map(toRecord);
  }

  /** Deletes ended runs beyond the `maxCount` newest and those that began before `olderThan` (ms since the epoch). */
  prune(limits: { maxCount?: number; olderThan?: number }): number {
    let deleted = 0;
    if (limits.olderThan !== undefined) deleted += this.#pruneByAge.run(limits.olderThan).changes;
    if (limits.maxCount !== undefined) deleted += this.#pruneByCount.run(limits.maxCount).changes;
    return deleted;
  }
}

function filterValues(filter: RunFilter): Record<keyof RunFilter, string | null> {
  return {
    status: filter.status ?? null,
    type: filter.type ?? null,
    requestId: filter.requestId ?? null,
    text: filter.text ?? null,
  };
}

function toRecord(row: Row): RunRecord {
  return {
    id: row.id,
    requestId: row.request_id,
    environmentId: row.environment_id,
    type: row.type,
    status: row.status,
    configSnapshot: fromJson(row.config_snapshot),
    error: row.error,
    startTime: row.start_time,
    endTime: row.end_time,
  };
}
