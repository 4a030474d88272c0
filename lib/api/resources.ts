import * as z from 'zod';
import { VayuError } from '../model/errors.js';
import { parseInput } from '../model/validation.js';
import type { Store } from '../store/store.js';
import { fromSavedSpelling } from './client-spelling.js';
import { notFound } from './errors.js';
import { idSchema, route, type Route } from './route.js';
import {
  collectionAnswer,
  collectionBody,
  deletedAnswer,
  environmentAnswer,
  environmentBody,
  globalsAnswer,
  globalsBody,
  reorderAnswer,
  reorderBody,
  requestAnswer,
  requestBody,
} from './schemas.js';

/** What a repository of the store offers for one kind of resource. */
interface Repository<T, P> {
  get(id: string): T | undefined;
  create(patch: P, id?: string): T;
  update(id: string, patch: P): T | undefined;
  delete(id: string): boolean;
}

interface Kind<B extends z.ZodType, T, P> {
  path: string;
  /** As messages call it. */
  noun: string;
  tag: string;
  body: B;
  answer: z.ZodType;
  repository: Repository<T, P>;
}

function present<T>(value: T | undefined, noun: string, id: string): T {
  if (value === undefined) throw notFound(noun, id);
  return value;
}

function nameGiven(body: { name?: unknown }): void {
  if (typeof body.name !== 'string') {
    throw new VayuError('bad_request', 'name: expected a string, got nothing. Add "name"', { field: 'name' });
  }
}

/** POST creates or changes, PUT changes, GET reads and DELETE deletes one resource of a kind. */
function operationsOf<B extends z.ZodType<{ id?: string | undefined; name?: unknown }>, T, P>(
  kind: Kind<B, T, P>,
): Route[] {
  const { path, noun, tag, body, answer, repository } = kind;
  const one = `${path}/:id` as const;
  const parseBody = (input: unknown): z.output<B> => parseInput(body, fromSavedSpelling(input));
  return [
    route({
      method: 'post',
      paths: [path],
      tag,
      summary: `Create a ${noun}, or change the one that has the given id`,
      body,
      parseBody,
      answer,
      handle: (call) => {
        const { id, ...patch } = call.body as { id?: string } & Record<string, unknown>;
        const changed = id === undefined ? undefined : repository.update(id, patch as P);
        if (changed !== undefined) return changed;
        nameGiven(patch);
        return repository.create(patch as P, id);
      },
    }),
    route({
      method: 'get',
      paths: [one],
      tag,
      summary: `Read a ${noun}`,
      answer,
      handle: ({ params: { id = '' } }) => present(repository.get(id), noun, id),
    }),
    route({
      method: 'put',
      paths: [one],
      tag,
      summary: `Change a ${noun}: absent fields keep their values, null resets one`,
      body,
      parseBody,
      answer,
      handle: (call) => {
        const { id = '' } = call.params;
        const { id: repeated, ...patch } = call.body as { id?: string } & Record<string, unknown>;
        if (repeated !== undefined && repeated !== id) {
          throw new VayuError(
            'bad_request',
            `id: expected ${JSON.stringify(id)} as in the path, got ${JSON.stringify(repeated)}`,
            {
              field: 'id',
            },
          );
        }
        return present(repository.update(id, patch as P), noun, id);
      },
    }),
    route({
      method: 'delete',
      paths: [one],
      tag,
      summary: `Delete a ${noun}`,
      answer: deletedAnswer,
      handle: ({ params: { id = '' } }) => {
        if (!repository.delete(id)) throw notFound(noun, id);
        return { deleted: true, id };
      },
    }),
  ];
}

export function collectionRoutes(store: Store): Route[] {
  return [
    route({
      method: 'get',
      paths: ['/collections'],
      tag: 'Collections',
      summary: 'List all collections in display order; `parentId` makes the tree',
      answer: z.array(collectionAnswer),
      handle: () => store.collections.list(),
    }),
    ...operationsOf({
      path: '/collections',
      noun: 'collection',
      tag: 'Collections',
      body: collectionBody,
      answer: collectionAnswer,
      repository: store.collections,
    }),
    route({
      method: 'post',
      paths: ['/reorder'],
      tag: 'Collections',
      summary: 'Move collections and requests, all or none',
      body: reorderBody,
      answer: reorderAnswer,
      handle: ({ body }) => reorder(store, body),
    }),
  ];
}

function reorder(store: Store, change: z.output<typeof reorderBody>): z.output<typeof reorderAnswer> {
  const collections = new Set<string>();
  const requests = new Set<string>();
  store.transaction(() => {
    for (const scope of change.normalize) {
      const isCollection = scope.type === 'collection';
      const siblings = isCollection
        ? store.collections.list().filter(({ parentId }) => parentId === scope.parentId)
        : store.requests.list().filter(({ collectionId }) => collectionId === scope.collectionId);
      siblings.forEach(({ id }, order) => {
        (isCollection ? store.collections : store.requests).update(id, { order });
        (isCollection ? collections : requests).add(id);
      });
    }
    for (const { type, ...move } of change.moves) {
      const { id, ...patch } = move;
      if (type === 'collection') {
        present(store.collections.update(id, patch), 'collection', id);
        collections.add(id);
      } else {
        present(store.requests.update(id, patch), 'request', id);
        requests.add(id);
      }
    }
  });
  return {
    collections: [...collections].map((id) => present(store.collections.get(id), 'collection', id)),
    requests: [...requests].map((id) => present(store.requests.get(id), 'request', id)),
  };
}

export function requestRoutes(store: Store): Route[] {
  return [
    route({
      method: 'get',
      paths: ['/requests'],
      tag: 'Requests',
      summary: 'List saved requests in display order',
      query: z.strictObject({ collectionId: idSchema.optional() }),
      answer: z.array(requestAnswer),
      handle: ({ query }) => store.requests.list(query),
    }),
    ...operationsOf({
      path: '/requests',
      noun: 'request',
      tag: 'Requests',
      body: requestBody,
      answer: requestAnswer,
      repository: store.requests,
    }),
  ];
}

export function environmentRoutes(store: Store): Route[] {
  return [
    route({
      method: 'get',
      paths: ['/environments'],
      tag: 'Environments',
      summary: 'List all environments',
      answer: z.array(environmentAnswer),
      handle: () => store.environments.list(),
    }),
    ...operationsOf({
      path: '/environments',
      noun: 'environment',
      tag: 'Environments',
      body: environmentBody,
      answer: environmentAnswer,
      repository: store.environments,
    }),
  ];
}

export function globalsRoutes(store: Store): Route[] {
  const replace = {
    paths: ['/globals'] as [string],
    tag: 'Globals',
    summary: 'Replace the variables that every request sees',
    body: globalsBody,
    answer: globalsAnswer,
    handle: ({ body }: { body: z.output<typeof globalsBody> }) => store.globals.set(body.variables),
  };
  return [
    route({
      method: 'get',
      paths: ['/globals'],
      tag: 'Globals',
      summary: 'Read the variables that every request sees',
      answer: globalsAnswer,
      handle: () => store.globals.get(),
    }),
    route({ method: 'put', ...replace }),
    route({ method: 'post', ...replace }),
  ];
}
