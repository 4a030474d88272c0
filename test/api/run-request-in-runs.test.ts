/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- answers are JSON that the asserts look into */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { arrivals, execute, said, saved, telling } from './saved-requests.js';
import { ended, eventually, startApi, startTarget } from './support.js';

test('secrets of a request that a script runs show nowhere', async (t) => {
  const api = await startApi(t, { verbose: 2 });
  const target = await startTarget(t);
  const canaries = ['canary-auth-71c2', 'canary-variable-5d0e', 'canary-vault-e2b9'];
  const [auth = '', variable = '', vault = ''] = canaries;
  const collectionId = await saved(api, '/collections', {
    name: 'c',
    variables: { hidden: { value: variable, secret: true } },
    auth: { mode: 'bearer', token: auth },
  });
  const id = await saved(api, '/requests', {
    name: 'r',
    collectionId,
    url: `${target.url}/inner?hidden={{hidden}}&vault={{vault:v}}`,
    postRequestScript: `
      console.log(pm.request.headers.get('Authorization'), pm.collectionVariables.get('hidden'), await pm.vault.get('v'));
      pm.test(pm.collectionVariables.get('hidden'), () => pm.expect(pm.request.headers.get('Authorization')).to.equal('x'));`,
  });
  const request = {
    url: `${target.url}/root`,
    method: 'POST',
    body: 'text',
    vault: { v: vault },
    headers: { 'X-Leak': '{{leak}}' },
    preRequestScript: `
      const response = await pm.execution.runRequest('${id}');
      console.log(response.text());
      pm.variables.set('leak', response.json().url);`,
    postRequestScript: `pm.test(pm.variables.get('leak') ?? 'none', () => { throw new Error(pm.variables.get('leak')) })`,
  };
  const { body } = await api.call('POST', '/request', request);
  assert.equal(target.requests[0]?.url, `/inner?hidden=${variable}&vault=${vault}`);
  assert.equal(target.requests[0].headers.authorization, `Bearer ${auth}`);
  assert.equal(target.requests[1]?.headers['x-leak'], target.requests[0].url);
  const { body: run } = await api.call('POST', '/run', { request, mode: 'iterations', iterations: 2 });
  await ended(api, run.runId as string);
  assert.equal(arrivals(target, '/inner').length, 3);
  const database = new Database(path.join(api.dataDir, 'vayu.db'), { readonly: true });
  t.after(() => database.close());
  const rows = ['runs', 'reports', 'results', 'metrics'].flatMap((table) =>
    database.prepare(`SELECT * FROM ${table}`).all(),
  );
  const reports = await Promise.all(
    [body.runId, run.runId].flatMap((runId: string) => [
      api.call('GET', `/run/${runId}`),
      api.call('GET', `/runs/${runId}/results`),
      api.call('GET', `/run/${runId}/report`),
    ]),
  );
  const kept = JSON.stringify([rows, reports, api.logLines]);
  assert.match(kept, /inner/);
  for (const canary of canaries) {
    const at = kept.indexOf(canary);
    assert.equal(at, -1, kept.slice(Math.max(0, at - 100), at + 100));
  }
});

test('in a load run it is part of the script, and no request of the run', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t, (request, response) => {
    if (request.url === '/login') response.setHeader('Set-Cookie', 'sid=1; Path=/');
    response.end('ok');
  });
  const id = await saved(api, '/requests', {
    name: 'login',
    url: `${target.url}/login`,
    headers: [{ key: 'X-User', value: '{{user}}' }],
    postRequestScript: `pm.environment.set('token', 'T' + pm.info.iteration); pm.test('logged in', () => pm.response.to.have.status(200))`,
  });
  const { status, body: started } = await api.call('POST', '/run', {
    request: {
      url: `${target.url}/root`,
      headers: { 'X-Token': '{{token}}' },
      preRequestScript: `if (!pm.environment.has('token')) await pm.execution.runRequest('${id}', { variables: { user: pm.info.iteration } })`,
      postRequestScript: 'pm.test("root", () => pm.response.to.have.status(200))',
    },
    mode: 'iterations',
    iterations: 40,
    concurrency: 4,
  });
  assert.equal(status, 202, JSON.stringify(started));
  await ended(api, started.runId as string);
  const { body: report } = await api.call('GET', `/run/${started.runId}/report`);
  assert.equal(report.summary.totalRequests, 40);
  assert.equal(report.summary.successfulRequests, 40);
  const counts = (report.tests.tests as { name: string; passed: number; failed: number }[]).map(
    ({ name, passed, failed }) => [name, passed, failed],
  );
  // Once for each virtual user.
  assert.deepEqual(counts.toSorted(), [
    ['logged in', 4, 0],
    ['root', 40, 0],
  ]);
  const logins = arrivals(target, '/login');
  assert.deepEqual(logins.map(({ headers }) => headers['x-user']).toSorted(), ['0', '1', '2', '3']);
  const roots = arrivals(target, '/root');
  assert.equal(roots.length, 40);
  assert.ok(roots.every(({ headers }) => /^T[0-3]$/.test(String(headers['x-token']))));
  assert.ok(roots.every(({ headers }) => headers.cookie === 'sid=1'));
});

test('a load run that is stopped ends what its scripts have run', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t, (request, response) => {
    if (request.url !== '/never') response.end('ok');
  });
  const id = await saved(api, '/requests', { name: 'never', url: `${target.url}/never`, timeout: 60_000 });
  const { body: started } = await api.call('POST', '/run', {
    request: {
      url: `${target.url}/root`,
      preRequestScript: `await pm.execution.runRequest('${id}')`,
    },
    mode: 'constant_concurrency',
    concurrency: 3,
    duration: '60s',
  });
  await eventually(() => arrivals(target, '/never').length === 3 || undefined);
  const stopped = Date.now();
  await api.call('POST', `/run/${started.runId}/stop`, { graceMs: 0 });
  await ended(api, started.runId as string);
  assert.ok(Date.now() - stopped < 10_000);
  const { body: report } = await api.call('GET', `/run/${started.runId}/report`);
  assert.equal(report.status, 'stopped');
  assert.equal(arrivals(target, '/root').length, 0);
});

test('hosts that are not allowed stay so, and a token is fetched for a request that is named only', async (t) => {
  const other = await startTarget(t);
  const target = await startTarget(t, (request, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(
      request.url === '/token'
        ? '{"access_token":"fetched","token_type":"bearer","expires_in":3600}'
        : JSON.stringify({ authorization: request.headers.authorization }),
    );
  });
  const api = await startApi(t, { allowHosts: [`127.0.0.1:${target.port}`] });
  const elsewhere = await saved(api, '/requests', { name: 'elsewhere', url: other.url });
  const guarded = await saved(api, '/requests', {
    name: 'guarded',
    url: `${target.url}/guarded`,
    auth: {
      type: 'oauth2',
      grantType: 'client_credentials',
      accessTokenUrl: `${target.url}/token`,
      clientId: 'id',
      clientSecret: 'secret',
    },
  });
  const [refused, unnamed] = said(
    await execute(
      api,
      target,
      `${telling(`pm.execution.runRequest('${elsewhere}')`)}
       const id = ['${guarded.slice(0, 6)}', '${guarded.slice(6)}'].join('');
       ${telling('pm.execution.runRequest(id)')}`,
    ),
  );
  assert.match(refused ?? '', /^Error .*not.*allow/i);
  assert.equal(other.requests.length, 0);
  assert.match(unnamed ?? '', /^Error runRequest: an OAuth 2 token is fetched only where/);
  assert.equal(arrivals(target, '/token').length, 0);
  const inQuotes = said(await execute(api, target, telling(`pm.execution.runRequest('${guarded}')`)));
  assert.deepEqual(inQuotes, ['200 {"authorization":"Bearer fetched"}']);
  const inVariable = await execute(api, target, telling(`pm.execution.runRequest(pm.variables.get('id'))`), {
    variables: { id: guarded },
  });
  assert.deepEqual(said(inVariable), inQuotes);
});
