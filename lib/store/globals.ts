import type { Database } from 'better-sqlite3';
import type { Globals, SavedVariables } from '../model/resources.js';
import { fromJson, toJson } from './json.js';

/** The one set of variables that every request sees. */
export class GlobalsRepository {
  readonly #get;
  readonly #set;

  constructor(database: Database) {
    this.#get = database.prepare('SELECT variables, updated_at FROM globals WHERE id = 1');
    this.#set = database.prepare('UPDATE globals SET variables = ?, updated_at = ? WHERE id = 1');
  }

  get(): Globals {
    const row = this.#get.get() as { variables: string; updated_at: number };
    return { id: 'globals', variables: fromJson(row.variables) as SavedVariables, updatedAt: row.updated_at };
  }

  set(variables: SavedVariables): Globals {
    this.#set.run(toJson(variables), Date.now());
    return this.get();
  }
}
