import { dataModes } from '../model/run-schema.js';
import type { NativePlan, NativeSubmission } from './addon.js';
import type {
  EngineOptions,
  LoadPlan,
  RequestSpec,
  ScriptSource,
  Submission,
  Variables,
  VariableValue,
} from './types.js';

/** Fills every field the addon reads, so that it never has to guess. The numbers mirror the enums of native/engine. */

const httpVersions = ['auto', '1.0', '1.1', '2', '2-prior-knowledge', '3'] as const;
const authTypes = ['none', 'digest', 'ntlm'] as const;
const transports = ['auto', 'curl', 'wire'] as const;
const variableKinds = { string: 0, number: 1, boolean: 2, null: 3, json: 4 } as const;

export interface EngineDefaults {
  userAgent: string;
  verbose: boolean;
  proxyUrl: string;
  caFile: string;
  allowHosts: string[];
}

export function nativeConfig(options: EngineOptions): Record<string, number> {
  return {
    workers: options.workers ?? 0,
    maxConcurrent: options.maxConcurrent ?? 1000,
    maxPerHost: options.maxPerHost ?? 100,
    pollTimeoutMs: options.pollTimeoutMs ?? 0,
    targetRps: options.targetRps ?? 0,
    burstSize: options.burstSize ?? 0,
    scriptMemoryLimit: options.scriptMemoryLimit ?? 64 * 1024 * 1024,
    scriptTimeoutMs: options.scriptTimeoutMs ?? 5000,
    scriptStackSize: options.scriptStackSize ?? 256 * 1024,
  };
}

export function nativeSubmission(submission: Submission, defaults: EngineDefaults): NativeSubmission {
  const { request, scripts, variables } = submission;
  return {
    options: nativeOptions(request, defaults),
    method: request.method,
    url: request.url,
    headers: request.headers.flat(),
    body: request.body ?? '',
    bodyTemplates: bodyTemplates(request),
    queryRows: request.templates?.queryRows ?? '',
    preRequestScripts: flattenScripts(scripts?.preRequest),
    testScripts: flattenScripts(scripts?.test),
    localVariables: flattenVariables(variables?.local),
    dataVariables: flattenVariables(variables?.data),
    environmentVariables: flattenVariables(variables?.environment),
    collectionVariables: flattenVariables(variables?.collection),
    globalVariables: flattenVariables(variables?.globals),
    vaultSecrets: flattenVariables(variables?.vault),
    hasVault: variables?.vault !== undefined,
    requestName: submission.info?.requestName ?? '',
    requestId: submission.info?.requestId ?? '',
    location: submission.info?.location ?? [],
    ...(submission.references === undefined
      ? {}
      : { references: nativeReferences(submission.references, defaults) }),
  };
}

function nativeReferences(
  references: NonNullable<Submission['references']>,
  defaults: EngineDefaults,
): NonNullable<NativeSubmission['references']> {
  return [...references].map(([id, reference]) =>
    'error' in reference
      ? { id, error: reference.error }
      : {
          id,
          collection: reference.collection ?? '',
          submission: nativeSubmission(reference.submission, defaults),
        },
  );
}

export function nativePlan(plan: LoadPlan, defaults: EngineDefaults): NativePlan {
  const { model, sampling } = plan;
  const rate = model.kind === 'rate';
  return {
    submission: nativeSubmission(plan.submission, defaults),
    kind: rate ? 0 : 1,
    segments:
      model.kind === 'rate'
        ? model.segments.map((s) => ({ durationMs: s.durationMs, start: s.startRate, end: s.endRate }))
        : model.segments.map((s) => ({
            durationMs: s.durationMs,
            start: s.startConcurrency,
            end: s.endConcurrency,
          })),
    arrival: model.kind === 'rate' && model.arrival === 'poisson' ? 1 : 0,
    seed: model.kind === 'rate' ? model.seed : (plan.data?.seed ?? 1),
    burst: model.kind === 'rate' ? model.burst : 0,
    maxInFlight: model.kind === 'rate' ? model.maxInFlight : 0,
    iterations: model.iterations ?? 0,
    gracePeriodMs: plan.gracePeriodMs,
    transport: transports.indexOf(plan.transport),
    streamsPerConnection: plan.streamsPerConnection ?? 32,
    histograms: plan.recording !== 'counters',
    ...(plan.data === undefined
      ? {}
      : { data: plan.data.rows.handle, dataMode: dataModes.indexOf(plan.data.mode) }),
    sampling: {
      successRate: sampling.successRate,
      maxSuccesses: sampling.maxSuccesses,
      maxErrors: sampling.maxErrors,
      maxSlow: sampling.maxSlow,
      slowThresholdMs: sampling.slowThresholdMs,
      maxBodyBytes: sampling.maxBodyBytes,
    },
  };
}

function bodyTemplates(request: RequestSpec): number {
  if (typeof request.body !== 'string') return 0;
  const { rows } = request.templates ?? {};
  return rows === undefined ? 1 : rows === 'urlencoded' ? 2 : 3;
}

function nativeOptions(request: RequestSpec, defaults: EngineDefaults): NativeSubmission['options'] {
  return {
    timeoutMs: request.timeoutMs ?? 30_000,
    connectTimeoutMs: request.connectTimeoutMs ?? 0,
    followRedirects: request.followRedirects ?? true,
    maxRedirects: request.maxRedirects ?? 10,
    insecure: request.insecure ?? false,
    compressed: request.compressed ?? true,
    cookies: request.cookies ?? true,
    httpVersion: httpVersions.indexOf(request.httpVersion ?? 'auto'),
    authType: authTypes.indexOf(request.auth?.type ?? 'none'),
    username: request.auth?.username ?? '',
    password: request.auth?.password ?? '',
    proxy: request.proxy ?? defaults.proxyUrl,
    noProxy: request.noProxy ?? '',
    caFile: request.caFile ?? defaults.caFile,
    clientCertFile: request.clientCertFile ?? '',
    clientKeyFile: request.clientKeyFile ?? '',
    clientKeyPassword: request.clientKeyPassword ?? '',
    unixSocket: request.unixSocket ?? '',
    userAgent: defaults.userAgent,
    resolve: request.resolve ?? [],
    allowHosts: defaults.allowHosts,
    maxResponseBytes: request.maxResponseBytes ?? 100 * 1024 * 1024,
    verbose: defaults.verbose,
  };
}

function flattenScripts(sources: ScriptSource[] = []): string[] {
  return sources.flatMap((source) => [source.name, source.code, source.owner ?? '']);
}

export function flattenVariables(variables: Variables = {}): string[] {
  return Object.entries(variables).flatMap(([name, value]) => [name, ...encodeVariable(value)]);
}

function encodeVariable(value: VariableValue): [kind: string, text: string] {
  switch (typeof value) {
    case 'string':
      return [String(variableKinds.string), value];
    case 'number':
      return [String(variableKinds.number), String(value)];
    case 'boolean':
      return [String(variableKinds.boolean), String(value)];
    default:
      return value === null
        ? [String(variableKinds.null), 'null']
        : [String(variableKinds.json), JSON.stringify(value)];
  }
}

/** Triples of name, kind and text, as the addon returns a scope that scripts wrote to. */
export function decodeVariables(flat: (string | number)[]): Variables {
  const variables: Variables = {};
  for (let index = 0; index + 2 < flat.length; index += 3) {
    const text = String(flat[index + 2]);
    variables[String(flat[index])] =
      flat[index + 1] === variableKinds.string ? text : (JSON.parse(text) as VariableValue);
  }
  return variables;
}
