/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-return -- answers are JSON that the asserts look into */
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { eventually, startApi, startTarget, type Api, type Json } from './support.js';

const saved = async (api: Api, path: string, body: object): Promise<string> =>
  (await api.call('POST', path, body)).body.id as string;

test('a request is sent and its response answered under the names of both clients', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  for (const path of ['/request', '/execute']) {
    const { status, body } = await api.call('POST', path, {
      method: 'POST',
      url: `${target.url}/echo?a=1`,
      headers: { 'X-One': '1' },
      body: { hello: 'world' },
    });
    assert.equal(status, 200, JSON.stringify(body));
    assert.equal(body.status, 200);
    assert.equal(body.statusText, 'OK');
    assert.equal(body.body.body, '{"hello":"world"}');
    assert.equal(body.body.headers['x-one'], '1');
    assert.deepEqual(JSON.parse(body.bodyRaw as string), body.body);
    assert.equal(body.size, body.bodySize);
    assert.equal(body.timing.total_ms, body.timing.totalMs);
    assert.ok(body.timing.total_ms >= body.timing.first_byte_ms);
    const { body: run } = await api.call('GET', `/run/${body.runId}`);
    assert.deepEqual([run.type, run.status], ['design', 'completed']);
    assert.equal(run.result.statusCode, 200);
  }
  assert.equal(target.requests.length, 2);
});

test('a target that fails is a 502 with the code of the engine, and is recorded', async (t) => {
  const api = await startApi(t);
  const closing = net.createServer((socket) => socket.on('data', () => socket.destroy()));
  await new Promise<void>((resolve) => closing.listen(0, '127.0.0.1', resolve));
  t.after(() => closing.close());
  const slow = await startTarget(t, () => undefined);
  const { port } = closing.address() as net.AddressInfo;
  const failures: [object, string][] = [
    [{ url: 'http://127.0.0.1:1/' }, 'connection_failed'],
    [{ url: 'http://nowhere.invalid/' }, 'dns_failed'],
    [{ url: `http://127.0.0.1:${port}/` }, 'connection_closed'],
    [{ url: slow.url, timeout: 200 }, 'timeout'],
    [{ url: `https://127.0.0.1:${slow.port}/` }, 'ssl_error'],
    [{ url: 'http://exa mple/' }, 'invalid_url'],
  ];
  for (const [request, code] of failures) {
    const { status, body } = await api.call('POST', '/request', request);
    assert.deepEqual([status, body.error?.code], [502, code], JSON.stringify([request, body]));
    assert.equal(typeof body.error.message, 'string');
  }
  const { body: runs } = await api.call('GET', '/runs?status=failed&type=design');
  assert.ok(runs.pagination.total >= 5);
});

test('a saved request brings its collections, its environment and the globals', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  const root = await saved(api, '/collections', {
    name: 'root',
    variables: { host: target.url, level: 'root', path: 'from-root' },
    auth: { mode: 'bearer', token: '{{secret}}' },
  });
  const folder = await saved(api, '/collections', {
    name: 'folder',
    parentId: root,
    variables: { level: 'folder' },
    auth: { mode: 'none' },
  });
  const requestId = await saved(api, '/requests', {
    name: 'r',
    collectionId: folder,
    method: 'PUT',
    url: '{{host}}/{{level}}/{{path}}/{{global}}',
    headers: [
      { key: 'X-On', value: '{{off}}', enabled: true },
      { key: 'X-Off', value: '1', enabled: false },
    ],
    body: { mode: 'json', content: '{"v":"{{level}}"}' },
    auth: { mode: 'inherit' },
  });
  const environmentId = await saved(api, '/environments', {
    name: 'e',
    variables: {
      path: 'from-env',
      secret: { value: 's3cret', secret: true },
      off: { value: 'x', enabled: false },
    },
  });
  await api.call('PUT', '/globals', { variables: { global: 'g', path: 'from-globals' } });

  const { status, body } = await api.call('POST', '/request', { requestId, environmentId });
  assert.equal(status, 200, JSON.stringify(body));
  const [sent] = target.requests;
  assert.equal(sent?.method, 'PUT');
  assert.equal(sent.url, '/folder/from-env/g');
  assert.equal(sent.headers.authorization, 'Bearer s3cret');
  assert.equal(sent.headers['x-off'], undefined);
  assert.equal(sent.headers['x-on'], '{{off}}');
  assert.equal(sent.body, '{"v":"folder"}');
  assert.ok((body.warnings as string[]).some((warning) => warning.includes('{{off}}')));
  const { body: run } = await api.call('GET', `/runs/${body.runId}`);
  assert.deepEqual([run.requestId, run.environmentId], [requestId, environmentId]);

  const overlaid = await api.call('POST', '/request', {
    requestId,
    environmentId,
    url: `${target.url}/mine`,
    method: 'GET',
    auth: { type: 'none' },
  });
  assert.equal(overlaid.status, 200);
  assert.equal(target.requests[1]?.url, '/mine');
  assert.equal(target.requests[1].headers.authorization, undefined);
});

test('a saved request without a URL is refused, and says so', async (t) => {
  const api = await startApi(t);
  const requestId = await saved(api, '/requests', { name: 'unfinished', url: '' });
  for (const path of ['/request', '/compose']) {
    const { status, body } = await api.call('POST', path, { requestId });
    assert.equal(status, 400);
    assert.match(body.error.message as string, /url.*none in the saved request/);
  }
});

test('compose resolves without sending, and its answer can be executed as it is', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  const collectionId = await saved(api, '/collections', {
    name: 'c',
    variables: { host: target.url },
    auth: { mode: 'basic', username: 'u', password: '{{pw}}' },
    preRequestScript: 'var fromCollection = 1;',
  });
  const requestId = await saved(api, '/requests', {
    name: 'Saved one',
    collectionId,
    method: 'POST',
    url: '{{host}}/x',
    params: [{ key: 'q', value: '{{pw}}' }],
    body: { mode: 'x-www-form-urlencoded', fields: [{ key: 'a', value: '{{pw}}' }] },
    preRequestScript: 'var own = 1;',
  });
  const environmentId = await saved(api, '/environments', { name: 'e', variables: { pw: 'p w' } });
  const { status, body: composed } = await api.call('POST', '/compose', {
    requestId,
    environmentId,
    request: { headers: [{ key: 'X-{{pw}}'.replace('{{pw}}', 'H'), value: '{{pw}}' }] },
  });
  assert.equal(status, 200, JSON.stringify(composed));
  assert.equal(composed.url, `${target.url}/x?q=p%20w`);
  assert.deepEqual(composed.headers, { 'X-H': 'p w' });
  assert.deepEqual(composed.auth, { type: 'basic', username: 'u', password: 'p w' });
  assert.equal(composed.requestName, 'Saved one');
  assert.deepEqual(
    (composed.preRequestScripts as Json[]).map(({ origin, script }) => [origin, script]),
    [
      ['collection', 'var fromCollection = 1;'],
      ['request', 'var own = 1;'],
    ],
  );
  assert.equal(target.requests.length, 0);
  assert.deepEqual((await api.call('GET', '/runs')).body, []);

  const executed = await api.call('POST', '/execute', composed);
  assert.equal(executed.status, 200, JSON.stringify(executed.body));
  const [sent] = target.requests;
  assert.equal(sent?.url, '/x?q=p%20w');
  assert.equal(sent.body, 'a=p+w');
  assert.equal(sent.headers.authorization, `Basic ${Buffer.from('u:p w').toString('base64')}`);

  const inline = await api.call('POST', '/compose', { request: { url: '{{host}}/inline' }, collectionId });
  assert.equal(inline.body.url, `${target.url}/inline`);
  assert.equal(inline.body.auth.username, 'u');
});

test("the manager's spelling of a request is understood", async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  const { status, body } = await api.call('POST', '/execute', {
    method: 'GET',
    url: target.url,
    auth: { mode: 'apikey', key: 'X-Key', value: 'k', in: 'header' },
    requestName: 'Named',
    preRequestScripts: [],
    postRequestScripts: [],
    followRedirects: true,
    maxRedirects: 10,
    httpVersion: 'auto',
  });
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(target.requests[0]?.headers['x-key'], 'k');
});

test('scripts run in order, and what they set is stored', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  const collectionId = await saved(api, '/collections', {
    name: 'c',
    preRequestScript: 'pm.environment.set("trail", "collection")',
  });
  const requestId = await saved(api, '/requests', {
    name: 'r',
    collectionId,
    url: `${target.url}/{{trail}}`,
    preRequestScript: 'pm.environment.set("trail", pm.environment.get("trail") + "-request")',
    postRequestScript:
      'pm.test("is 200", () => { pm.response.to.have.status(200) }); pm.test("fails", () => { pm.expect(1).to.equal(2) }); pm.globals.set("seen", pm.response.code); console.log("done")',
  });
  const environmentId = await saved(api, '/environments', {
    name: 'e',
    variables: { trail: { value: '', enabled: true, secret: false }, kept: 'k' },
  });
  const { status, body } = await api.call('POST', '/request', { requestId, environmentId });
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(target.requests[0]?.url, '/collection-request');
  assert.deepEqual(
    (body.tests as Json[]).map(({ name, passed }) => [name, passed]),
    [
      ['is 200', true],
      ['fails', false],
    ],
  );
  assert.deepEqual(body.testResults, body.tests);
  assert.deepEqual(body.consoleLogs, ['done']);
  const { body: environment } = await api.call('GET', `/environments/${environmentId}`);
  assert.deepEqual(environment.variables, {
    trail: { value: 'collection-request', enabled: true, secret: false },
    kept: 'k',
  });
  assert.deepEqual((await api.call('GET', '/globals')).body.variables, { seen: 200 });
});

test('a caller that hangs up ends its request', async (t) => {
  const api = await startApi(t);
  let closed = 0;
  const target = await startTarget(t, (_request, response) => response.on('close', () => (closed += 1)));
  const hangUp = new AbortController();
  const pending = fetch(`${api.url}/request`, {
    method: 'POST',
    body: JSON.stringify({ url: target.url, timeout: 60_000 }),
    signal: hangUp.signal,
  }).catch(() => 'gone');
  await eventually(() => target.requests.length === 1 || undefined);
  hangUp.abort();
  assert.equal(await pending, 'gone');
  await eventually(() => closed === 1 || undefined, 3000);
});

test('only the hosts that are allowed are reached, redirects included', async (t) => {
  const target = await startTarget(t);
  const redirecting = await startTarget(t, (_request, response) => {
    response.writeHead(302, { Location: `http://localhost:${target.port}/inside` }).end();
  });
  const api = await startApi(t, { allowHosts: ['127.0.0.1'] });
  assert.equal((await api.call('POST', '/request', { url: target.url })).status, 200);
  const direct = await api.call('POST', '/request', { url: `http://localhost:${target.port}/` });
  assert.ok(direct.status >= 400, JSON.stringify(direct.body));
  assert.match(direct.body.error.message as string, /allow/);
  const redirected = await api.call('POST', '/request', { url: redirecting.url });
  assert.ok(redirected.status >= 400, JSON.stringify(redirected.body).slice(0, 300));
  assert.equal(target.requests.length, 1);
});
