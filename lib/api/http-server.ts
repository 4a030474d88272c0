import http, { type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { VayuError } from '../model/errors.js';

/** What a client gets for the headers of a request, and for all of it; a slower one is let go. */
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 60_000;
/** How often those are looked at. */
const checkingIntervalMs = 2000;
const keepAliveTimeoutMs = 30_000;
const maxHeaderBytes = 16 * 1024;
const maxConnections = 1024;

export const serverLimits = {
  maxApiConnections: maxConnections,
  maxHeaderBytes,
  headersTimeoutMs,
  requestTimeoutMs,
};

export interface ServerOptions {
  host: string;
  port: number;
  handler: RequestListener;
  /** More are closed as they arrive, until others end. Default 1024. */
  maxConnections?: number;
  /** Replaces the times above, in ms. */
  timeouts?: { headers: number; request: number; checking: number };
}

/** Opens the port; throws `port_in_use` or `cannot_listen` where that is not to be had. */
export async function listen(options: ServerOptions): Promise<{ server: Server; port: number }> {
  const { host, port, handler, timeouts } = options;
  const server = http.createServer(
    {
      headersTimeout: timeouts?.headers ?? headersTimeoutMs,
      requestTimeout: timeouts?.request ?? requestTimeoutMs,
      connectionsCheckingInterval: timeouts?.checking ?? checkingIntervalMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      maxHeaderSize: maxHeaderBytes,
    },
    handler,
  );
  server.maxConnections = options.maxConnections ?? maxConnections;
  server.on('clientError', answerUnreadable);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(describeListenError(error, host, port)));
    server.listen({ host, port, exclusive: true }, resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

function describeListenError(error: NodeJS.ErrnoException, host: string, port: number): VayuError {
  if (error.code === 'EADDRINUSE') {
    return new VayuError(
      'port_in_use',
      `Port ${port} of ${host} is in use by another program. Stop it or choose another with --port.`,
      { host, port },
      { cause: error },
    );
  }
  return new VayuError(
    'cannot_listen',
    `Cannot listen on ${host}, port ${port}: ${error.message}`,
    { host, port },
    { cause: error },
  );
}

/** What no request could be made of still gets an answer in the shape of the API. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const [status, code, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [
          '431 Request Header Fields Too Large',
          'headers_too_large',
          `The headers are larger than ${maxHeaderBytes} bytes`,
        ]
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'request_timeout', 'The request took too long to arrive']
        : ['400 Bad Request', 'bad_request', 'This is not HTTP'];
  const body = JSON.stringify({ error: { code, message } });
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
