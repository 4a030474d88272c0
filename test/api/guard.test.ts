import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { test } from 'node:test';
import { VayuError } from '../../lib/model/errors.js';
import { startDaemon } from '../../lib/api/daemon.js';
import { startApi, temporaryFolder } from './support.js';

interface Reply {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}

/** Sends headers exactly as given, which `fetch` would not. */
function send(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string>,
  body = '',
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port, method, path, headers, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

const codeOf = ({ body }: Reply): string => (JSON.parse(body) as { error: { code: string } }).error.code;

test('a Host that is not this machine is refused: DNS rebinding', async (t) => {
  const { port } = await startApi(t);
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    'localhost.evil.example',
    '127.0.0.1.evil.example',
  ]) {
    const reply = await send(port, 'GET', '/health', { Host: host });
    assert.equal(reply.status, 403, host);
    assert.equal(codeOf(reply), 'forbidden_host');
  }
  for (const host of [
    `127.0.0.1:${port}`,
    'localhost',
    `LOCALHOST:${port}`,
    `[::1]:${port}`,
    '127.0.0.1:1234',
  ]) {
    assert.equal((await send(port, 'GET', '/health', { Host: host })).status, 200, host);
  }
});

test('a request without a Host is refused', async (t) => {
  const { port } = await startApi(t);
  for (const text of [
    'GET /health HTTP/1.0\r\n\r\n',
    'GET /health HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n',
  ]) {
    const socket = net.connect(port, '127.0.0.1');
    socket.write(text);
    let reply = '';
    for await (const chunk of socket.setEncoding('utf8')) reply += chunk as string;
    assert.match(reply, /^HTTP\/1\.1 403 .*forbidden_host/s);
  }
});

test('names given at the start are accepted as Host', async (t) => {
  const { port } = await startApi(t, { hosts: ['Engine.Internal'] });
  assert.equal((await send(port, 'GET', '/health', { Host: 'engine.internal:80' })).status, 200);
  assert.equal((await send(port, 'GET', '/health', { Host: 'other.internal' })).status, 403);
});

test('pages of foreign origins are refused, and what they asked is not done', async (t) => {
  const api = await startApi(t);
  const foreign = [
    'http://evil.example',
    'https://localhost:5173',
    'http://localhost:5174',
    'null',
    `http://localhost:${api.port}.evil`,
  ];
  for (const origin of foreign) {
    const reply = await send(
      api.port,
      'POST',
      '/environments',
      { Host: `127.0.0.1:${api.port}`, Origin: origin, 'Content-Type': 'text/plain' },
      '{"name":"planted"}',
    );
    assert.equal(reply.status, 403, origin);
    assert.equal(codeOf(reply), 'forbidden_origin');
    assert.equal(reply.headers['access-control-allow-origin'], undefined);
  }
  const sneaky = await send(api.port, 'GET', '/runs', {
    Host: 'localhost',
    'Sec-Fetch-Site': 'cross-site',
    'Sec-Fetch-Mode': 'no-cors',
  });
  assert.equal(sneaky.status, 403);
  assert.deepEqual((await api.call('GET', '/environments')).body, []);
});

test("the manager's origin may call, preflight included", async (t) => {
  const api = await startApi(t, { origins: ['app://vayu'] });
  for (const origin of ['http://localhost:5173', 'app://vayu', `http://127.0.0.1:${api.port}`]) {
    const host = `127.0.0.1:${api.port}`;
    const preflight = await send(api.port, 'OPTIONS', '/runs/run_x', {
      Host: host,
      Origin: origin,
      'Access-Control-Request-Method': 'DELETE',
      'Access-Control-Request-Headers': 'content-type,last-event-id',
    });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers['access-control-allow-origin'], origin);
    assert.match(preflight.headers['access-control-allow-methods'] ?? '', /DELETE/);
    assert.match(preflight.headers['access-control-allow-methods'] ?? '', /PATCH/);
    assert.equal(preflight.headers['access-control-allow-headers'], 'content-type,last-event-id');
    const reply = await send(api.port, 'GET', '/health', { Host: host, Origin: origin });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers['access-control-allow-origin'], origin);
    assert.match(reply.headers.vary ?? '', /Origin/);
  }
  const refused = await send(api.port, 'OPTIONS', '/runs', {
    Host: 'localhost',
    Origin: 'http://evil.example',
    'Access-Control-Request-Method': 'POST',
  });
  assert.equal(refused.status, 403);
});

test('errors of allowed origins can be read by them', async (t) => {
  const api = await startApi(t);
  const reply = await send(api.port, 'GET', '/runs/run_none', {
    Host: 'localhost',
    Origin: 'http://localhost:5173',
  });
  assert.equal(reply.status, 404);
  assert.equal(reply.headers['access-control-allow-origin'], 'http://localhost:5173');
});

test('with a token, every call but a preflight has to carry it', async (t) => {
  const api = await startApi(t, { token: 's3cret-token' });
  for (const path of ['/health', '/runs', '/metrics', '/openapi.json', '/nowhere']) {
    for (const authorization of ['', 'Bearer wrong', 'Basic s3cret-token', 's3cret-token']) {
      const reply = await send(api.port, 'GET', path, { Host: 'localhost', Authorization: authorization });
      assert.equal(reply.status, 401, `${path} with ${authorization}`);
      assert.equal(codeOf(reply), 'unauthorized');
      assert.equal(reply.headers['www-authenticate'], 'Bearer');
    }
  }
  const granted = await api.call('GET', '/health', undefined, { Authorization: 'Bearer s3cret-token' });
  assert.equal(granted.status, 200);
  assert.equal(api.logLines.join('').includes('s3cret-token'), false);
});

test('an address that others can reach needs a token', async (t) => {
  const dataDir = temporaryFolder(t);
  await assert.rejects(startDaemon({ dataDir, port: 0, host: '0.0.0.0' }), (error) => {
    return error instanceof VayuError && error.code === 'token_required';
  });
  const api = await startApi(t, { dataDir, host: '0.0.0.0', token: 'x' });
  const reply = await send(api.port, 'GET', '/health', {
    Host: 'anything.example',
    Authorization: 'Bearer x',
  });
  assert.equal(reply.status, 200);
});

test('answers carry the headers that keep browsers from misusing them', async (t) => {
  const api = await startApi(t);
  const { headers } = await api.call('GET', '/health');
  assert.equal(headers.get('x-content-type-options'), 'nosniff');
  assert.equal(headers.get('cache-control'), 'no-store');
  assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'/);
  assert.equal(headers.get('x-powered-by'), null);
});
