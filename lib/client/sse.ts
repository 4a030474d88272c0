/** One event of an event stream. */
export interface ServerSentEvent {
  event: string;
  data: string;
  /** The last id that the stream has sent so far. */
  id: string;
}

/** Reads `text/event-stream` piece by piece, wherever the pieces are cut. */
export class SseParser {
  #rest = '';
  #event = '';
  #data: string[] = [];
  #id = '';
  #retryMs: number | undefined;
  #started = false;

  /** What the server asked for as delay before a reconnection, in ms. */
  get retryMs(): number | undefined {
    return this.#retryMs;
  }

  /** The events that `text` completes. */
  push(text: string): ServerSentEvent[] {
    const events: ServerSentEvent[] = [];
    this.#rest += text;
    if (!this.#started && this.#rest !== '') {
      this.#started = true;
      if (this.#rest.startsWith('\ufeff')) this.#rest = this.#rest.slice(1);
    }
    for (;;) {
      const end = this.#rest.search(/[\r\n]/);
      if (end < 0) return events;
      // A CR at the very end may be the first half of a CRLF.
      if (this.#rest[end] === '\r' && end === this.#rest.length - 1) return events;
      const line = this.#rest.slice(0, end);
      this.#rest = this.#rest.slice(end + (this.#rest.startsWith('\r\n', end) ? 2 : 1));
      const event = this.#line(line);
      if (event !== undefined) events.push(event);
    }
  }

  #line(line: string): ServerSentEvent | undefined {
    if (line === '') return this.#dispatch();
    const colon = line.indexOf(':');
    if (colon === 0) return undefined;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#event = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.#retryMs = Number(value);
    return undefined;
  }

  #dispatch(): ServerSentEvent | undefined {
    const event = {
      event: this.#event === '' ? 'message' : this.#event,
      data: this.#data.join('\n'),
      id: this.#id,
    };
    const empty = this.#data.length === 0;
    this.#event = '';
    this.#data = [];
    return empty ? undefined : event;
  }
}
