import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { test } from 'node:test';
import { listen } from '../../lib/api/http-server.js';

test('a client that sends its body byte by byte is let go', async (t) => {
  const { server, port } = await listen({
    host: '127.0.0.1',
    port: 0,
    handler: (request, response) => request.resume().on('end', () => response.end('ok')),
    timeouts: { headers: 300, request: 600, checking: 100 },
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const slow = net.connect(port, '127.0.0.1');
  slow.on('error', () => undefined);
  slow.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n');
  const drip = setInterval(() => slow.write('x'), 50);
  t.after(() => clearInterval(drip));
  let reply = '';
  slow.setEncoding('utf8').on('data', (chunk: string) => (reply += chunk));
  const began = performance.now();
  // Others are served meanwhile.
  const other = http.get({ port, host: '127.0.0.1', agent: false });
  const [response] = (await once(other, 'response')) as [http.IncomingMessage];
  assert.equal(response.statusCode, 200);
  response.resume();
  await once(slow, 'close');
  assert.ok(performance.now() - began < 5000);
  assert.match(reply, /^HTTP\/1\.1 408 .*request_timeout/s);
});
