import type { ErrorRequestHandler, RequestHandler } from 'express';
import { VayuError } from '../model/errors.js';
import type { Logger } from './log.js';

/** Status codes of the error codes; an unlisted code is a 500. */
const statusByCode: Record<string, number> = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  forbidden_host: 403,
  forbidden_origin: 403,
  target_not_allowed: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  not_running: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  unprocessable: 422,
  too_many_runs: 429,
  too_many_readers: 429,
  shutting_down: 503,
  database_locked: 503,
  storage_full: 507,
  // The target of a request failed: the codes of the engine.
  timeout: 502,
  connection_failed: 502,
  connection_closed: 502,
  dns_failed: 502,
  ssl_error: 502,
  too_many_redirects: 502,
  invalid_url: 502,
  protocol_error: 502,
  response_too_large: 502,
  script_error: 422,
  aborted: 502,
  auth_failed: 502,
};

export function statusOf(code: string): number {
  return statusByCode[code] ?? 500;
}

export interface ErrorBody {
  error: { code: string; message: string; [detail: string]: unknown };
}

export function errorBody(error: VayuError): ErrorBody {
  return { error: { ...error.toJSON(), code: error.code, message: error.message } };
}

export function notFound(what: string, id: string): VayuError {
  return new VayuError('not_found', `There is no ${what} ${id}`, { id });
}

/** What Express's parsers throw. */
interface HttpError extends Error {
  status: number;
  type?: string;
  limit?: number;
}

function isHttpError(error: unknown): error is HttpError {
  return error instanceof Error && typeof (error as { status?: unknown }).status === 'number';
}

/** What SQLite throws, told by its name: better-sqlite3 itself is the store's business. */
function storageError(error: unknown): VayuError | undefined {
  if (!(error instanceof Error) || error.name !== 'SqliteError') return undefined;
  const reason = (error as { code?: string }).code ?? '';
  if (reason.startsWith('SQLITE_FULL')) {
    return new VayuError('storage_full', 'The disk of the data directory is full', {}, { cause: error });
  }
  if (/^SQLITE_(BUSY|LOCKED)/.test(reason)) {
    return new VayuError(
      'database_locked',
      'The database is locked by another process',
      {},
      { cause: error },
    );
  }
  return new VayuError(
    'storage_failed',
    `The database failed: ${error.message}`,
    { reason },
    { cause: error },
  );
}

function fromParser(error: HttpError): VayuError {
  if (error.type === 'entity.too.large') {
    const message = `The body is larger than the limit of ${error.limit ?? 0} bytes`;
    return new VayuError('payload_too_large', message, { limit: error.limit });
  }
  if (error.status === 415) return new VayuError('unsupported_media_type', error.message);
  return new VayuError(error.status === 413 ? 'payload_too_large' : 'bad_request', error.message);
}

/** The error as its caller sees it: nothing of an unexpected one but that it happened. */
export function toVayuError(error: unknown): VayuError {
  if (error instanceof VayuError) return error;
  const storage = storageError(error);
  if (storage !== undefined) return storage;
  if (isHttpError(error) && error.status < 500) return fromParser(error);
  return new VayuError(
    'internal_error',
    'The engine failed at this request; its log has the details',
    {},
    { cause: error },
  );
}

export const unknownRoute: RequestHandler = (request) => {
  throw new VayuError('not_found', `There is no ${request.method} ${request.path}`, { path: request.path });
};

/** The last handler of the app: every error leaves in the one shape. */
export function errorHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const known = toVayuError(error);
    const status = statusOf(known.code);
    if (status >= 500 && status !== 502 && status !== 503) {
      const cause = known.cause instanceof Error ? known.cause : known;
      log.error('request failed', {
        method: request.method,
        path: request.path,
        code: known.code,
        cause: cause.stack,
      });
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    response.status(status).json(errorBody(known));
  };
}
