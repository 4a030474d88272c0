import type { Database } from 'better-sqlite3';
import type { Environment, EnvironmentPatch, SavedVariables } from '../model/resources.js';
import { newId } from './ids.js';
import { fromJson, toJson } from './json.js';
import { patched } from './patch.js';

interface Row {
  id: string;
  name: string;
  description: string;
  is_active: number;
  variables: string;
  created_at: number;
  updated_at: number;
}

/** Environments: named sets of variables, of which at most one is active. */
export class EnvironmentRepository {
  readonly #get;
  readonly #list;
  readonly #upsert;
  readonly #deactivateOthers;
  readonly #delete;
  readonly #create;
  readonly #update;

  constructor(database: Database) {
    this.#get = database.prepare('SELECT * FROM environments WHERE id = ?');
    this.#list = database.prepare('SELECT * FROM environments ORDER BY created_at, id');
    this.#upsert = database.prepare(
      `INSERT INTO environments VALUES (@id, @name, @description, @isActive, @variables, @createdAt, @updatedAt)
       ON CONFLICT (id) DO UPDATE SET name = @name, description = @description, is_active = @isActive,
         variables = @variables, updated_at = @updatedAt`,
    );
    this.#deactivateOthers = database.prepare(
      'UPDATE environments SET is_active = 0 WHERE id <> ? AND is_active',
    );
    this.#delete = database.prepare('DELETE FROM environments WHERE id = ?');
    this.#create = database.transaction((id: string, patch: EnvironmentPatch) => {
      const now = Date.now();
      const fresh: Environment = {
        id,
        name: 'New environment',
        description: '',
        isActive: false,
        variables: {},
        createdAt: now,
        updatedAt: now,
      };
      return this.#write(fresh, patch, now);
    });
    this.#update = database.transaction((id: string, patch: EnvironmentPatch) => {
      const present = this.get(id);
      return present && this.#write(present, patch, Date.now());
    });
  }

  list(): Environment[] {
    return (this.#list.all() as Row[]).map(toEnvironment);
  }

  get(id: string): Environment | undefined {
    const row = this.#get.get(id) as Row | undefined;
    return row && toEnvironment(row);
  }

  create(patch: EnvironmentPatch, id = newId('env')): Environment {
    return this.#create(id, patch);
  }

  update(id: string, patch: EnvironmentPatch): Environment | undefined {
    return this.#update(id, patch);
  }

  delete(id: string): boolean {
    return this.#delete.run(id).changes > 0;
  }

  #write(present: Environment, patch: EnvironmentPatch, now: number): Environment {
    const next: Environment = {
      ...present,
      name: patch.name ?? present.name,
      description: patched(patch.description, present.description, ''),
      isActive: patched(patch.isActive, present.isActive, false),
      variables: patched(patch.variables, present.variables, {}),
      updatedAt: now,
    };
    if (next.isActive && !present.isActive) this.#deactivateOthers.run(next.id);
    this.#upsert.run({ ...next, isActive: Number(next.isActive), variables: toJson(next.variables) });
    return next;
  }
}

function toEnvironment(row: Row): Environment {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    isActive: row.is_active !== 0,
    variables: fromJson(row.variables) as SavedVariables,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
