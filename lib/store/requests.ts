import type { Database } from 'better-sqlite3';
import { VayuError } from '../model/errors.js';
import {
  requestOptionNames,
  type RequestOptions,
  type RequestPatch,
  type SavedAuth,
  type SavedRequest,
} from '../model/resources.js';
import { newId } from './ids.js';
import { fromJson, fromJsonOrNull, toJson, toJsonOrNull } from './json.js';
import { patched } from './patch.js';

interface Row {
  id: string;
  collection_id: string | null;
  name: string;
  description: string;
  position: number;
  method: string;
  url: string;
  params: string;
  headers: string;
  body: string | null;
  auth: string | null;
  pre_request_script: string;
  post_request_script: string;
  options: string;
  created_at: number;
  updated_at: number;
}

/** Saved requests. */
export class RequestRepository {
  readonly #get;
  readonly #list;
  readonly #upsert;
  readonly #delete;
  readonly #nextPosition;
  readonly #collectionExists;
  readonly #create;
  readonly #update;

  constructor(database: Database) {
    this.#get = database.prepare('SELECT * FROM requests WHERE id = ?');
    this.#list = database.prepare(
      'SELECT * FROM requests WHERE @collectionId IS NULL OR collection_id = @collectionId ORDER BY position, id',
    );
    this.#upsert = database.prepare(
      `INSERT INTO requests VALUES (@id, @collectionId, @name, @description, @order, @method, @url, @params, @headers, @body,
         @auth, @preRequestScript, @postRequestScript, @options, @createdAt, @updatedAt)
       ON CONFLICT (id) DO UPDATE SET collection_id = @collectionId, name = @name, description = @description,
         position = @order, method = @method, url = @url, params = @params, headers = @headers, body = @body, auth = @auth,
         pre_request_script = @preRequestScript, post_request_script = @postRequestScript, options = @options,
         updated_at = @updatedAt`,
    );
    this.#delete = database.prepare('DELETE FROM requests WHERE id = ?');
    this.#nextPosition = database
      .prepare('SELECT coalesce(max(position) + 1, 0) FROM requests WHERE collection_id IS ?')
      .pluck();
    this.#collectionExists = database.prepare('SELECT 1 FROM collections WHERE id = ?').pluck();
    this.#create = database.transaction((id: string, patch: RequestPatch) => {
      const now = Date.now();
      return this.#write({ ...this.#defaults(id, patch.collectionId ?? null), createdAt: now }, patch, now);
    });
    this.#update = database.transaction((id: string, patch: RequestPatch) => {
      const present = this.get(id);
      return present && this.#write(present, patch, Date.now());
    });
  }

  /** In display order. */
  list(filter: { collectionId?: string | undefined } = {}): SavedRequest[] {
    return (this.#list.all({ collectionId: filter.collectionId ?? null }) as Row[]).map(toRequest);
  }

  get(id: string): SavedRequest | undefined {
    const row = this.#get.get(id) as Row | undefined;
    return row && toRequest(row);
  }

  create(patch: RequestPatch, id = newId('req')): SavedRequest {
    return this.#create(id, patch);
  }

  update(id: string, patch: RequestPatch): SavedRequest | undefined {
    return this.#update(id, patch);
  }

  delete(id: string): boolean {
    return this.#delete.run(id).changes > 0;
  }

  #defaults(id: string, collectionId: string | null): SavedRequest {
    return {
      id,
      collectionId,
      name: 'New request',
      description: '',
      order: this.#nextPosition.get(collectionId) as number,
      method: 'GET',
      url: '',
      params: [],
      headers: [],
      body: null,
      auth: null,
      preRequestScript: '',
      postRequestScript: '',
      createdAt: 0,
      updatedAt: 0,
    };
  }

  #write(present: SavedRequest, patch: RequestPatch, now: number): SavedRequest {
    const collectionId = patch.collectionId === undefined ? present.collectionId : patch.collectionId;
    if (collectionId !== null && this.#collectionExists.get(collectionId) === undefined) {
      throw new VayuError('bad_request', `collectionId: there is no collection ${collectionId}`, {
        field: 'collectionId',
      });
    }
    const moved = collectionId !== present.collectionId;
    const fields = {
      id: present.id,
      collectionId,
      name: patch.name ?? present.name,
      description: patched(patch.description, present.description, ''),
      order: patch.order ?? (moved ? (this.#nextPosition.get(collectionId) as number) : present.order),
      method: patched(patch.method, present.method, 'GET'),
      url: patched(patch.url, present.url, ''),
      params: patched(patch.params, present.params, []),
      headers: patched(patch.headers, present.headers, []),
      body: patched(patch.body, present.body, null),
      auth: patched(patch.auth, present.auth, null),
      preRequestScript: patched(patch.preRequestScript, present.preRequestScript, ''),
      postRequestScript: patched(patch.postRequestScript, present.postRequestScript, ''),
      createdAt: present.createdAt,
      updatedAt: now,
    };
    const options = patchedOptions(present, patch);
    this.#upsert.run({
      ...fields,
      params: toJson(fields.params),
      headers: toJson(fields.headers),
      body: toJsonOrNull(fields.body),
      auth: toJsonOrNull(fields.auth),
      options: toJson(options),
    });
    return { ...fields, ...options };
  }
}

function patchedOptions(present: RequestOptions, patch: RequestPatch): RequestOptions {
  const entries = requestOptionNames.map((name) => [
    name,
    patched<unknown>(patch[name], present[name], undefined),
  ]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as RequestOptions;
}

function toRequest(row: Row): SavedRequest {
  return {
    id: row.id,
    collectionId: row.collection_id,
    name: row.name,
    description: row.description,
    order: row.position,
    method: row.method,
    url: row.url,
    params: fromJson(row.params) as SavedRequest['params'],
    headers: fromJson(row.headers) as SavedRequest['headers'],
    body: fromJsonOrNull(row.body),
    auth: fromJsonOrNull(row.auth) as SavedAuth | null,
    preRequestScript: row.pre_request_script,
    postRequestScript: row.post_request_script,
    ...(fromJson(row.options) as RequestOptions),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
