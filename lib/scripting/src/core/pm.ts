/** The `pm` object. Its members come into being when they are first read. */

import { expect } from '../assert/assertion.js';
import type { CookieList } from '../sdk/cookie-list.js';
import { currentRequest } from '../sdk/request.js';
import { Response, exchangeSource } from '../sdk/response.js';
import { native } from './native.js';
import { expose, lazy } from './expose.js';
import { execution, visualizer, vault } from './execution.js';
import { sendRequest } from './send-request.js';
import { state } from './state.js';
import { test } from './test.js';
import { scopeIndex, scopeView } from './variables.js';
import { requireLibrary } from '../libraries/require.js';
import { listCookies } from './cookie-jar.js';

export function currentResponse(): Response | undefined {
  if (state.response === undefined && native.hasResponse()) state.response = new Response(exchangeSource);
  return state.response as Response | undefined;
}

export function currentCookies(): CookieList {
  state.cookies ??= listCookies(currentResponse()?.headers.all() ?? []);
  return state.cookies as CookieList;
}

export interface Info {
  eventName: string;
  iteration: number;
  iterationCount: number;
  requestName: string;
  requestId: string;
}

export function currentInfo(): Info {
  if (state.info === undefined) {
    const [eventName, iteration, iterationCount, requestName, requestId] = native.info();
    state.info = { eventName, iteration, iterationCount, requestName, requestId };
  }
  return state.info as Info;
}

export const pmPrototype: object = expose({});

lazy(pmPrototype, 'info', currentInfo);
lazy(pmPrototype, 'request', currentRequest);
lazy(pmPrototype, 'response', currentResponse);
lazy(pmPrototype, 'cookies', currentCookies);
lazy(pmPrototype, 'environment', () => scopeView(scopeIndex.environment));
lazy(pmPrototype, 'globals', () => scopeView(scopeIndex.globals));
lazy(pmPrototype, 'collectionVariables', () => scopeView(scopeIndex.collection));
lazy(pmPrototype, 'variables', () => scopeView(scopeIndex.local));
lazy(pmPrototype, 'iterationData', () => scopeView(scopeIndex.data));
Object.assign(pmPrototype, {
  test,
  expect,
  sendRequest,
  execution,
  visualizer,
  vault,
  require: requireLibrary,
});
