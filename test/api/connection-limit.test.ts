import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { test } from 'node:test';
import { listen } from '../../lib/api/http-server.js';
import { startApi } from './support.js';

const question = 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n';

test('connections over the limit are closed, those under it go on, and a place that is left is given again', async (t) => {
  const { server, port } = await listen({
    host: '127.0.0.1',
    port: 0,
    maxConnections: 3,
    handler: (_request, response) => response.end('answered'),
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const connect = (): net.Socket => net.connect(port, '127.0.0.1').setEncoding('utf8');
  const answered = async (socket: net.Socket): Promise<void> => {
    socket.write(question);
    const [text] = (await once(socket, 'data')) as [string];
    assert.match(text, /^HTTP\/1\.1 200 .*answered/s);
  };
  const held = [connect(), connect(), connect()];
  for (const socket of held) await answered(socket);

  for (let attempt = 0; attempt < 5; attempt++) {
    const refused = connect();
    let received = '';
    refused.on('data', (text: string) => (received += text)).on('error', () => undefined);
    refused.write(question);
    await once(refused, 'close');
    assert.equal(received, '');
  }
  for (const socket of held) await answered(socket);

  held[0]!.destroy();
  await new Promise<void>((resolve) => {
    const check = (): void => {
      server.getConnections((_error, count) => (count < 3 ? resolve() : setTimeout(check, 5)));
    };
    check();
  });
  await answered(connect());
});

test('the limit is among those that the daemon tells', async (t) => {
  const api = await startApi(t);
  const response = await fetch(`${api.url}/config`);
  const { limits } = (await response.json()) as { limits: Record<string, number> };
  assert.equal(limits['maxApiConnections'], 1024);
});
