import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { SseParser, VayuApiError, VayuClient, type LiveEvent } from '../../lib/client/index.js';

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A client of a server that answers as `handler` says; both end with the test. */
async function clientOf(context: TestContext, handler: Handler, token?: string): Promise<VayuClient> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => handler(request, response, body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return new VayuClient({ baseUrl: `http://127.0.0.1:${port}/`, ...(token === undefined ? {} : { token }) });
}

test('an event stream is read the same wherever it is cut', () => {
  const text =
    '\ufeff: hello\r\nretry: 250\r\n\r\nevent: metric\r\nid: 7\r\ndata: {"a":1}\r\n\r\ndata: one\ndata:two\n\nevent: nothing\n\nid: 8\rdata\r\rdata: unfinished';
  const expected = [
    { event: 'metric', data: '{"a":1}', id: '7' },
    { event: 'message', data: 'one\ntwo', id: '7' },
    { event: 'message', data: '', id: '8' },
  ];
  for (let size = 1; size <= text.length; size += 1) {
    const parser = new SseParser();
    const events = [];
    for (let at = 0; at < text.length; at += size) events.push(...parser.push(text.slice(at, at + size)));
    assert.deepEqual(events, expected, `pieces of ${size}`);
    assert.equal(parser.retryMs, 250);
  }
});

test('calls carry method, path, body and token', async (context) => {
  const seen: string[] = [];
  const client = await clientOf(
    context,
    (request, response, body) => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'} ${body}`);
      if (request.method === 'DELETE') response.writeHead(204).end();
      else
        response
          .setHeader('content-type', 'application/json')
          .end(
            request.url?.startsWith('/runs?') === true
              ? '{"data":[{"id":"run_1"}],"pagination":{}}'
              : '{"ok":true}',
          );
    },
    's3cret',
  );
  await client.health();
  await client.execute({ url: 'http://a/' });
  assert.deepEqual(await client.runs({ limit: 5, status: 'running' }), [{ id: 'run_1' }]);
  await client.report('a/b');
  await client.deleteRun('run_1');
  await client.environments.update('env_1', { name: 'x' });
  await client.requests.list({ collectionId: 'col 1' });
  assert.deepEqual(seen, [
    'GET /health Bearer s3cret ',
    'POST /request Bearer s3cret {"url":"http://a/"}',
    'GET /runs?limit=5&status=running Bearer s3cret ',
    'GET /runs/a%2Fb/report Bearer s3cret ',
    'DELETE /runs/run_1 Bearer s3cret ',
    'PUT /environments/env_1 Bearer s3cret {"name":"x"}',
    'GET /requests?collectionId=col%201 Bearer s3cret ',
  ]);
});

test('errors keep code, message, status and details', async (context) => {
  const client = await clientOf(context, (request, response) => {
    if (request.url === '/health') response.writeHead(502).end('<html>proxy</html>');
    else if (request.url === '/config') response.end('<html>');
    else response.writeHead(404).end('{"error":{"code":"not_found","message":"no run \\"x\\"","id":"x"}}');
  });
  await assert.rejects(client.run('x'), (error) => {
    assert.ok(error instanceof VayuApiError);
    assert.deepEqual(
      [error.code, error.message, error.status, error.details],
      ['not_found', 'no run "x"', 404, { id: 'x' }],
    );
    return true;
  });
  await assert.rejects(client.health(), {
    code: 'bad_response',
    message: /answered status 502; is it a Vayu daemon\?/,
  });
  await assert.rejects(client.config(), { code: 'bad_response', message: /not JSON/ });
});

test('a daemon that is not there is told with its address', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  await assert.rejects(new VayuClient({ baseUrl: `http://127.0.0.1:${port}` }).health(), {
    code: 'unreachable',
    status: 0,
    message: `no daemon answers at http://127.0.0.1:${port} (ECONNREFUSED)`,
  });
});

test('a broken live stream is taken up after the last row, and ends with complete', async (context) => {
  const lastIds: (string | undefined)[] = [];
  const client = await clientOf(context, (request, response) => {
    lastIds.push(request.headers['last-event-id'] as string | undefined);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const row = (id: number) =>
      `id: ${id}\nevent: metric\ndata: {"id":${id},"name":"rps","value":${id * 10}}\n\n`;
    if (lastIds.length === 1) {
      response.write(`retry: 10\n\n${row(1)}event: snapshot\ndata: {"rps":5}\n\n${row(2)}id: 3\nevent: met`);
      setTimeout(() => response.destroy(), 20);
    } else {
      response.end(
        `${row(3)}event: complete\ndata: {"event":"complete","runId":"r","status":"completed"}\n\n${row(4)}`,
      );
    }
  });
  const events: LiveEvent[] = [];
  for await (const event of client.live('r')) events.push(event);
  assert.deepEqual(
    events.map((event) => (event.event === 'metric' ? event.id : event.event)),
    ['1', 'snapshot', '2', '3', 'complete'],
  );
  assert.deepEqual(lastIds, [undefined, '2']);
});

test('a live stream is given up after some tries, ended by a signal, and refused at once', async (context) => {
  let opened = 0;
  const client = await clientOf(context, (request, response) => {
    opened += 1;
    if (request.url === '/stats/none') {
      response.writeHead(404).end('{"error":{"code":"not_found","message":"no run"}}');
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    if (request.url === '/stats/short') response.end('retry: 1\n\n');
    else response.write('event: snapshot\ndata: {}\n\n');
  });
  const drain = async (
    id: string,
    options: { signal?: AbortSignal; maxRetries?: number },
  ): Promise<number> => {
    let count = 0;
    for await (const event of client.live(id, options)) count += event.event === 'snapshot' ? 1 : 0;
    return count;
  };
  await assert.rejects(drain('short', { maxRetries: 2 }), { code: 'unreachable' });
  opened = 0;
  await assert.rejects(drain('none', {}), { code: 'not_found' });
  assert.equal(opened, 1);
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error('seen enough')), 50);
  await assert.rejects(drain('endless', { signal: abort.signal }));
});
