import { timingSafeEqual, createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { VayuError } from '../model/errors.js';
import { errorBody, statusOf } from './errors.js';

/** Who may talk to the API. */
export interface GuardPolicy {
  /** Names that `Host` may have beside the loopback ones; `undefined` accepts any, which only a token makes safe. */
  hosts: readonly string[] | undefined;
  /** Origins of web pages that may call, as browsers send them: `http://localhost:5173`, `app://vayu`, `null`. */
  origins: readonly string[];
  /** Bearer token that every request has to carry. */
  token?: string | undefined;
}

export const defaultOrigins = ['http://localhost:5173'] as const;

const loopbackNames = new Set(['localhost', '127.0.0.1', '[::1]']);
const allowedMethods = 'GET, POST, PUT, PATCH, DELETE, OPTIONS';
const exposedHeaders = 'Location, Retry-After';
const preflightSeconds = 600;

const securityHeaders: Record<string, string> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

function hostName(host: string): string {
  return host.replace(/:\d*$/, '').toLowerCase();
}

function isLoopbackName(name: string): boolean {
  return (
    loopbackNames.has(name) || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name) || name.endsWith('.localhost')
  );
}

/** A page that resolves its own name to this machine sends that name: DNS rebinding ends here. */
function checkHost(request: IncomingMessage, policy: GuardPolicy): void {
  if (policy.hosts === undefined) return;
  const name = hostName(request.headers.host ?? '');
  if (isLoopbackName(name) || policy.hosts.includes(name)) return;
  throw new VayuError('forbidden_host', `The host ${JSON.stringify(name)} is not one of this engine`, {
    host: name,
  });
}

/** The origin that may read the answer; undefined where no web page asks. */
function checkOrigin(request: IncomingMessage, policy: GuardPolicy): string | undefined {
  const { origin, host } = request.headers;
  if (origin !== undefined) {
    const own = `http://${host ?? ''}`;
    if (policy.origins.includes(origin) || origin === own) return origin;
    throw new VayuError(
      'forbidden_origin',
      `Pages of ${origin} may not use this engine; allow the origin when starting it if they should`,
      { origin },
    );
  }
  // Browsers leave the origin out of simple GETs; what they say instead is whose page it was.
  const site = request.headers['sec-fetch-site'];
  if (site === 'cross-site' && request.headers['sec-fetch-mode'] !== 'navigate') {
    throw new VayuError('forbidden_origin', 'Pages of other sites may not use this engine');
  }
  return undefined;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function checkToken(request: IncomingMessage, token: string): void {
  const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (given !== undefined && timingSafeEqual(digest(given), digest(token))) return;
  throw new VayuError('unauthorized', 'This engine wants its token, as `Authorization: Bearer …`');
}

function isPreflight(request: IncomingMessage): boolean {
  return request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
}

/** Answers what may not pass, and preflights; true where the request may go on. */
export function guard(request: IncomingMessage, response: ServerResponse, policy: GuardPolicy): boolean {
  for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
  response.setHeader('Vary', 'Origin');
  try {
    checkHost(request, policy);
    const origin = checkOrigin(request, policy);
    if (origin !== undefined) {
      response.setHeader('Access-Control-Allow-Origin', origin);
      response.setHeader('Access-Control-Expose-Headers', exposedHeaders);
    }
    if (isPreflight(request)) {
      answerPreflight(request, response);
      return false;
    }
    if (policy.token !== undefined) checkToken(request, policy.token);
    return true;
  } catch (error) {
    if (!(error instanceof VayuError)) throw error;
    refuse(response, error);
    return false;
  }
}

function answerPreflight(request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('Access-Control-Allow-Methods', allowedMethods);
  const wanted = request.headers['access-control-request-headers'];
  if (wanted !== undefined) response.setHeader('Access-Control-Allow-Headers', wanted);
  response.setHeader('Access-Control-Max-Age', preflightSeconds);
  // Chromium asks this before a public page may reach a private address.
  if (request.headers['access-control-request-private-network'] === 'true') {
    response.setHeader('Access-Control-Allow-Private-Network', 'true');
  }
  response.writeHead(204).end();
}

function refuse(response: ServerResponse, error: VayuError): void {
  if (error.code === 'unauthorized') response.setHeader('WWW-Authenticate', 'Bearer');
  response.writeHead(statusOf(error.code), { 'Content-Type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(errorBody(error)));
}
