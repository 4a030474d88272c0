import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { VayuError } from '../../lib/model/errors.js';
import { openHarness, startTarget, until, type Harness, type Target } from './harness.js';

let harness: Harness;
let target: Target;
before(async () => {
  harness = openHarness();
  target = await startTarget({
    '/binary': (_request, response) => response.end(Buffer.from([0, 255, 1])),
    '/latin1': (_request, response) =>
      response.setHeader('Content-Type', 'text/plain; charset=iso-8859-1').end(Buffer.from([0xe4])),
    '/digest': (request, response) => {
      const { authorization } = request.headers;
      if (authorization?.startsWith('Digest ') === true) response.end(authorization);
      else
        response
          .writeHead(401, { 'WWW-Authenticate': 'Digest realm="r", nonce="n", qop="auth", algorithm=MD5' })
          .end();
    },
    '/cookies': (_request, response) =>
      response.setHeader('Set-Cookie', ['a=secret1; Path=/', 'b=secret2']).end('{"a":[1,2]}'),
  });
});
after(async () => {
  await harness.close();
  await target.close();
});

interface Echo {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

async function echo(request: Record<string, unknown>): Promise<Echo> {
  return (await harness.manager.execute({ url: `${target.url}/echo`, ...request })).body as Echo;
}

async function failure(
  request: Parameters<Harness['manager']['execute']>[0],
  signal?: AbortSignal,
): Promise<VayuError> {
  try {
    await harness.manager.execute(request, signal === undefined ? {} : { signal });
  } catch (error) {
    assert.ok(error instanceof VayuError, String(error));
    return error;
  }
  assert.fail('expected a failure');
}

describe('a request in design mode', () => {
  it('answers everything about its response and is recorded', async () => {
    const result = await harness.manager.execute({ url: `${target.url}/cookies` });
    assert.equal(result.status, 200);
    assert.equal(result.statusText, 'OK');
    assert.deepEqual(result.body, { a: [1, 2] });
    assert.equal(result.bodyRaw, '{"a":[1,2]}');
    assert.equal(result.headers['set-cookie'], 'a=secret1; Path=/\nb=secret2');
    assert.deepEqual(result.headerList.filter(([name]) => name === 'Set-Cookie').length, 2);
    assert.equal(result.size, 11);
    assert.equal(result.httpVersion, '1.1');
    assert.equal(result.effectiveUrl, `${target.url}/cookies`);
    assert.ok(result.timing.total_ms > 0);
    const run = harness.store.runs.get(result.runId);
    assert.deepEqual([run?.type, run?.status], ['design', 'completed']);
    const [row] = harness.store.results.list(result.runId);
    assert.equal(row?.statusCode, 200);
    assert.equal(row.error, null);
    assert.ok(!JSON.stringify(row).includes('secret1'), 'cookies are not stored');
  });

  it('gives a binary body as base64, and text in its own charset', async () => {
    const binary = await harness.manager.execute({ url: `${target.url}/binary` });
    assert.deepEqual([binary.body, binary.bodyRaw, binary.bodyBase64], [null, null, 'AP8B']);
    assert.equal((await harness.manager.execute({ url: `${target.url}/latin1` })).body, 'ä');
  });

  it('sends bodies, headers and authentication as they were written', async () => {
    const form = await echo({
      body: { mode: 'x-www-form-urlencoded', fields: [{ key: 'a', value: 'b c' }] },
      auth: { type: 'basic', username: 'u', password: 'p' },
    });
    assert.equal(form.method, 'POST');
    assert.equal(form.body, 'a=b+c');
    assert.equal(form.headers['content-type'], 'application/x-www-form-urlencoded');
    assert.equal(form.headers['authorization'], `Basic ${Buffer.from('u:p').toString('base64')}`);
    const multipart = await echo({
      body: { mode: 'form-data', fields: [{ key: 'f', type: 'file', src: 'package.json' }] },
    });
    assert.match(multipart.headers['content-type'] ?? '', /^multipart\/form-data; boundary=/);
    assert.match(multipart.body, /filename="package\.json"\r\nContent-Type: application\/json\r\n\r\n\{/);
  });

  it('answers a digest challenge', async () => {
    const result = await harness.manager.execute({
      url: `${target.url}/digest`,
      auth: { type: 'digest', username: 'u', password: 'p' },
    });
    assert.equal(result.status, 200);
    assert.match(result.bodyRaw ?? '', /^Digest username="?u"?,.*realm="r".*nonce="n"/);
  });

  it('resolves dynamic variables as it is sent', async () => {
    const { url, body } = await echo({ url: `${target.url}/echo?id={{$guid}}`, body: '{{$timestamp}}' });
    assert.match(url, /\?id=[0-9a-f]{8}-[0-9a-f]{4}-4/);
    assert.ok(Math.abs(Number(body) - Date.now() / 1000) < 60, body);
  });

  it('says which variables resolve to nothing', async () => {
    const result = await harness.manager.execute({ url: `${target.url}/echo`, headers: { A: '{{gone}}' } });
    assert.equal((result.body as Echo).headers['a'], '{{gone}}');
    assert.equal(result.warnings.length, 1);
    assert.match(result.warnings[0] ?? '', /gone/);
  });

  it('fails with the code of what went wrong, and is recorded as failed', async () => {
    const refused = await failure({ url: 'http://127.0.0.1:1/' });
    assert.equal(refused.code, 'connection_failed');
    const run = harness.store.runs.get(String(refused.details['runId']));
    assert.equal(run?.status, 'failed');
    assert.match(run.error ?? '', /^connection_failed/);
    assert.equal((await failure({ url: `${target.url}/delay/5000`, timeout: 100 })).code, 'timeout');
    assert.equal((await failure({ url: 'http://no-such-host.invalid/' })).code, 'dns_failed');
  });

  it('is not recorded where it could never be sent', async () => {
    const before = harness.store.runs.count();
    assert.equal((await failure({ url: 'file:///etc/hostname' })).code, 'invalid_url');
    assert.equal((await failure({ requestId: 'req_none' })).code, 'not_found');
    assert.equal(harness.store.runs.count(), before);
  });

  it('can be aborted', async () => {
    const path = '/delay/20000';
    const controller = new AbortController();
    const pending = failure({ url: target.url + path }, controller.signal);
    await until(() => target.hits.has(path));
    controller.abort();
    assert.equal((await pending).code, 'aborted');
    const already = new AbortController();
    already.abort();
    assert.equal((await failure({ url: target.url + path }, already.signal)).code, 'aborted');
  });

  it('leaves no run behind where none is wanted', async () => {
    const before = harness.store.runs.count();
    const result = await harness.manager.execute({ url: target.url }, { record: false });
    assert.deepEqual([result.runId, harness.store.runs.count()], ['', before]);
  });
});

describe('secrets', () => {
  it('are in nothing that is stored or shown', async () => {
    const { id: environmentId } = harness.store.environments.create({
      name: 'e',
      variables: { pw: { value: 'top-secret-1', secret: true } },
    });
    const result = await harness.manager.execute({
      url: `${target.url}/echo?token=top-secret-2&p={{pw}}`,
      environmentId,
      auth: { type: 'bearer', token: 'top-secret-3' },
      headers: { Cookie: 'sid=top-secret-4', 'X-Api-Key': 'top-secret-5' },
      body: 'pw={{pw}}',
    });
    const sent = result.body as Echo;
    assert.equal(sent.headers['authorization'], 'Bearer top-secret-3', 'the server does get them');
    assert.equal(sent.body, 'pw=top-secret-1');
    const stored = JSON.stringify([harness.store.runs.get(result.runId), result.request]);
    assert.ok(!stored.includes('top-secret'), stored);
    const rows = JSON.stringify(
      harness.store.results.list(result.runId).map((row) => (row.traceData as { request: unknown }).request),
    );
    assert.ok(!rows.includes('top-secret'), rows);
    assert.match(rows, /Bearer \*\*\*/);
  });
});

describe('saved requests', () => {
  function save() {
    const { store } = harness;
    const outer = store.collections.create({
      name: 'outer',
      auth: { type: 'bearer', token: 'outer {{who}}' },
      variables: { who: 'outer', base: target.url, level: 'outer' },
      preRequestScript: '',
    });
    const inner = store.collections.create({
      name: 'inner',
      parentId: outer.id,
      variables: { level: 'inner' },
    });
    const request = store.requests.create({
      name: 'saved',
      collectionId: inner.id,
      method: 'PUT',
      url: '{{base}}/echo?level={{level}}&env={{env}}&global={{g}}',
      headers: [{ key: 'X-Saved', value: '1' }],
      body: { mode: 'json', content: { a: '{{level}}' } },
      auth: { type: 'inherit' },
    });
    const environment = store.environments.create({
      name: 'env',
      variables: { env: 'E', off: { value: 'x', enabled: false } },
    });
    store.globals.set({ g: 'G' });
    return { outer, inner, request, environment };
  }

  it('bring their collections with them: variables, authentication', async () => {
    const { request, environment } = save();
    const result = await harness.manager.execute({ requestId: request.id, environmentId: environment.id });
    const sent = result.body as Echo;
    assert.deepEqual(
      [sent.method, sent.url, sent.body],
      ['PUT', '/echo?level=inner&env=E&global=G', '{"a":"inner"}'],
    );
    assert.equal(sent.headers['authorization'], 'Bearer outer outer');
    assert.equal(sent.headers['x-saved'], '1');
    const run = harness.store.runs.get(result.runId);
    assert.deepEqual([run?.requestId, run?.environmentId], [request.id, environment.id]);
  });

  it('give way to what is given beside them', async () => {
    const { request } = save();
    const result = await harness.manager.execute({
      requestId: request.id,
      method: 'POST',
      headers: { 'X-Own': '2' },
      auth: { type: 'none' },
      variables: { level: 'own' },
    });
    const sent = result.body as Echo;
    assert.deepEqual([sent.method, sent.body], ['POST', '{"a":"own"}']);
    assert.deepEqual(
      [sent.headers['x-own'], sent.headers['x-saved'], sent.headers['authorization']],
      ['2', undefined, undefined],
    );
    assert.deepEqual(result.warnings, ['variable "env" is not defined; {{env}} was sent as written']);
  });

  it('have parameters in their table or in their URL or, as some clients save them, in both', async () => {
    const { id: requestId } = harness.store.requests.create({
      name: 'p',
      method: 'GET',
      url: `${target.url}/echo?a=1&b=x%20y`,
      params: [
        { key: 'a', value: '1' },
        { key: 'b', value: 'x y' },
        { key: 'c', value: '3' },
        { key: 'a', value: '2' },
      ],
    });
    const sent = (await harness.manager.execute({ requestId })).body as Echo;
    assert.equal(sent.url, '/echo?a=1&b=x%20y&c=3&a=2');
  });

  it('lend their collection to a request that is not saved', async () => {
    const { inner } = save();
    const result = await harness.manager.execute({
      url: '{{base}}/echo?l={{level}}',
      collectionId: inner.id,
    });
    const sent = result.body as Echo;
    assert.deepEqual([sent.url, sent.headers['authorization']], ['/echo?l=inner', 'Bearer outer outer']);
  });

  it('can be load tested', async () => {
    const { request, environment } = save();
    const { done, runId } = harness.start({
      requestId: request.id,
      environmentId: environment.id,
      mode: 'iterations',
      iterations: 5,
    });
    const report = await done;
    assert.equal(report.summary.successfulRequests, 5);
    const run = harness.store.runs.get(runId);
    assert.deepEqual([run?.requestId, run?.environmentId], [request.id, environment.id]);
    assert.equal(target.seen.get('/echo')?.authorization, 'Bearer outer outer');
  });
});
