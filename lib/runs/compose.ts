import { addQuery, queryText } from '../engine/request-url.js';
import { TemplateResolver } from '../engine/templates.js';
import { scriptText, type PartialRequest } from '../model/http-request.js';
import type { Collection } from '../model/resources.js';
import type { Store } from '../store/store.js';
import { resolveRequest } from './resolve-request.js';

/** A script and where it comes from, in order of execution. */
export interface ScriptPart {
  origin: 'collection' | 'request';
  id?: string;
  name?: string;
  script: string;
}

/** A request with nothing left to look up but dynamic variables: what would be sent. */
export interface ComposedRequest {
  method: string;
  url: string;
  /** An array of rows where a name occurs more than once. */
  headers: Record<string, string> | { key: string; value: string }[];
  preRequestScripts: ScriptPart[];
  postRequestScripts: ScriptPart[];
  warnings: string[];
  [field: string]: unknown;
}

function resolveDeep(value: unknown, resolver: TemplateResolver): unknown {
  if (typeof value === 'string') return resolver.resolve(value);
  if (Array.isArray(value)) return value.map((one) => resolveDeep(one, resolver));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, resolveDeep(one, resolver)]));
}

interface Row {
  key: string;
  value?: string | number | boolean | null | undefined;
  enabled?: boolean | undefined;
  disabled?: boolean | undefined;
}

function activeRows(rows: readonly Row[], resolver: TemplateResolver): { key: string; value: string }[] {
  return rows
    .filter((row) => row.enabled !== false && row.disabled !== true && row.key !== '')
    .map((row) => ({ key: resolver.resolve(row.key), value: resolver.resolve(String(row.value ?? '')) }));
}

function headersOf(
  headers: PartialRequest['headers'],
  resolver: TemplateResolver,
): ComposedRequest['headers'] {
  const rows: readonly Row[] = Array.isArray(headers)
    ? headers
    : Object.entries(headers ?? {}).flatMap(([key, value]) =>
        (Array.isArray(value) ? value : [value]).map((one) => ({ key, value: one })),
      );
  const active = activeRows(rows, resolver);
  const names = new Set(active.map(({ key }) => key.toLowerCase()));
  return names.size < active.length
    ? active
    : Object.fromEntries(active.map(({ key, value }) => [key, value]));
}

function parts(
  chain: readonly Collection[],
  ofCollection: (collection: Collection) => string,
  own: string | undefined,
): ScriptPart[] {
  const inherited = chain
    .filter((collection) => ofCollection(collection).trim() !== '')
    .map(({ id, name, ...collection }) => ({
      origin: 'collection' as const,
      id,
      name,
      script: ofCollection({ id, name, ...collection }),
    }));
  return own === undefined ? inherited : [...inherited, { origin: 'request', script: own }];
}

/**
 * Completes a request from what it names and resolves its variables as they are before any script has run. Nothing is sent or stored.
 * Throws `not_found` for an unknown id.
 */
export function composeRequest(store: Store, given: PartialRequest, collectionId?: string): ComposedRequest {
  const resolved = resolveRequest(store, given, collectionId);
  const { request, context, chain } = resolved;
  const { name, method, url, params, headers, body, auth, variables, ...rest } = request;
  const {
    preRequestScript,
    postRequestScript,
    tests,
    requestId: _id,
    environmentId: _environment,
    vault: _vault,
    ...settings
  } = rest;
  const resolver = new TemplateResolver({
    ...context.variables,
    ...(variables === undefined ? {} : { local: variables as Record<string, string> }),
  });
  const composed = {
    method: method?.toUpperCase() ?? (body === undefined ? 'GET' : 'POST'),
    url: addQuery(resolver.resolve(url), queryText(activeRows(params ?? [], resolver))),
    // They are in the URL now: those of the saved request are not added again.
    params: [],
    headers: headersOf(headers, resolver),
    ...(body === undefined ? {} : { body: resolveDeep(body, resolver) }),
    ...(auth === undefined ? {} : { auth: resolveDeep(auth, resolver) }),
    ...settings,
    preRequestScripts: parts(chain, (one) => one.preRequestScript, scriptText(preRequestScript)),
    postRequestScripts: parts(chain, (one) => one.postRequestScript, scriptText(postRequestScript ?? tests)),
    ...(variables === undefined ? {} : { variables }),
    ...(name === undefined ? {} : { requestName: name }),
    ...(resolved.requestId === null ? {} : { requestId: resolved.requestId }),
    ...(resolved.environmentId === null ? {} : { environmentId: resolved.environmentId }),
  };
  return {
    ...composed,
    warnings: resolver.unresolved.map(
      (variable) => `{{${variable}}} resolves to nothing and is left as written`,
    ),
  };
}
