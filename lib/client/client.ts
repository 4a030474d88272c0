import type { DesignResult, Report } from '../model/report.js';
import type { Collection, Environment, Globals, SavedRequest } from '../model/saved.js';
import { VayuApiError } from './errors.js';
import { followRun, type LiveOptions } from './live.js';
import type { Health, LiveEvent, RunInfo, RunQuery, RunStarted, RunStopped } from './types.js';

export const defaultBaseUrl = 'http://127.0.0.1:9876';

export interface ClientOptions {
  /** Where the daemon listens. Default http://127.0.0.1:9876. */
  baseUrl?: string;
  /** The token that the daemon was started with. */
  token?: string;
  /** Default: the global one. */
  fetch?: typeof fetch;
}

export interface CallOptions {
  signal?: AbortSignal;
}

type Query = Record<string, string | number | undefined>;

/** Create, read, update, delete for one kind of resource. */
export interface ResourceClient<T extends { id: string }> {
  list(query?: Query, options?: CallOptions): Promise<T[]>;
  get(id: string, options?: CallOptions): Promise<T>;
  /** Creates one, or changes the one of that `id`: fields that are absent keep their values. */
  save(resource: Partial<T>, options?: CallOptions): Promise<T>;
  update(id: string, change: Partial<T>, options?: CallOptions): Promise<T>;
  delete(id: string, options?: CallOptions): Promise<void>;
}

/**
 * A client of the control API on `fetch` alone, for Node, browsers and Electron renderers. Every method throws a {@link VayuApiError} for
 * an answer that is an error.
 */
export class VayuClient {
  readonly baseUrl: string;
  readonly collections: ResourceClient<Collection>;
  readonly requests: ResourceClient<SavedRequest>;
  readonly environments: ResourceClient<Environment>;
  readonly #token: string | undefined;
  readonly #fetch: typeof fetch;

  constructor(options: ClientOptions = {}) {
    this.baseUrl = (options.baseUrl ?? defaultBaseUrl).replace(/\/+$/, '');
    this.#token = options.token;
    // Called as a plain function: in a browser, fetch must not be a method of another object.
    this.#fetch = options.fetch ?? ((...parameters) => fetch(...parameters));
    this.collections = this.#resource<Collection>('/collections');
    this.requests = this.#resource<SavedRequest>('/requests');
    this.environments = this.#resource<Environment>('/environments');
  }

  health(options?: CallOptions): Promise<Health> {
    return this.#call('GET', '/health', undefined, options);
  }

  config(options?: CallOptions): Promise<Record<string, unknown>> {
    return this.#call('GET', '/config', undefined, options);
  }

  setConfig(change: Record<string, unknown>, options?: CallOptions): Promise<Record<string, unknown>> {
    return this.#call('PUT', '/config', change, options);
  }

  globals(options?: CallOptions): Promise<Globals> {
    return this.#call('GET', '/globals', undefined, options);
  }

  /** Sends one request with its scripts and answers its response. A target that fails is an error of status 502. */
  execute(request: object, options?: CallOptions): Promise<DesignResult> {
    return this.#call('POST', '/request', request, options);
  }

  /** Starts a load run; see the load modes for what `config` takes. */
  startRun(config: object, options?: CallOptions): Promise<RunStarted> {
    return this.#call('POST', '/runs', config, options);
  }

  /** Newest first. */
  async runs(query: RunQuery = {}, options?: CallOptions): Promise<RunInfo[]> {
    const answer = await this.#call<RunInfo[] | { data: RunInfo[] }>(
      'GET',
      `/runs${queryString({ ...query })}`,
      undefined,
      options,
    );
    return Array.isArray(answer) ? answer : answer.data;
  }

  run(id: string, options?: CallOptions): Promise<RunInfo> {
    return this.#call('GET', `/runs/${encodeURIComponent(id)}`, undefined, options);
  }

  report(id: string, options?: CallOptions): Promise<Report> {
    return this.#call('GET', `/runs/${encodeURIComponent(id)}/report`, undefined, options);
  }

  stopRun(id: string, options?: CallOptions): Promise<RunStopped> {
    return this.#call('POST', `/runs/${encodeURIComponent(id)}/stop`, undefined, options);
  }

  async deleteRun(id: string, options?: CallOptions): Promise<void> {
    await this.#call('DELETE', `/runs/${encodeURIComponent(id)}`, undefined, options);
  }

  /**
   * Follows a run until it ends: snapshots, stored rows, and `complete` as the last event. A connection that breaks is taken up again where
   * it stopped, without loss of rows.
   */
  live(id: string, options: LiveOptions = {}): AsyncGenerator<LiveEvent, void, void> {
    const open = (query: string, lastEventId: string, signal: AbortSignal | undefined): Promise<Response> =>
      this.#send('GET', `/stats/${encodeURIComponent(id)}${query}`, undefined, {
        headers: {
          accept: 'text/event-stream',
          ...(lastEventId === '' ? {} : { 'last-event-id': lastEventId }),
        },
        signal,
      });
    return followRun(open, options);
  }

  openapi(options?: CallOptions): Promise<Record<string, unknown>> {
    return this.#call('GET', '/openapi.json', undefined, options);
  }

  async shutdown(options?: CallOptions): Promise<void> {
    await this.#call('POST', '/shutdown', undefined, options);
  }

  #resource<T extends { id: string }>(path: string): ResourceClient<T> {
    const one = (id: string): string => `${path}/${encodeURIComponent(id)}`;
    return {
      list: (query = {}, options) => this.#call('GET', `${path}${queryString(query)}`, undefined, options),
      get: (id, options) => this.#call('GET', one(id), undefined, options),
      save: (resource, options) => this.#call('POST', path, resource, options),
      update: (id, change, options) => this.#call('PUT', one(id), change, options),
      delete: async (id, options) => {
        await this.#call('DELETE', one(id), undefined, options);
      },
    };
  }

  async #call<T>(method: string, path: string, body: unknown, options: CallOptions = {}): Promise<T> {
    const response = await this.#send(method, path, body, {
      headers: { accept: 'application/json' },
      signal: options.signal,
    });
    const text = await this.#text(response);
    if (text === '') return undefined as T;
    try {
      return JSON.parse(text) as T;
    } catch (error) {
      throw new VayuApiError(
        'bad_response',
        `${this.baseUrl} answered something that is not JSON; is it a Vayu daemon?`,
        response.status,
        {},
        { cause: error },
      );
    }
  }

  async #send(
    method: string,
    path: string,
    body: unknown,
    options: { headers: Record<string, string>; signal: AbortSignal | undefined },
  ): Promise<Response> {
    const headers: Record<string, string> = { ...options.headers };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (this.#token !== undefined) headers['authorization'] = `Bearer ${this.#token}`;
    let response: Response;
    try {
      response = await this.#fetch(this.baseUrl + path, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      });
    } catch (error) {
      throw this.#unreachable(error, options.signal);
    }
    if (!response.ok) throw apiError(response.status, await this.#text(response), this.baseUrl);
    return response;
  }

  async #text(response: Response): Promise<string> {
    try {
      return await response.text();
    } catch (error) {
      throw this.#unreachable(error, undefined);
    }
  }

  #unreachable(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted === true) return error;
    const cause =
      error instanceof Error ? (error.cause as { code?: string; message?: string } | undefined) : undefined;
    const reason = cause?.code ?? cause?.message ?? (error instanceof Error ? error.message : String(error));
    return new VayuApiError(
      'unreachable',
      `no daemon answers at ${this.baseUrl} (${reason})`,
      0,
      {},
      { cause: error },
    );
  }
}

function queryString(query: Query): string {
  const pairs = Object.entries(query).filter(
    (pair): pair is [string, string | number] => pair[1] !== undefined,
  );
  if (pairs.length === 0) return '';
  return `?${pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&')}`;
}

function apiError(status: number, text: string, baseUrl: string): VayuApiError {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown } };
    if (typeof error?.code === 'string' && typeof error.message === 'string') {
      const { code, message, ...details } = error as { code: string; message: string };
      return new VayuApiError(code, message, status, details);
    }
  } catch {
    // Not ours: told below.
  }
  return new VayuApiError(
    'bad_response',
    `${baseUrl} answered status ${status}; is it a Vayu daemon?`,
    status,
  );
}
