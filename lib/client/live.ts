import { VayuApiError } from './errors.js';
import { SseParser, type ServerSentEvent } from './sse.js';
import type { LiveEvent } from './types.js';

export interface LiveOptions {
  signal?: AbortSignal;
  /** Milliseconds between snapshots; default: the daemon's (100). */
  intervalMs?: number;
  /** Continue after this event. */
  lastEventId?: string;
  /** Connections that may break one after another, without an event between, before the error is thrown. Default 5. */
  maxRetries?: number;
}

type Open = (query: string, lastEventId: string, signal: AbortSignal | undefined) => Promise<Response>;

/** The events of a run until `complete`, over as many connections as that takes. */
export async function* followRun(open: Open, options: LiveOptions): AsyncGenerator<LiveEvent, void, void> {
  const { signal, intervalMs, maxRetries = 5 } = options;
  const query = intervalMs === undefined ? '' : `?interval=${intervalMs}`;
  let lastEventId = options.lastEventId ?? '';
  let retryMs = 500;
  let failures = 0;
  for (;;) {
    const parser = new SseParser();
    try {
      const response = await open(query, lastEventId, signal);
      for await (const text of textOf(response)) {
        for (const raw of parser.push(text)) {
          failures = 0;
          if (raw.id !== '') lastEventId = raw.id;
          const event = liveEvent(raw);
          if (event === undefined) continue;
          yield event;
          if (event.event === 'complete') return;
        }
      }
      failures += 1;
      if (failures > maxRetries)
        throw new VayuApiError('unreachable', 'the live stream ended before the run did', 0);
    } catch (error) {
      const refused = error instanceof VayuApiError && error.status !== 0;
      failures += 1;
      if (signal?.aborted === true || refused || failures > maxRetries) throw error;
    }
    retryMs = parser.retryMs ?? retryMs;
    await delay(retryMs, signal);
  }
}

async function* textOf(response: Response): AsyncGenerator<string, void, void> {
  if (response.body === null) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  try {
    for (;;) {
      const chunk = (await reader.read()) as { done: boolean; value?: Uint8Array };
      if (chunk.done) return;
      yield decoder.decode(chunk.value, { stream: true });
    }
  } finally {
    // Ends the connection where the reader leaves early.
    await reader.cancel().catch(() => undefined);
  }
}

function liveEvent(raw: ServerSentEvent): LiveEvent | undefined {
  if (raw.event !== 'snapshot' && raw.event !== 'metric' && raw.event !== 'complete') return undefined;
  const data: unknown = JSON.parse(raw.data);
  return (
    raw.event === 'metric' ? { event: raw.event, id: raw.id, data } : { event: raw.event, data }
  ) as LiveEvent;
}

function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
