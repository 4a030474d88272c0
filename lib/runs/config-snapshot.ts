import type { HttpRequest } from '../model/http-request.js';
import type { Redactor } from '../model/redaction.js';
import type { RunConfig } from '../model/run-config.js';

/** What is stored of a run's configuration: as it was when it began, secrets masked. */
export function configSnapshot(
  config: RunConfig,
  request: HttpRequest,
  redactor: Redactor,
): Record<string, unknown> {
  const { request: _given, ...load } = config;
  return { ...load, request: redactor.request(request) };
}
