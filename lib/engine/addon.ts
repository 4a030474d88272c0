import { createRequire } from 'node:module';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { VayuError } from '../model/errors.js';

/** A submission as the addon reads it; see native/addon/plan_from_js.cc. */
export interface NativeSubmission {
  options: Record<string, string | number | boolean | string[]>;
  method: string;
  url: string;
  /** Name and value in turn. */
  headers: string[];
  body: string | Uint8Array;
  /** The native BodyTemplates. */
  bodyTemplates: number;
  queryRows: string;
  /** Name, code and owner in turn. */
  preRequestScripts: string[];
  testScripts: string[];
  /** Name, kind and text in turn. */
  localVariables: string[];
  dataVariables: string[];
  environmentVariables: string[];
  collectionVariables: string[];
  globalVariables: string[];
  vaultSecrets: string[];
  hasVault: boolean;
  requestName: string;
  requestId: string;
  location: string[];
  /** By `id`: an `error`, or the rest. */
  references?: { id: string; error?: string; submission?: NativeSubmission; collection?: string }[];
}

export interface NativePlan {
  submission: NativeSubmission;
  kind: number;
  segments: { durationMs: number; start: number; end: number }[];
  arrival: number;
  seed: number;
  burst: number;
  maxInFlight: number;
  iterations: number;
  gracePeriodMs: number;
  transport: number;
  streamsPerConnection: number;
  histograms: boolean;
  data?: object;
  dataMode?: number;
  sampling: Record<string, number>;
}

export interface NativeResponse {
  method?: string;
  url?: string;
  requestHeaders?: string[];
  requestBody?: Uint8Array;
  status: number;
  statusText: string;
  httpVersion: number;
  headers: string[];
  body: Uint8Array;
  bodyCut: boolean;
  headerBytes: number;
  bodyBytes: number;
  remoteAddress: string;
  redirects: number;
  effectiveUrl: string;
  totalMs: number;
  dnsMs: number;
  connectMs: number;
  tlsMs: number;
  firstByteMs: number;
  downloadMs: number;
  error: number;
  errorMessage: string;
  /** What scripts put into the vault. */
  secrets?: string[];
}

/** Rows as the addon keeps them; an object that only it looks into. */
export interface NativeData {
  rows: number;
  columns: string[];
  handle: object;
}

export interface NativeResult extends NativeResponse {
  id: number;
  startedAt: number;
  tests: { name: string; passed: boolean; skipped?: boolean; error?: string }[];
  console: { level: string; message: string }[];
  scriptFailure?: {
    phase: number;
    kind: number;
    script: string;
    message: string;
    line: number;
    column: number;
  };
  environment?: (string | number)[];
  collection?: (string | number)[];
  globals?: (string | number)[];
  unresolved: string[];
  skipped: boolean;
  nextRequest?: string | null;
  /** JSON of `{template, data, options}`. */
  visualizer?: string;
}

export interface NativeSample extends NativeResponse {
  kind: number;
  intendedMs: number;
  sentMs: number;
  firstByteAtMs: number;
  doneMs: number;
}

export interface NativeSnapshot {
  runId: number;
  elapsedMs: number;
  final: boolean;
  counters: Float64Array;
  dropped: Float64Array;
  failures: Float64Array;
  /** Code and count in turn. */
  statusCodes: Float64Array;
  /** Values and counts of each histogram in turn. */
  histograms: Float64Array[];
  tests: { name: string; passed: number; failed: number; skipped: number; failures: string[] }[];
  samples: NativeSample[];
  connectionsOpen: number;
  target: number;
  /** CPU share and longest pass in ms of each worker in turn. */
  workers: Float64Array;
  descriptorsExhausted: number;
  portsExhausted: number;
}

export interface NativeEngine {
  submit(submission: NativeSubmission): number;
  cancel(id: number): void;
  startRun(plan: NativePlan): { id: number; workers: number; transport: string; transportReason: string };
  stopRun(id: number, graceMs: number): void;
  /** Milliseconds since the run's start at which the change takes effect. */
  holdRun(id: number, value: number): number;
  /** Name and value in turn. */
  /** Name and value in turn; those of the query are encoded. */
  renewRun(id: number, headers: string[], query: string[]): void;
  /** Active, pending, processed, workers. */
  counts(): [number, number, number, number];
  close(): Promise<void>;
}

export interface Addon {
  NativeEngine: new (
    config: Record<string, number>,
    onResult: (result: NativeResult) => void,
    onSnapshot: (snapshot: NativeSnapshot) => void,
  ) => NativeEngine;
  versions(): Record<string, string | boolean>;
  /** A file, or the text of one. Rejects with what is wrong with it. */
  openData(path: string | undefined, text: string): Promise<NativeData>;
  /** Triples of name, kind and text. */
  readRow(handle: object, row: number): (string | number)[];
}

let loaded: Addon | undefined;

/** The package's root, whether this file runs from lib/ or from dist/. */
const packageRoot = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Opens the addon where node-gyp-build finds it: prebuilds/, then build/Release.
 * Throws a {@link VayuError} `addon_unavailable` that says why it could not be loaded and what to do.
 */
export function loadAddon(): Addon {
  if (loaded !== undefined) return loaded;
  const require = createRequire(import.meta.url);
  let file: string;
  try {
    const nodeGypBuild = require('node-gyp-build') as { path(root: string): string };
    file = nodeGypBuild.path(packageRoot);
  } catch {
    throw new VayuError(
      'addon_unavailable',
      `vayu-engine has no native addon for ${process.platform}-${process.arch} (Node ${process.versions.node}) in ${packageRoot}. ` +
        'Reinstall it with install scripts allowed, or build it there with "npm run setup".',
    );
  }
  // node exports its own OpenSSL, nghttp2 and zlib. Without DEEPBIND a dynamically linked libcurl would run on those instead of the
  // libraries that it was built with. AddressSanitizer refuses the flag; Windows has no flags at all.
  const { RTLD_NOW = 0, RTLD_DEEPBIND = 0 } = os.constants.dlopen as Partial<Record<string, number>>;
  const flags = RTLD_NOW | (process.env['VAYU_PLAIN_DLOPEN'] === '1' ? 0 : RTLD_DEEPBIND);
  const module = { exports: {} };
  try {
    process.dlopen(module, file, flags);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new VayuError(
      'addon_unavailable',
      `the native addon ${file} cannot be loaded: ${reason}. A missing library is named above (Debian: libcurl4); otherwise run "npm run setup".`,
    );
  }
  loaded = module.exports as Addon;
  return loaded;
}
