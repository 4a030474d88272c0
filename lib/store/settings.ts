import type { Database } from 'better-sqlite3';
import { fromJson, toJson } from './json.js';

export interface SettingRecord {
  value: unknown;
  /** Milliseconds since the epoch. */
  updatedAt: number;
}

/** The `kv_store` table: JSON values by key. */
export class SettingRepository {
  readonly #get;
  readonly #all;
  readonly #set;
  readonly #delete;

  constructor(database: Database) {
    this.#get = database.prepare('SELECT value FROM kv_store WHERE key = ?').pluck();
    this.#all = database.prepare('SELECT key, value, updated_at FROM kv_store ORDER BY key');
    this.#set = database.prepare(
      `INSERT INTO kv_store (key, value, updated_at) VALUES (?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at`,
    );
    this.#delete = database.prepare('DELETE FROM kv_store WHERE key = ?');
  }

  get(key: string): unknown {
    const text = this.#get.get(key) as string | undefined;
    return text === undefined ? undefined : fromJson(text);
  }

  all(): Map<string, SettingRecord> {
    const rows = this.#all.all() as { key: string; value: string; updated_at: number }[];
    return new Map(rows.map((row) => [row.key, { value: fromJson(row.value), updatedAt: row.updated_at }]));
  }

  set(key: string, value: unknown): void {
    this.#set.run(key, toJson(value), Date.now());
  }

  delete(key: string): boolean {
    return this.#delete.run(key).changes > 0;
  }
}
