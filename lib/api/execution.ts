import type * as z from 'zod';
import { parseHttpRequest, type PartialRequest } from '../model/http-request.js';
import type { DesignResult } from '../model/report.js';
import { parseInput } from '../model/validation.js';
import { composeRequest } from '../runs/compose.js';
import type { Store } from '../store/store.js';
import { fromClientSpelling } from './client-spelling.js';
import { route, type Route } from './route.js';
import type { RunService } from './run-service.js';
import { composeBody, composedAnswer, executionAnswer, sendRequestBody } from './schemas.js';

function parseCompose(input: unknown): z.output<typeof composeBody> {
  const read = { ...(input as { request?: unknown }) };
  const isObject = typeof input === 'object' && input !== null && !Array.isArray(input);
  if (isObject && read.request !== undefined) read.request = fromClientSpelling(read.request);
  return parseInput(composeBody, isObject ? read : input);
}

/** The answer under the names of the manager too. */
function withManagerNames(result: DesignResult): DesignResult & Record<string, unknown> {
  const { timing } = result;
  const failures =
    result.scriptError === undefined
      ? {}
      : {
          [result.scriptError.phase === 'preRequest' ? 'preScriptError' : 'postScriptError']:
            result.scriptError.message,
        };
  return {
    ...result,
    timing: {
      ...timing,
      ...{
        totalMs: timing.total_ms,
        dnsMs: timing.dns_ms,
        connectMs: timing.connect_ms,
        tlsMs: timing.tls_ms,
        firstByteMs: timing.first_byte_ms,
        downloadMs: timing.download_ms,
      },
    },
    bodySize: result.size,
    testResults: result.tests,
    consoleLogs: result.console.map(({ message }) => message),
    requestHeaders: Object.fromEntries(result.request.headers),
    ...failures,
  };
}

export function executionRoutes({ store, runs }: { store: Store; runs: RunService }): Route[] {
  const tag = 'Execution';
  return [
    route({
      method: 'post',
      paths: ['/request', '/execute'],
      tag,
      summary: 'Send one request with its scripts and answer its response',
      body: sendRequestBody,
      parseBody: (input): PartialRequest => parseHttpRequest(fromClientSpelling(input)),
      answer: executionAnswer,
      handle: async ({ body, response }) => {
        // A caller that hangs up has no use for the answer.
        const hangUp = new AbortController();
        response.on('close', () => hangUp.abort());
        return withManagerNames(await runs.execute(body, { signal: hangUp.signal }));
      },
    }),
    route({
      method: 'post',
      paths: ['/compose'],
      tag,
      summary: 'Resolve a request as it would be sent, without sending it; the answer is a body for /execute',
      body: composeBody,
      parseBody: parseCompose,
      answer: composedAnswer,
      handle: ({ body: { request, requestId, collectionId, environmentId } }) => {
        const given = {
          ...request,
          ...(requestId === undefined ? {} : { requestId }),
          ...(typeof environmentId === 'string' ? { environmentId } : {}),
        };
        return composeRequest(store, given, collectionId ?? undefined);
      },
    }),
  ];
}
