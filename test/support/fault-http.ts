// Reads requests off a socket and hands each to a handler that writes whatever bytes it likes: no HTTP server would let it.
import type { Socket } from 'node:net';

export interface FaultRequest {
  socket: Socket;
  method: string;
  path: string;
  query: URLSearchParams;
  /** Names in lower case. */
  headers: Map<string, string>;
  body: Buffer;
  /** 1 for the first request on its connection. */
  ordinal: number;
}

/** The next request of the connection is read once the promise has settled. */
export type FaultHandler = (request: FaultRequest) => Promise<void> | void;

/** Serves a connection until it is closed by either side. */
export async function serveConnection(socket: Socket, handler: FaultHandler): Promise<void> {
  socket.setNoDelay(true);
  socket.on('error', () => undefined);
  const input = new ByteReader(socket);
  for (let ordinal = 1; ; ordinal++) {
    const head = await input.readHead();
    if (head === undefined) break;
    const [requestLine = '', ...lines] = head.split('\r\n');
    const [method = '', target = '/'] = requestLine.split(' ');
    const headers = new Map(lines.map((line) => splitHeader(line)));
    const body = await input.readBody(headers);
    if (body === undefined) break;
    const url = new URL(target, 'http://fault.invalid');
    await handler({ socket, method, path: url.pathname, query: url.searchParams, headers, body, ordinal });
    if (socket.destroyed || socket.writableEnded) break;
  }
  if (!socket.destroyed) socket.end();
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
}

class ByteReader {
  private buffered: Buffer = Buffer.alloc(0);
  private ended = false;
  private wake: () => void = () => undefined;

  constructor(socket: Socket) {
    socket.on('data', (data: Buffer) => {
      this.buffered = this.buffered.length === 0 ? data : Buffer.concat([this.buffered, data]);
      this.wake();
    });
    const end = () => {
      this.ended = true;
      this.wake();
    };
    socket.on('end', end);
    socket.on('close', end);
  }

  async readHead(): Promise<string | undefined> {
    const text = await this.readUntil('\r\n\r\n');
    return text?.slice(0, -4);
  }

  async readBody(headers: Map<string, string>): Promise<Buffer | undefined> {
    if (!headers.get('transfer-encoding')?.includes('chunked'))
      return this.readBytes(Number(headers.get('content-length') ?? 0));
    const chunks: Buffer[] = [];
    for (;;) {
      const line = await this.readUntil('\r\n');
      if (line === undefined) return undefined;
      const size = parseInt(line, 16);
      const chunk = await this.readBytes(size);
      if (chunk === undefined || (await this.readUntil('\r\n')) === undefined) return undefined;
      if (size === 0) return Buffer.concat(chunks);
      chunks.push(chunk);
    }
  }

  private async readUntil(mark: string): Promise<string | undefined> {
    for (;;) {
      const at = this.buffered.indexOf(mark);
      if (at >= 0) return this.take(at + mark.length).toString('latin1');
      if (!(await this.more())) return undefined;
    }
  }

  private async readBytes(count: number): Promise<Buffer | undefined> {
    while (this.buffered.length < count) {
      if (!(await this.more())) return undefined;
    }
    return this.take(count);
  }

  private take(count: number): Buffer {
    const taken = this.buffered.subarray(0, count);
    this.buffered = this.buffered.subarray(count);
    return taken;
  }

  private async more(): Promise<boolean> {
    if (this.ended) return false;
    await new Promise<void>((resolve) => (this.wake = resolve));
    return true;
  }
}
