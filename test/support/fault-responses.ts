// What the fault server does for a path. Each entry is one way to misbehave (or, for comparison, not to).
import type { Socket } from 'node:net';
import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';
import type { FaultHandler, FaultRequest } from './fault-http.js';

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

function respond(
  request: FaultRequest,
  body: string | Buffer,
  options: { status?: string; headers?: string[] } = {},
): void {
  const bytes = Buffer.from(body);
  const lines = [
    `HTTP/1.1 ${options.status ?? '200 OK'}`,
    ...(options.headers ?? []),
    `Content-Length: ${bytes.length}`,
  ];
  request.socket.write(
    Buffer.concat([
      Buffer.from(`${lines.join('\r\n')}\r\n\r\n`),
      request.method === 'HEAD' ? Buffer.alloc(0) : bytes,
    ]),
  );
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve();
    else socket.once('close', () => resolve());
  });
}

/** Writes and resolves once the bytes are with the kernel; false when the connection is gone. */
function written(socket: Socket, data: string | Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve(false);
    else socket.write(data, (error) => resolve(!error && !socket.destroyed));
  });
}

async function writeThen(socket: Socket, data: string, end: 'reset' | 'close' | 'stall'): Promise<void> {
  await written(socket, data);
  if (end === 'stall') return closed(socket);
  // Whatever was written is to arrive before the end does.
  await sleep(5);
  if (end === 'reset') socket.resetAndDestroy();
  else socket.destroy();
}

const number = (request: FaultRequest, name: string, fallback: number): number =>
  Number(request.query.get(name) ?? fallback);

/** Zeros that a few hundred kilobytes unpack to: more than the default limit of a body, 100 MiB. */
const bombBytes = 120 * 1024 * 1024;
let bomb: Promise<Buffer> | undefined;

/** The same delays in every run: xorshift32 from a fixed seed. */
function randomNumbers(): () => number {
  let state = 0x9e3779b9;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

const partialHead = 'HTTP/1.1 200 OK\r\nContent-Le';
const headOf1000 = 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n';
const chunkedHead = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

function raw(data: string, end?: 'reset' | 'close' | 'stall'): FaultHandler {
  return async (request) => {
    if (end) await writeThen(request.socket, data, end);
    else await written(request.socket, data);
  };
}

async function writeForever(request: FaultRequest, next: () => string): Promise<void> {
  while (await written(request.socket, next()));
}

export function faultHandlers(baseUrl: () => string): Record<string, FaultHandler> {
  const random = randomNumbers();
  return {
    '/ok': raw(ok),
    '/echo': (request) =>
      respond(
        request,
        JSON.stringify({
          method: request.method,
          path: request.path,
          query: request.query.toString(),
          headers: Object.fromEntries(request.headers),
          body: request.body.toString('latin1'),
          ordinal: request.ordinal,
        }),
        { headers: ['Content-Type: application/json'] },
      ),
    '/status': (request) => respond(request, 'status', { status: `${number(request, 'code', 500)} Chosen` }),
    '/no-content': raw('HTTP/1.1 204 No Content\r\n\r\n'),
    '/until-close': raw('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end', 'close'),

    '/delay/fixed': async (request) => {
      await sleep(number(request, 'ms', 100));
      respond(request, 'ok');
    },
    '/delay/bimodal': async (request) => {
      const slow = random() < number(request, 'share', 0.1);
      await sleep(slow ? number(request, 'slow', 100) : number(request, 'fast', 1));
      respond(request, slow ? 'slow' : 'fast');
    },
    '/delay/pareto': async (request) => {
      const delay = number(request, 'scale', 1) / Math.pow(1 - random(), 1 / number(request, 'shape', 1.5));
      await sleep(Math.min(delay, number(request, 'max', 1000)));
      respond(request, 'ok');
    },

    '/stall/request': raw('', 'stall'),
    '/stall/header': raw(partialHead, 'stall'),
    '/stall/body': raw(`${headOf1000}half`, 'stall'),
    '/reset/request': raw('', 'reset'),
    '/reset/header': raw(partialHead, 'reset'),
    '/reset/body': raw(`${headOf1000}half`, 'reset'),
    '/close/request': raw('', 'close'),
    '/close/header': raw(partialHead, 'close'),
    '/close/body': raw(`${headOf1000}half`, 'close'),
    '/half-close/before': async (request) => {
      request.socket.end();
      await closed(request.socket);
    },
    // The answer is whole; only the direction to the client is shut, the other stays open.
    '/half-close/after': async (request) => {
      request.socket.end(ok);
      await closed(request.socket);
    },
    '/slow/bytes': async (request) => {
      for (const byte of 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\none by one') {
        if (!(await written(request.socket, byte))) return;
        await sleep(number(request, 'ms', 1));
      }
    },

    '/chunked/ok': raw(`${chunkedHead}5\r\nhello\r\n6;extension=1\r\n world\r\n0\r\nX-Trailer: yes\r\n\r\n`),
    '/chunked/bad-size': raw(`${chunkedHead}zz\r\nhello\r\n0\r\n\r\n`, 'close'),
    '/chunked/negative-size': raw(`${chunkedHead}-5\r\nhello\r\n0\r\n\r\n`, 'close'),
    '/chunked/overflow': raw(`${chunkedHead}fffffffffffffffff\r\nhello\r\n0\r\n\r\n`, 'close'),
    '/chunked/no-line-end': raw(`${chunkedHead}5\r\nhelloXX0\r\n\r\n`, 'close'),
    '/chunked/cut': raw(`${chunkedHead}5\r\nhello\r\n`, 'close'),
    '/chunked/cut-in-chunk': raw(`${chunkedHead}50\r\nhello`, 'close'),
    '/chunked/endless': async (request) => {
      await written(request.socket, chunkedHead);
      await writeForever(request, () => `400\r\n${'x'.repeat(1024)}\r\n`);
    },

    '/length/long': raw(`${headOf1000}short`, 'close'),
    '/length/short': raw('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more than was said'),
    '/length/negative': raw('HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nok', 'close'),
    '/length/word': raw('HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nok', 'close'),
    '/length/overflow': raw('HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nok', 'close'),
    '/length/conflict': raw('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nok', 'close'),

    '/headers/endless': async (request) => {
      await written(request.socket, 'HTTP/1.1 200 OK\r\n');
      let line = 0;
      await writeForever(request, () => `X-Line-${line++}: ${'x'.repeat(100)}\r\n`.repeat(10));
    },
    '/headers/endless-line': async (request) => {
      await written(request.socket, 'HTTP/1.1 200 OK\r\nX-Endless: ');
      await writeForever(request, () => 'x'.repeat(4096));
    },
    '/headers/many': (request) =>
      respond(request, 'ok', {
        headers: Array.from({ length: number(request, 'count', 100) }, (_, i) => `X-Header-${i}: ${i}`),
      }),
    '/headers/large': (request) =>
      respond(request, 'ok', { headers: [`X-Large: ${'x'.repeat(number(request, 'bytes', 16_000))}`] }),
    '/headers/no-colon': raw('HTTP/1.1 200 OK\r\nthis is no header\r\nContent-Length: 2\r\n\r\nok', 'close'),
    '/headers/folded': raw('HTTP/1.1 200 OK\r\nX-Folded: one\r\n two\r\nContent-Length: 2\r\n\r\nok'),
    '/headers/bare-line-feeds': raw('HTTP/1.1 200 OK\nContent-Length: 2\n\nok'),
    '/headers/cookies': (request) =>
      respond(request, 'ok', { headers: ['Set-Cookie: a=1; Path=/', 'Set-Cookie: b=2; Path=/'] }),

    '/body/size': async (request) => {
      const bytes = number(request, 'bytes', 100 * 1024 * 1024);
      const block = Buffer.alloc(65_536, 'x');
      if (!(await written(request.socket, `HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`))) return;
      for (let left = bytes; left > 0; left -= block.length) {
        if (!(await written(request.socket, left < block.length ? block.subarray(0, left) : block))) return;
      }
    },
    '/encoding/gzip': (request) =>
      respond(request, gzipSync('unpacked text'), { headers: ['Content-Encoding: gzip'] }),
    '/encoding/broken-gzip': (request) =>
      respond(request, 'this is not gzip', { headers: ['Content-Encoding: gzip'] }),
    '/encoding/bomb': async (request) => {
      bomb ??= promisify(gzip)(Buffer.alloc(bombBytes));
      respond(request, await bomb, { headers: ['Content-Encoding: gzip'] });
    },
    '/encoding/deep-json': (request) =>
      respond(request, '['.repeat(100_000), { headers: ['Content-Type: application/json'] }),

    '/informational/some': raw(
      `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok}`,
    ),
    '/informational/flood': async (request) => {
      await written(
        request.socket,
        'HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\n'.repeat(number(request, 'count', 1000)),
      );
      await written(request.socket, ok);
    },
    '/informational/endless': (request) =>
      writeForever(request, () => 'HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\n'.repeat(100)),

    '/redirect/loop': (request) =>
      respond(request, '', { status: '302 Found', headers: ['Location: /redirect/loop'] }),
    '/redirect/chain': (request) => {
      const left = number(request, 'count', 3);
      if (left === 0) respond(request, 'arrived');
      else
        respond(request, '', {
          status: '302 Found',
          headers: [`Location: /redirect/chain?count=${left - 1}`],
        });
    },
    '/redirect/absolute': (request) =>
      respond(request, '', { status: '301 Moved Permanently', headers: [`Location: ${baseUrl()}/echo`] }),
    '/redirect/see-other': (request) =>
      respond(request, '', { status: '303 See Other', headers: ['Location: /echo'] }),
    '/redirect/keep-method': (request) =>
      respond(request, '', { status: '307 Temporary Redirect', headers: ['Location: /echo'] }),
    '/redirect/to': (request) =>
      respond(request, '', { status: '302 Found', headers: [`Location: ${request.query.get('url') ?? ''}`] }),
    '/redirect/nowhere': (request) => respond(request, 'no location', { status: '302 Found' }),

    // Says keep-alive and closes all the same, after the answer.
    '/keepalive/closed-after': async (request) => {
      await written(request.socket, ok);
      request.socket.end();
    },
    // The connection dies under its second request, unanswered.
    '/keepalive/closed-under': (request) =>
      request.ordinal === 1 ? raw(ok)(request) : writeThen(request.socket, '', 'close'),
    '/keepalive/reset-under': (request) =>
      request.ordinal === 1 ? raw(ok)(request) : writeThen(request.socket, '', 'reset'),
    '/keepalive/says-close': raw(
      'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok',
      'close',
    ),

    '/garbage/bytes': raw('\u0001\u0002\u00ff\u00fe garbage \r\n\r\n', 'close'),
    '/garbage/status-line': raw('HTTP/1.1 abc\r\nContent-Length: 2\r\n\r\nok', 'close'),
    '/garbage/no-head': raw('<html>HTTP/0.9 style</html>', 'close'),
    '/garbage/after-answer': raw(`${ok}garbage behind the answer`),
    '/garbage/nul-in-header': raw(
      'HTTP/1.1 200 OK\r\nX-Nul: a\u0000b\r\nContent-Length: 2\r\n\r\nok',
      'close',
    ),
  };
}
