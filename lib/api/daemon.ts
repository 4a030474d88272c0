import { readFileSync } from 'node:fs';
import type { RequestListener, Server, ServerResponse } from 'node:http';
import { availableParallelism } from 'node:os';
import { VayuError } from '../model/errors.js';
import type { Settings } from '../model/settings.js';
import { lockDataDir, type DataDirLock } from './data-dir-lock.js';
import { healthOf, type ProcessInfo } from './engine-status.js';
import { errorBody, statusOf } from './errors.js';
import { defaultOrigins, guard, type GuardPolicy } from './guard.js';
import { listen, serverLimits } from './http-server.js';
import { createLogger, levelOfVerbosity, type Logger } from './log.js';
import { watchProcess } from './parent-watch.js';
import type { Services } from './services.js';

export const defaultPort = 9876;
/** What open connections get at the end before they are cut. */
const closingMs = 2500;
/** Callers that wait for the port are answered before the heavy modules are loaded, in ms. */
const firstCallersMs = 15;

export interface DaemonOptions {
  /** Where the database and the lock are. Made where it does not exist. */
  dataDir: string;
  /** Default 9876; 0 takes a free one. */
  port?: number;
  /** Default 127.0.0.1. Any other than a loopback address needs a token. */
  host?: string;
  /** Bearer token that every call has to carry. */
  token?: string;
  /** Origins of web pages that may call, beside http://localhost:5173. */
  origins?: readonly string[];
  /** Names accepted in `Host` beside the loopback ones. */
  hosts?: readonly string[];
  /** The only hosts that requests may go to; default: any. */
  allowHosts?: readonly string[];
  /** 0 logs warnings, 1 what happens, 2 each call. Default: the setting `logLevel`. */
  verbose?: number;
  /** The daemon ends when this process does. */
  parentPid?: number;
  /** Threads that send requests; default: the setting `workers`. */
  workers?: number;
  /** Default: lines of JSON on standard error. */
  log?: Logger;
}

export interface Daemon {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Settles when everything has ended and is stored, whoever asked for it. */
  readonly closed: Promise<void>;
  /** Stops the runs, stores what there is, ends. The same as `closed`. */
  close(): Promise<void>;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

function policyOf(options: DaemonOptions, host: string): GuardPolicy {
  const { token, hosts = [], origins = [] } = options;
  if (!isLoopback(host) && !token) {
    throw new VayuError(
      'token_required',
      `${host} can be reached from other machines; give a --token, or listen on 127.0.0.1`,
      { host },
    );
  }
  return {
    hosts: isLoopback(host) ? hosts.map((name) => name.toLowerCase()) : undefined,
    origins: [...defaultOrigins, ...origins],
    token,
  };
}

function packageVersion(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

function sendError(response: ServerResponse, error: VayuError): void {
  response.writeHead(statusOf(error.code), { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(errorBody(error)));
}

/** What the port answers until the services are there: `/health` at once, the rest when they are. */
function earlyHandler(
  policy: GuardPolicy,
  health: () => object,
  services: Promise<Services>,
): RequestListener {
  let handler: RequestListener | undefined;
  const settled = services.then(({ app }) => {
    handler = app.handler;
  });
  settled.catch(() => undefined);
  return (request, response) => {
    if (handler !== undefined) {
      handler(request, response);
      return;
    }
    if (request.method === 'GET' && /^\/health(\?|$)/.test(request.url ?? '')) {
      if (!guard(request, response, policy)) return;
      response.writeHead(200, { 'Content-Type': 'application/json; charset=utf-8' });
      response.end(JSON.stringify(health()));
      return;
    }
    settled.then(
      () => handler?.(request, response),
      () => sendError(response, new VayuError('shutting_down', 'The engine could not be started')),
    );
  };
}

/**
 * Starts the daemon; resolves once everything is loaded, though the port answers before. Signals are the caller's: it calls `close`. Throws
 * `port_in_use`, `already_running`, `data_dir_not_writable`, `token_required` and what the store and the engine throw.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { dataDir, port: wantedPort = defaultPort, host = '127.0.0.1', verbose } = options;
  const level = verbose === undefined ? 'info' : levelOfVerbosity(verbose);
  const log = options.log ?? createLogger(level);
  const policy = policyOf(options, host);
  const info: ProcessInfo = { version: packageVersion() };
  const lock = lockDataDir(dataDir);

  const closing = new Closing(log, lock);
  const startedWith: Partial<Settings> = {
    ...(options.workers === undefined ? {} : { workers: options.workers }),
    ...(verbose === undefined && options.log === undefined ? {} : { logLevel: log.level }),
  };
  const workers =
    options.workers === undefined || options.workers === 0 ? availableParallelism() : options.workers;
  let begin: () => void = () => undefined;
  const services = new Promise<void>((resolve) => {
    begin = resolve;
  }).then(async () => {
    const { startServices } = await import('./services.js');
    return startServices({
      dataDir,
      startedWith,
      allowHosts: options.allowHosts?.length ? options.allowHosts : undefined,
      info,
      policy,
      log,
      limits: serverLimits,
      shutdown: () => void closing.close('POST /shutdown'),
    });
  });
  services.catch(() => undefined);
  const health = (): object => healthOf({ ...info }, undefined, workers);
  try {
    const handler = earlyHandler(policy, health, services);
    const { server, port } = await listen({ host, port: wantedPort, handler });
    closing.server = server;
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
    lock.describe({ url, port });
    setTimeout(begin, firstCallersMs);
    closing.services = await services;
    if (options.parentPid !== undefined) {
      closing.stopWatching = watchProcess(
        options.parentPid,
        () => void closing.close('the parent has ended'),
      );
    }
    log.info('listening', { url, dataDir, workers: closing.services.workers, version: info.version });
    return { url, host, port, closed: closing.closed, close: () => closing.close('close') };
  } catch (error) {
    await closing.close('failed start');
    throw error;
  }
}

/** The end of the daemon: once, in one order, whoever asks for it. */
class Closing {
  server: Server | undefined;
  services: Services | undefined;
  stopWatching: (() => void) | undefined;
  readonly closed: Promise<void>;
  #settle: (() => void) | undefined;
  #begun = false;

  constructor(
    readonly log: Logger,
    readonly lock: DataDirLock,
  ) {
    this.closed = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  close(reason: string): Promise<void> {
    if (!this.#begun) {
      this.#begun = true;
      void this.#run(reason);
    }
    return this.closed;
  }

  async #run(reason: string): Promise<void> {
    if (this.services !== undefined) this.log.info('shutting down', { reason });
    this.stopWatching?.();
    const { server } = this;
    const disconnected = new Promise<void>((resolve) => {
      if (server === undefined) resolve();
      else server.close(() => resolve());
    });
    server?.closeIdleConnections();
    const cut = setTimeout(() => server?.closeAllConnections(), closingMs);
    try {
      await this.services?.close();
    } catch (error) {
      this.log.error('the end was not clean', {
        cause: error instanceof Error ? error.stack : String(error),
      });
    }
    server?.closeIdleConnections();
    if (this.services === undefined) server?.closeAllConnections();
    await disconnected;
    clearTimeout(cut);
    this.lock.release();
    this.#settle?.();
  }
}
