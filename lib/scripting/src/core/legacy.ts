/** The names of Postman's first API: `tests[…]`, `responseBody`, `postman.setEnvironmentVariable`, … */

import type { Request } from '../sdk/request.js';
import { expose } from './expose.js';
import { native } from './native.js';
import { currentCookies, currentInfo, currentResponse } from './pm.js';
import { currentRequest } from '../sdk/request.js';
import { atEnd, state } from './state.js';
import { scopeIndex, scopeView, type VariableScope } from './variables.js';

/** As the old API did: what has a text is kept as text. */
const asText = (value: unknown): unknown =>
  value === false || (value && typeof value.toString === 'function') ? String(value) : value;

const environment = (): VariableScope => scopeView(scopeIndex.environment);
const globals = (): VariableScope => scopeView(scopeIndex.globals);

export const postman = expose({
  setEnvironmentVariable: (name: string, value: unknown): void => environment().set(name, asText(value)),
  getEnvironmentVariable: (name: string): unknown => environment().get(name),
  clearEnvironmentVariable: (name: string): void => environment().unset(name),
  clearEnvironmentVariables: (): void => environment().clear(),
  setGlobalVariable: (name: string, value: unknown): void => globals().set(name, asText(value)),
  getGlobalVariable: (name: string): unknown => globals().get(name),
  clearGlobalVariable: (name: string): void => globals().unset(name),
  clearGlobalVariables: (): void => globals().clear(),
  getResponseHeader: (name: string): unknown => currentResponse()?.headers.get(name),
  getResponseCookie: (name: string): unknown => currentCookies().one(String(name)),
  setNextRequest(name: unknown): void {
    native.setNextRequest(name === null || name === undefined ? null : String(name));
  },
});

function cached(name: string, make: () => unknown): unknown {
  const known = (state.legacy ??= new Map<string, unknown>());
  if (!known.has(name)) known.set(name, make());
  return known.get(name);
}

function formOf(request: Request): unknown {
  const { body } = request;
  if (body === undefined || body.isEmpty()) return {};
  return body.fields()?.toObject(true, undefined, true) ?? body.toString();
}

function legacyRequest(): unknown {
  const request = currentRequest();
  const { requestId, requestName } = currentInfo();
  return {
    id: requestId,
    name: requestName,
    description: undefined,
    headers: request.headers.toObject(true, false, true, true),
    method: request.method,
    url: request.url.toString(),
    data: formOf(request),
  };
}

/** Present in every script. */
export const legacyGlobals: Record<string, () => unknown> = {
  tests() {
    if (state.tests === undefined) {
      state.tests = {};
      native.needEnd();
    }
    return state.tests;
  },
  environment: () => cached('environment', () => environment().toObject()),
  globals: () => cached('globals', () => globals().toObject()),
  data: () => cached('data', () => scopeView(scopeIndex.data).toObject()),
  request: () => cached('request', legacyRequest),
  iteration: () => currentInfo().iteration,
};

/** Present where there is a response. */
export const legacyResponseGlobals: Record<string, () => unknown> = {
  responseBody: () => native.responseText(),
  responseCode() {
    const response = currentResponse()!;
    return cached('responseCode', () => {
      const { code, status: name } = response;
      let detail: unknown;
      // Written out for a few scripts only: what most want is the code.
      return Object.defineProperty({ code, name }, 'detail', {
        get: () => (detail ??= response.details().detail ?? ''),
        set: (value: unknown) => void (detail = value),
        enumerable: true,
        configurable: true,
      });
    });
  },
  responseTime: () => native.responseTimeMs(),
  responseHeaders: () =>
    cached('responseHeaders', () =>
      Object.fromEntries(currentResponse()!.headers.map(({ key, value }) => [key, value])),
    ),
  responseCookies: () => cached('responseCookies', () => currentCookies().all()),
};

/** `tests['name'] = truthy`, when the script is done. */
export function reportLegacyTests(own: unknown): void {
  const tests = typeof own === 'object' && own !== null ? (own as Record<string, unknown>) : state.tests;
  if (tests === undefined) return;
  for (const name of Object.keys(tests)) {
    const value = tests[name];
    if (value) native.testPassed(name);
    else native.testFailed(name, `AssertionError: expected ${String(value)} to be truthy`);
  }
}

const globalObject: object = globalThis;

atEnd(() => reportLegacyTests(Reflect.getOwnPropertyDescriptor(globalObject, 'tests')?.value));
