import { encodeRequest, type EncodeContext } from '../engine/request-encoder.js';
import type { ReferencedRequest, Submission, Variables } from '../engine/types.js';
import { scriptText } from '../model/http-request.js';
import type { Store } from '../store/store.js';
import { chainVariables, resolveRequest, type Reference, type ResolvedRequest } from './resolve-request.js';

/** The saved requests that scripts run by `pm.execution.runRequest`. */

const method = 'runRequest';
/** A call whose id stands in it. */
const literalCall = /\brunRequest\s*\(\s*(?:'([^'\\\n]*)'|"([^"\\\n]*)"|`([^`\\$\n]*)`)\s*[,)]/g;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function codesOf({ request, context }: ResolvedRequest): string[] {
  const { preRequest = [], test = [] } = context.inheritedScripts ?? {};
  return [
    ...[...preRequest, ...test].map(({ code }) => code),
    scriptText(request.preRequestScript) ?? '',
    scriptText(request.postRequestScript ?? request.tests) ?? '',
  ].filter((code) => code.includes(method));
}

/** The ids in the calls of a script, and whether it has calls whose id only shows when it runs. */
function calledIn(code: string): { ids: string[]; others: boolean } {
  const calls = [...code.matchAll(literalCall)];
  return {
    ids: calls.map(([, single, double, plain]) => single ?? double ?? plain ?? ''),
    others: calls.length < code.split(method).length - 1,
  };
}

function resolveReference(store: Store, id: string, root: ResolvedRequest): Reference | undefined {
  if (store.requests.get(id) === undefined) return undefined;
  try {
    const environment = root.environmentId === null ? {} : { environmentId: root.environmentId };
    return { id, resolved: resolveRequest(store, { requestId: id, ...environment }) };
  } catch (error) {
    return { id, error: `the request cannot be sent: ${messageOf(error)}` };
  }
}

/** Those that the scripts name, and what these name in turn; all there are where an id only shows when a script runs. */
function findReferences(store: Store, root: ResolvedRequest): Reference[] {
  const found = new Map<string, Reference>();
  const named = new Set<string>();
  const codes = codesOf(root);
  const add = (id: string): void => {
    if (found.has(id)) return;
    const reference = resolveReference(store, id, root);
    if (reference === undefined) return;
    found.set(id, reference);
    if ('resolved' in reference) codes.push(...codesOf(reference.resolved));
  };
  let open = false;
  // Grows while it is gone through.
  for (const code of codes) {
    const { ids, others } = calledIn(code);
    open ||= others;
    for (const id of ids) {
      named.add(id);
      add(id);
    }
  }
  if (!open) return [...found.values()];
  const texts = [...codes, JSON.stringify([root.context.variables, root.request.variables])];
  for (const { id } of store.requests.list()) {
    add(id);
    if (texts.some((text) => text.includes(id))) named.add(id);
  }
  return [...found.values()].map((reference) =>
    named.has(reference.id) ? reference : withoutTokens(reference),
  );
}

/** That a script could run a request is no reason to log in for it. */
function withoutTokens(reference: Reference): Reference {
  if (!('resolved' in reference) || reference.resolved.request.auth?.type !== 'oauth2') return reference;
  return {
    id: reference.id,
    error: 'an OAuth 2 token is fetched only where the id of the request stands in a script or a variable',
  };
}

/** The request with those that its scripts may run, whose secrets are masked like its own. */
export function withReferences(store: Store, root: ResolvedRequest): ResolvedRequest {
  if (codesOf(root).length === 0) return root;
  const references = findReferences(store, root);
  // Where nothing is saved at all, the engine says what to do.
  if (references.length === 0 && store.requests.list().length === 0) return root;
  const secrets = references.flatMap((one) => ('resolved' in one ? one.resolved.secrets : []));
  return { ...root, references, redactor: root.redactor.with(secrets) };
}

async function encodeReference(
  reference: Reference,
  root: ResolvedRequest,
  context: EncodeContext,
): Promise<ReferencedRequest> {
  if ('error' in reference) return reference;
  const { request, context: own, chain } = reference.resolved;
  // The script has the others already, and may have changed them.
  const foreign = chain.filter(({ id }) => !root.chain.some((known) => known.id === id));
  const collection = chainVariables(foreign);
  const local = (request.variables ?? {}) as Variables;
  const { iterationData, vault } = root.request;
  try {
    const { submission } = await encodeRequest(
      { ...request, variables: { ...local, ...root.request.variables } },
      {
        ...context,
        ...own,
        runByScript: true,
        variables: {
          ...own.variables,
          collection: { ...root.context.variables?.collection, ...collection },
          ...(iterationData === undefined ? {} : { data: iterationData as Variables }),
          ...(vault === undefined ? {} : { vault }),
        },
      },
    );
    const { id } = chain.at(-1) ?? {};
    return {
      submission: { ...submission, variables: { local, collection } },
      ...(id === undefined ? {} : { collection: id }),
    };
  } catch (error) {
    return { error: `${JSON.stringify(own.info?.requestName)} cannot be sent: ${messageOf(error)}` };
  }
}

/**
 * What the scripts of a request may run, as the engine takes it. `context` is that of the request itself. Tokens that are fetched here last as
 * long as they do: none is renewed.
 */
export async function encodeReferences(
  root: ResolvedRequest,
  context: EncodeContext,
): Promise<Pick<Submission, 'references'>> {
  if (root.references === undefined) return {};
  const encoded = root.references.map(async (reference): Promise<[string, ReferencedRequest]> => [
    reference.id,
    await encodeReference(reference, root, context),
  ]);
  return { references: new Map(await Promise.all(encoded)) };
}
