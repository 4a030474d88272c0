import assert from 'node:assert/strict';
import { encodeRequest, type EncodeContext, type EncodedRequest } from '../../lib/engine/request-encoder.js';
import type { RequestSpec } from '../../lib/engine/types.js';
import { VayuError } from '../../lib/model/errors.js';
import { parseHttpRequest, type HttpRequest } from '../../lib/model/http-request.js';

/** Encodes a request to `http://h/`, as a user wrote it. */
export async function encode(
  request: Record<string, unknown>,
  context: EncodeContext = {},
): Promise<EncodedRequest> {
  const parsed = parseHttpRequest({ url: 'http://h/', ...request }) as HttpRequest;
  return encodeRequest(parsed, { boundary: 'BOUNDARY', ...context });
}

export async function encodeSpec(
  request: Record<string, unknown>,
  context?: EncodeContext,
): Promise<RequestSpec> {
  return (await encode(request, context)).submission.request;
}

/** The error of a request that is refused. */
export async function rejection(
  request: Record<string, unknown>,
  context?: EncodeContext,
): Promise<VayuError> {
  try {
    await encode(request, context);
  } catch (error) {
    assert.ok(error instanceof VayuError, String(error));
    return error;
  }
  assert.fail('expected the request to be refused');
}
