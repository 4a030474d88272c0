import type { ScriptSet, ScriptSource, Variables, VariableScopes } from '../engine/types.js';
import type { EncodeContext } from '../engine/request-encoder.js';
import { invalidInput, VayuError } from '../model/errors.js';
import {
  parseHttpRequest,
  type HeaderRow,
  type HttpRequest,
  type PartialRequest,
} from '../model/http-request.js';
import { Redactor, secretsOfAuth } from '../model/redaction.js';
import { decidesAuth, toRequestAuth } from '../model/resources-auth.js';
import { plainVariables, secretNames } from '../model/resources-variables.js';
import type { Collection, Environment, SavedRequest, SavedVariables } from '../model/resources.js';
import type { Store } from '../store/store.js';

/** A saved request that a script may run, or why it cannot be sent. */
export type Reference = { id: string } & ({ resolved: ResolvedRequest } | { error: string });

/** A request with everything that saved resources add to it. */
export interface ResolvedRequest {
  request: HttpRequest;
  context: EncodeContext;
  /** For what is stored. */
  redactor: Redactor;
  /** What the redactor masks. */
  secrets: string[];
  /** For what scripts said, on its way to the caller: it knows the vault's values only. */
  shownRedactor: Redactor;
  requestId: string | null;
  environmentId: string | null;
  /** Where variables that scripts change are saved. */
  environment?: Environment;
  /** Outermost first. */
  chain: Collection[];
  /** What `pm.execution.runRequest` can run in its scripts; absent: nothing. */
  references?: Reference[];
}

const requestKeys = [
  'name',
  'method',
  'url',
  'params',
  'headers',
  'body',
  'preRequestScript',
  'postRequestScript',
  'timeout',
  'connectTimeout',
  'followRedirects',
  'maxRedirects',
  'insecure',
  'proxy',
  'noProxy',
  'httpVersion',
  'clientCert',
  'caFile',
  'resolve',
  'unixSocket',
  'compressed',
  'cookies',
  'maxResponseSize',
  'variables',
] as const;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** Rows that the query of the URL does not have already: clients save parameters in both places. */
function rowsBesideUrl(url: string, rows: readonly HeaderRow[]): HeaderRow[] {
  const query = (url.split('#')[0] ?? '').split('?').slice(1).join('?');
  const present = new Set(query.split('&').map(decoded));
  return rows.filter(({ key, value }) => {
    const text = value === undefined || value === null ? '' : String(value);
    return !present.has(`${key}=${text}`) && !(text === '' && present.has(key));
  });
}

/** The fields of a saved request that say something, in the form of one that is sent. */
function fieldsOfSaved(saved: SavedRequest): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const key of requestKeys) {
    const value: unknown = saved[key];
    if (value === undefined || value === null || value === '') continue;
    if (key === 'variables') fields[key] = plainVariables(value as SavedVariables);
    else if (key === 'params') fields[key] = rowsBesideUrl(saved.url, saved.params);
    else fields[key] = value;
  }
  if (saved.auth !== null) fields['auth'] = toRequestAuth(saved.auth);
  return fields;
}

function savedRequest(store: Store, id: string): SavedRequest {
  const saved = store.requests.get(id);
  if (saved === undefined)
    throw new VayuError('not_found', `requestId: there is no saved request ${JSON.stringify(id)}`, {
      requestId: id,
    });
  return saved;
}

function savedEnvironment(store: Store, id: string): Environment {
  const environment = store.environments.get(id);
  if (environment === undefined) {
    throw new VayuError('not_found', `environmentId: there is no environment ${JSON.stringify(id)}`, {
      environmentId: id,
    });
  }
  return environment;
}

function savedChain(store: Store, id: string): Collection[] {
  const chain = store.collections.chain(id);
  if (chain.length === 0) {
    throw new VayuError('not_found', `collectionId: there is no collection ${JSON.stringify(id)}`, {
      collectionId: id,
    });
  }
  return chain;
}

function merge(given: PartialRequest, saved: SavedRequest): HttpRequest {
  const { tests, ...rest } = given;
  const own = tests === undefined ? rest : { ...rest, postRequestScript: tests };
  const variables = { ...(fieldsOfSaved(saved)['variables'] as object | undefined), ...given.variables };
  const merged: PartialRequest = parseHttpRequest({
    ...fieldsOfSaved(saved),
    ...own,
    ...(Object.keys(variables).length === 0 ? {} : { variables }),
  });
  if (merged.url === undefined) {
    throw invalidInput([
      { field: 'url', expected: 'a URL', actual: `none in the saved request ${saved.id}` },
    ]);
  }
  return merged as HttpRequest;
}

/** The authentication of the nearest collection that decides it. */
function inheritedAuth(chain: readonly Collection[]): HttpRequest['auth'] {
  const decider = chain.toReversed().find((collection) => decidesAuth(collection.auth));
  if (decider?.auth === undefined || decider.auth === null) return undefined;
  return parseHttpRequest({ url: 'http://inherited', auth: toRequestAuth(decider.auth) }).auth;
}

function chainScripts(chain: readonly Collection[]): ScriptSet {
  const scripts = (pick: (collection: Collection) => string): ScriptSource[] =>
    chain.flatMap((collection) =>
      pick(collection).trim() === ''
        ? []
        : [{ name: collection.name, code: pick(collection), owner: collection.name }],
    );
  return { preRequest: scripts((c) => c.preRequestScript), test: scripts((c) => c.postRequestScript) };
}

export function chainVariables(chain: readonly Collection[]): Variables {
  return Object.assign({}, ...chain.map((collection) => plainVariables(collection.variables))) as Variables;
}

function secretValues(saved: SavedVariables): string[] {
  const plain = plainVariables(saved);
  return secretNames(saved).flatMap((name) => (typeof plain[name] === 'string' ? [plain[name]] : []));
}

/**
 * Completes a request from what it names: the saved request's fields under its own, authentication, variables and scripts of its collections,
 * the environment's and the global variables. `collectionId` is where a request that is not saved lies. Throws `not_found` for an unknown id.
 */
export function resolveRequest(
  store: Store,
  given: PartialRequest,
  collectionId = given.collectionId,
): ResolvedRequest {
  const saved = given.requestId === undefined ? undefined : savedRequest(store, given.requestId);
  const environment =
    given.environmentId === undefined ? undefined : savedEnvironment(store, given.environmentId);
  const collection = saved === undefined ? collectionId : saved.collectionId;
  const chain = collection == null ? [] : savedChain(store, collection);
  const merged = saved === undefined ? (given as HttpRequest) : merge(given, saved);
  const auth =
    merged.auth === undefined || merged.auth.type === 'inherit' ? inheritedAuth(chain) : merged.auth;
  const { auth: _own, ...rest } = merged;
  const request: HttpRequest = auth === undefined ? rest : { ...rest, auth };
  const globals = store.globals.get().variables;
  const variables: VariableScopes = {
    ...(environment === undefined ? {} : { environment: plainVariables(environment.variables) as Variables }),
    ...(chain.length === 0 ? {} : { collection: chainVariables(chain) }),
    globals: plainVariables(globals) as Variables,
  };
  const vaultSecrets = Object.values(request.vault ?? {}).map(String);
  const secrets = [
    ...secretsOfAuth(request.auth),
    ...vaultSecrets,
    ...secretValues(globals),
    ...(environment === undefined ? [] : secretValues(environment.variables)),
    ...chain.flatMap((collection) => secretValues(collection.variables)),
  ];
  const keyHeader = request.auth?.type === 'apikey' && request.auth.in !== 'query' ? [request.auth.key] : [];
  const name = request.name ?? saved?.name;
  return {
    request,
    context: {
      variables,
      inheritedScripts: chainScripts(chain),
      info: {
        ...(name === undefined ? {} : { requestName: name }),
        ...(saved === undefined ? {} : { requestId: saved.id }),
        location: [...chain.map((one) => one.name), ...(name === undefined ? [] : [name])],
      },
    },
    redactor: new Redactor(secrets, keyHeader),
    secrets,
    shownRedactor: new Redactor(vaultSecrets),
    requestId: saved?.id ?? null,
    environmentId: environment?.id ?? null,
    ...(environment === undefined ? {} : { environment }),
    chain,
  };
}
