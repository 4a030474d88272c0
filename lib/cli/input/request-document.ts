import { loadShape } from '../../model/run-config.js';

/** The request of a document that may also describe a load: its `request`, or what is left without the load's fields. */
export function requestOf(document: Record<string, unknown>): Record<string, unknown> {
  const { request, config: _config, ...rest } = document;
  if (typeof request === 'object' && request !== null && !Array.isArray(request))
    return request as Record<string, unknown>;
  return Object.fromEntries(Object.entries(rest).filter(([key]) => key === 'name' || !(key in loadShape)));
}
