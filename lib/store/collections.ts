import type { Database } from 'better-sqlite3';
import { VayuError } from '../model/errors.js';
import type { Collection, CollectionPatch, SavedAuth, SavedVariables } from '../model/resources.js';
import { newId } from './ids.js';
import { fromJson, fromJsonOrNull, toJson, toJsonOrNull } from './json.js';
import { patched } from './patch.js';

interface Row {
  id: string;
  parent_id: string | null;
  name: string;
  description: string;
  position: number;
  variables: string;
  auth: string | null;
  pre_request_script: string;
  post_request_script: string;
  created_at: number;
  updated_at: number;
}

/** Collections: a forest whose inner nodes serve as folders. */
export class CollectionRepository {
  readonly #get;
  readonly #list;
  readonly #upsert;
  readonly #delete;
  readonly #chain;
  readonly #nextPosition;
  readonly #create;
  readonly #update;

  constructor(database: Database) {
    this.#get = database.prepare('SELECT * FROM collections WHERE id = ?');
    this.#list = database.prepare('SELECT * FROM collections ORDER BY position, id');
    this.#upsert = database.prepare(
      `INSERT INTO collections VALUES (@id, @parentId, @name, @description, @order, @variables, @auth, @preRequestScript,
         @postRequestScript, @createdAt, @updatedAt)
       ON CONFLICT (id) DO UPDATE SET parent_id = @parentId, name = @name, description = @description, position = @order,
         variables = @variables, auth = @auth, pre_request_script = @preRequestScript,
         post_request_script = @postRequestScript, updated_at = @updatedAt`,
    );
    this.#delete = database.prepare('DELETE FROM collections WHERE id = ?');
    this.#chain = database.prepare(
      `WITH RECURSIVE chain (id, parent_id, depth) AS (
         SELECT id, parent_id, 0 FROM collections WHERE id = ?
         UNION ALL
         SELECT c.id, c.parent_id, depth + 1 FROM collections c JOIN chain ON c.id = chain.parent_id)
       SELECT c.* FROM chain JOIN collections c USING (id) ORDER BY depth DESC`,
    );
    this.#nextPosition = database
      .prepare('SELECT coalesce(max(position) + 1, 0) FROM collections WHERE parent_id IS ?')
      .pluck();
    this.#create = database.transaction((id: string, patch: CollectionPatch) => {
      const now = Date.now();
      return this.#write({ ...this.#defaults(id, patch.parentId ?? null), createdAt: now }, patch, now);
    });
    this.#update = database.transaction((id: string, patch: CollectionPatch) => {
      const present = this.get(id);
      return present && this.#write(present, patch, Date.now());
    });
  }

  /** In display order, whatever their depth. */
  list(): Collection[] {
    return (this.#list.all() as Row[]).map(toCollection);
  }

  get(id: string): Collection | undefined {
    const row = this.#get.get(id) as Row | undefined;
    return row && toCollection(row);
  }

  /** From the outermost ancestor down to the collection itself; empty where it does not exist. */
  chain(id: string): Collection[] {
    return (this.#chain.all(id) as Row[]).map(toCollection);
  }

  create(patch: CollectionPatch, id = newId('col')): Collection {
    return this.#create(id, patch);
  }

  update(id: string, patch: CollectionPatch): Collection | undefined {
    return this.#update(id, patch);
  }

  /** Deletes it with the collections and requests in it. */
  delete(id: string): boolean {
    return this.#delete.run(id).changes > 0;
  }

  #defaults(id: string, parentId: string | null): Collection {
    return {
      id,
      name: 'New collection',
      parentId,
      description: '',
      order: this.#nextPosition.get(parentId) as number,
      variables: {},
      auth: null,
      preRequestScript: '',
      postRequestScript: '',
      createdAt: 0,
      updatedAt: 0,
    };
  }

  #write(present: Collection, patch: CollectionPatch, now: number): Collection {
    const parentId = patch.parentId === undefined ? present.parentId : patch.parentId;
    this.#checkParent(present.id, parentId);
    const moved = parentId !== present.parentId;
    const next: Collection = {
      ...present,
      parentId,
      name: patch.name ?? present.name,
      description: patched(patch.description, present.description, ''),
      order: patch.order ?? (moved ? (this.#nextPosition.get(parentId) as number) : present.order),
      variables: patched(patch.variables, present.variables, {}),
      auth: patched(patch.auth, present.auth, null),
      preRequestScript: patched(patch.preRequestScript, present.preRequestScript, ''),
      postRequestScript: patched(patch.postRequestScript, present.postRequestScript, ''),
      updatedAt: now,
    };
    this.#upsert.run({ ...next, variables: toJson(next.variables), auth: toJsonOrNull(next.auth) });
    return next;
  }

  #checkParent(id: string, parentId: string | null): void {
    if (parentId === null) return;
    const ancestors = this.chain(parentId);
    if (parentId !== id && ancestors.length === 0) {
      throw new VayuError('bad_request', `parentId: there is no collection ${parentId}`, {
        field: 'parentId',
      });
    }
    if (parentId === id || ancestors.some((ancestor) => ancestor.id === id)) {
      throw new VayuError(
        'bad_request',
        `parentId: ${parentId} lies in ${id} itself, which would be a cycle`,
        {
          field: 'parentId',
        },
      );
    }
  }
}

function toCollection(row: Row): Collection {
  return {
    id: row.id,
    parentId: row.parent_id,
    name: row.name,
    description: row.description,
    order: row.position,
    variables: fromJson(row.variables) as SavedVariables,
    auth: fromJsonOrNull(row.auth) as SavedAuth | null,
    preRequestScript: row.pre_request_script,
    postRequestScript: row.post_request_script,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
