/** The typed client of the control API, for Node, browsers and Electron renderers. */
export {
  VayuClient,
  defaultBaseUrl,
  type CallOptions,
  type ClientOptions,
  type ResourceClient,
} from './client.js';
export { VayuApiError } from './errors.js';
export type { LiveOptions } from './live.js';
export { SseParser, type ServerSentEvent } from './sse.js';
export type * from './types.js';
export type { LiveSnapshot, MetricRow } from '../model/live.js';
export type { DesignResult, Report } from '../model/report.js';
