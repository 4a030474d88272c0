import type { Engine } from '../engine/engine.js';
import { checkRequest, encodeRequest, type RequestDefaults } from '../engine/request-encoder.js';
import type { TokenSource } from '../engine/oauth2.js';
import type { Exchange } from '../engine/types.js';
import { VayuError } from '../model/errors.js';
import type { PartialRequest } from '../model/http-request.js';
import { isVariableEntry, mergeVariables, plainVariables } from '../model/resources-variables.js';
import type { Collection, SavedVariables } from '../model/resources.js';
import type { DesignResult } from '../model/report.js';
import type { Redactor } from '../model/redaction.js';
import type { Store } from '../store/store.js';
import { designResult, exchangeError, withoutSecrets } from './design-result.js';
import { failureClass, traceOf } from './kept-result.js';
import { encodeReferences, withReferences } from './references.js';
import { resolveRequest, type ResolvedRequest } from './resolve-request.js';

export interface ExecuteOptions {
  /** Folder that relative names of body files start at. */
  baseDir?: string;
  /** False leaves no run behind. Default true. */
  record?: boolean;
  /** Aborts the request. */
  signal?: AbortSignal;
  /** For requests that do not say themselves. */
  defaults?: RequestDefaults;
}

const hidden = (saved: unknown): boolean => isVariableEntry(saved) && saved.enabled === false;

/** Gives each changed variable to the innermost collection that has it; new ones go to the innermost of all. */
function shareOut(
  chain: readonly Collection[],
  changed: Record<string, unknown>,
): { id: string; variables: SavedVariables }[] {
  const owner = (name: string): Collection | undefined =>
    chain
      .toReversed()
      .find(
        (collection) => Object.hasOwn(collection.variables, name) && !hidden(collection.variables[name]),
      ) ?? chain.at(-1);
  return chain.map((collection) => {
    const own = Object.entries(changed).filter(([name]) => owner(name) === collection);
    // A name that an inner collection also has is not visible here: it stays as it is.
    const shadowed = Object.entries(collection.variables).filter(
      ([name, value]) => name in changed && owner(name) !== collection && !hidden(value),
    );
    return {
      id: collection.id,
      variables: mergeVariables(collection.variables, {
        ...Object.fromEntries(shadowed),
        ...Object.fromEntries(own),
      }),
    };
  });
}

/** What scripts left of a scope, and beside it what others saved there while the request was under way. */
function withNewcomers(
  before: SavedVariables,
  now: SavedVariables,
  changed: Record<string, unknown>,
): Record<string, unknown> {
  const added = Object.entries(plainVariables(now)).filter(([name]) => !(name in before));
  return { ...Object.fromEntries(added), ...changed };
}

/** Saves the variables that scripts left behind. */
function saveVariables(store: Store, resolved: ResolvedRequest, exchange: Exchange): void {
  const { environment, collection, globals } = exchange.changedVariables;
  if (environment !== undefined && resolved.environment !== undefined) {
    const { id, variables: before } = resolved.environment;
    const now = store.environments.get(id)?.variables ?? before;
    store.environments.update(id, {
      variables: mergeVariables(now, withNewcomers(before, now, environment)),
    });
  }
  if (collection !== undefined) {
    for (const { id, variables } of shareOut(resolved.chain, collection))
      store.collections.update(id, { variables });
  }
  if (globals !== undefined) store.globals.set(mergeVariables(store.globals.get().variables, globals));
}

/** Sends the submission; an aborted signal cancels it. */
function send(
  engine: Engine,
  submission: Parameters<Engine['submit']>[0],
  signal: AbortSignal | undefined,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const id = engine.submit(submission, (exchange) => {
      signal?.removeEventListener('abort', cancel);
      resolve(exchange);
    });
    const cancel = (): void => engine.cancel(id);
    if (signal?.aborted === true) cancel();
    else signal?.addEventListener('abort', cancel, { once: true });
  });
}

/** Executes one request and records it as a run of type `design`. Throws the engine's error code where there is no response. */
export async function executeDesignRun(
  engine: Engine,
  store: Store,
  tokens: TokenSource,
  given: PartialRequest,
  options: ExecuteOptions,
): Promise<DesignResult> {
  const resolved = withReferences(store, resolveRequest(store, given));
  const { request } = resolved;
  let { redactor } = resolved;
  const baseDir = options.baseDir === undefined ? {} : { baseDir: options.baseDir };
  const defaults = options.defaults ?? {};
  const record = options.record ?? true;
  checkRequest(request, { ...resolved.context, ...baseDir });
  const startTime = Date.now();
  const runId = record
    ? store.runs.insert({
        type: 'design',
        status: 'running',
        requestId: resolved.requestId,
        environmentId: resolved.environmentId,
        configSnapshot: { request: redactor.request(request) },
        startTime,
      }).id
    : '';
  try {
    const context = { ...resolved.context, ...baseDir, defaults, tokens };
    const [encoded, references] = await Promise.all([
      encodeRequest(request, context),
      encodeReferences(resolved, context),
    ]);
    const exchange = await send(engine, { ...encoded.submission, ...references }, options.signal);
    redactor = redactor.with(exchange.secrets);
    const shownRedactor = resolved.shownRedactor.with(exchange.secrets);
    const failed =
      exchange.error !== undefined || (exchange.response === undefined && !exchange.execution.skipped);
    store.transaction(() => {
      if (record) recordExchange(store, runId, redactor, exchange, failed);
      saveVariables(store, resolved, exchange);
    });
    const shown = withoutSecrets(exchange, shownRedactor);
    if (failed) throw exchangeError(runId, shown, redactor);
    return designResult(runId, shown, redactor, encoded.warnings);
  } catch (error) {
    if (record && store.runs.get(runId)?.status === 'running') {
      const message = error instanceof Error ? redactor.text(error.message) : String(error);
      store.runs.updateStatus(runId, 'failed', { endTime: Date.now(), error: message });
    }
    if (error instanceof VayuError && record && error.details['runId'] === undefined)
      error.details['runId'] = runId;
    throw error;
  }
}

function recordExchange(
  store: Store,
  runId: string,
  redactor: Redactor,
  exchange: Exchange,
  failed: boolean,
): void {
  const error =
    exchange.error === undefined ? null : redactor.text(`${exchange.error.code}: ${exchange.error.message}`);
  store.results.insert(runId, {
    timestamp: Math.round(exchange.startedAt),
    statusCode: exchange.response?.status ?? null,
    latencyMs: exchange.timing.totalMs,
    error,
    traceData: { errorClass: failureClass(exchange), ...traceOf(exchange, redactor, true) },
  });
  store.runs.updateStatus(runId, failed ? 'failed' : 'completed', {
    endTime: Date.now(),
    ...(error === null ? {} : { error }),
  });
}
