// The HTTP/2 side of the fault server.
import { constants, type Http2SecureServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';

const plain = { ':status': 200, 'content-type': 'text/plain' };

/** `cut` destroys the connection that comes from that port of the client. */
type Handler = (stream: ServerHttp2Stream, cut: (clientPort: number) => void) => void;

const handlers: Record<string, Handler> = {
  '/ok': (stream) => {
    stream.respond(plain);
    stream.end('ok');
  },
  '/delay/fixed': (stream) => {
    setTimeout(() => {
      if (stream.destroyed) return;
      stream.respond(plain);
      stream.end('ok');
    }, 100);
  },
  '/stall/request': () => undefined,
  '/reset/stream': (stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
  '/reset/refused': (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM),
  '/reset/body': (stream) => {
    stream.respond({ ...plain, 'content-length': 1000 });
    stream.write('half', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
  },
  // Answers and then says that the connection takes no more.
  '/goaway/after': (stream) => {
    const { session } = stream;
    stream.respond(plain);
    stream.end('ok');
    stream.once('close', () => session?.close());
  },
  // Leaves the stream unanswered: its number is above the last one that the GOAWAY admits.
  '/goaway/before': (stream) => {
    stream.session?.goaway(constants.NGHTTP2_NO_ERROR, 0);
    stream.session?.destroy();
  },
  '/goaway/error': (stream) => stream.session?.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM),
  '/close/connection': (stream, cut) => cut(stream.session?.socket.remotePort ?? 0),
};

export function serveHttp2(
  server: Http2Server | Http2SecureServer,
  count: (path: string) => void,
  cut: (clientPort: number) => void,
): void {
  server.on('sessionError', () => undefined);
  server.on('stream', (stream: ServerHttp2Stream, headers: { ':path'?: string }) => {
    stream.on('error', () => undefined);
    const path = (headers[':path'] ?? '/').split('?')[0]!;
    count(path);
    const handler = handlers[path];
    if (handler) {
      handler(stream, cut);
    } else {
      stream.respond({ ':status': 404 });
      stream.end();
    }
  });
}
