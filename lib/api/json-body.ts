import express, { type RequestHandler } from 'express';
import { VayuError } from '../model/errors.js';
import { locateJsonFault } from '../model/json-position.js';

/** Deeper bodies are refused: whatever walks them recursively would run out of stack. */
const maxDepth = 200;

function brokenJson(text: string, cause: Error): VayuError {
  const fault = locateJsonFault(text);
  if (fault === undefined)
    return new VayuError('bad_request', `The body is not valid JSON: ${cause.message}`);
  const { line, column, message } = fault;
  return new VayuError(
    'bad_request',
    `The body is not valid JSON at line ${line}, column ${column}: ${message}`,
    { line, column },
  );
}

function depthOf(value: unknown): number {
  let level: unknown[] = [value];
  for (let depth = 0; ; depth++) {
    const next: unknown[] = [];
    for (const one of level) {
      if (typeof one !== 'object' || one === null) continue;
      for (const inner of Object.values(one))
        if (typeof inner === 'object' && inner !== null) next.push(inner);
    }
    if (next.length === 0 || depth > maxDepth) return depth;
    level = next;
  }
}

/**
 * Reads a body as JSON whatever its Content-Type says, as clients of this API send all sorts of them; the check of the origin keeps forms of
 * foreign pages out. `limit` is in bytes.
 */
export function jsonBody(limit: number): RequestHandler {
  const readText = express.text({ type: () => true, limit });
  return (request, response, next) => {
    readText(request, response, (error?: unknown) => {
      if (error !== undefined) {
        next(error);
        return;
      }
      const text: unknown = request.body;
      if (typeof text !== 'string' || text.trim() === '') {
        request.body = undefined;
        next();
        return;
      }
      try {
        request.body = JSON.parse(text) as unknown;
      } catch (cause) {
        next(brokenJson(text, cause as Error));
        return;
      }
      if (depthOf(request.body) > maxDepth) {
        next(new VayuError('bad_request', `The body is nested more than ${maxDepth} levels deep`));
        return;
      }
      next();
    });
  };
}
