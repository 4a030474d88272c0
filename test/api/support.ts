/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- answers are JSON that the asserts look into */
import fs from 'node:fs';
import http, { type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { startDaemon, type Daemon, type DaemonOptions } from '../../lib/api/daemon.js';
import { createLogger } from '../../lib/api/log.js';
import { Description } from './described.js';

export function temporaryFolder(t: TestContext): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vayu-api-'));
  t.after(() => {
    fs.rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

/* eslint-disable-next-line @typescript-eslint/no-explicit-any -- answers are looked into by the asserts */
export type Json = any;

export interface Answer {
  status: number;
  body: Json;
  headers: Headers;
}

export interface Api extends Daemon {
  dataDir: string;
  logLines: string[];
  /** A body that is a string is sent as it is. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

/** The same for every daemon of the process. */
let description: Promise<Description> | undefined;

async function readDescription(url: string, token: string | undefined): Promise<Description> {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  return new Description(await (await fetch(`${url}/openapi.json`, { headers })).json());
}

async function call(
  daemon: { url: string; token: string | undefined },
  route: string,
  method: string,
  body: unknown,
  headers: Record<string, string>,
): Promise<Answer> {
  const response = await fetch(daemon.url + route, {
    method,
    headers,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  const answer = {
    status: response.status,
    body: isJson ? JSON.parse(text) : text,
    headers: response.headers,
  };
  if (isJson && route !== '/openapi.json') {
    description ??= readDescription(daemon.url, daemon.token);
    (await description).check(method, route, response.status, answer.body);
  }
  return answer;
}

/** A daemon on a free port whose every JSON answer is held against the API's description, with a data directory of its own, closed at the test's end. */
export async function startApi(t: TestContext, options: Partial<DaemonOptions> = {}): Promise<Api> {
  const dataDir = options.dataDir ?? temporaryFolder(t);
  const logLines: string[] = [];
  const log = createLogger('debug', (line) => logLines.push(line));
  const daemon = await startDaemon({ port: 0, workers: 1, log, ...options, dataDir });
  t.after(() => daemon.close());
  return {
    ...daemon,
    dataDir,
    logLines,
    call: (method, route, body, headers = {}) =>
      call({ url: daemon.url, token: options.token }, route, method, body, headers),
  };
}

export interface Target {
  url: string;
  port: number;
  /** Requests that came, with their bodies. */
  requests: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[];
}

/** What the requests under test go to. Default: answers 200 with JSON that says what came. */
export async function startTarget(t: TestContext, listener?: RequestListener): Promise<Target> {
  const requests: Target['requests'] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      requests.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      if (listener) {
        listener(request, response);
        return;
      }
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ method, url, headers, body: Buffer.concat(chunks).toString() }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, requests };
}

/** Waits until `check` gives something; fails after `timeoutMs`. */
export async function eventually<T>(
  check: () => Promise<T | undefined> | T | undefined,
  timeoutMs = 10_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value !== undefined && value !== false) return value;
    if (Date.now() > deadline) throw new Error(`nothing came within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** The run once it has ended. */
export function ended(api: Api, runId: string): Promise<Json> {
  return eventually(async () => {
    const { body } = await api.call('GET', `/run/${runId}`);
    return ['completed', 'stopped', 'failed'].includes(body.status as string) ? body : undefined;
  }, 20_000);
}
