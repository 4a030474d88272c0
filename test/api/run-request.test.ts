/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- answers are JSON that the asserts look into */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { ended, eventually, startApi, startTarget, type Api, type Json, type Target } from './support.js';

const saved = async (api: Api, route: string, body: object): Promise<string> =>
  (await api.call('POST', route, body)).body.id as string;

const arrivals = (target: Target, start: string): Target['requests'] =>
  target.requests.filter(({ url }) => url.startsWith(start));

/** Sends a request whose script is `code`, and answers what came of it. */
async function execute(api: Api, target: Target, code: string, more: object = {}): Promise<Json> {
  const { status, body } = await api.call('POST', '/request', {
    url: `${target.url}/root`,
    preRequestScript: code,
    ...more,
  });
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

const said = (body: Json): string[] => (body.console as { message: string }[]).map(({ message }) => message);

/** Code that tells what a call came to. */
const telling = (call: string): string =>
  `await ${call}.then((r) => console.log(r === null ? 'null' : r.code + ' ' + r.text()), (e) => console.log(e.name, e.message))`;

test('a script runs a saved request with its collection, its scripts and its tests', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t, (request, response) => {
    response.setHeader('Set-Cookie', 'sid=42; Path=/');
    response.end(JSON.stringify({ url: request.url }));
  });
  const collectionId = await saved(api, '/collections', {
    name: 'Auth',
    variables: { host: target.url },
    auth: { mode: 'bearer', token: '{{key}}' },
    preRequestScript: 'pm.variables.set("outer", "collection")',
    postRequestScript: 'pm.test("of the collection", () => pm.response.to.have.status(200))',
  });
  const loginId = await saved(api, '/requests', {
    name: 'Log in',
    collectionId,
    method: 'POST',
    url: '{{host}}/login?user={{user}}',
    headers: [
      { key: 'X-Outer', value: '{{outer}}' },
      { key: 'X-Own', value: '{{own}}' },
    ],
    body: { mode: 'json', content: '{"user":"{{user}}"}' },
    variables: { own: 'mine', user: 'nobody' },
    preRequestScript:
      'pm.environment.set("at", pm.info.requestName + " " + pm.execution.location.join("/")); pm.execution.setNextRequest("x")',
    postRequestScript: `
      pm.environment.set('token', { id: 7 });
      pm.globals.set('seen', pm.environment.get('before'));
      pm.visualizer.set('<b></b>');
      console.log('in the login');
      pm.test('logged in', () => pm.expect(pm.response.json().url).to.equal('/login?user=ann'));
      pm.test('wrong', () => pm.expect(1).to.equal(2));`,
  });
  const environmentId = await saved(api, '/environments', {
    name: 'e',
    variables: { key: 's3cret', token: { id: 1 } },
  });
  const body = await execute(
    api,
    target,
    `pm.environment.set('before', 'call');
     const old = pm.environment.get('token');
     const response = await pm.execution.runRequest('${loginId}', { variables: { user: 'ann' } });
     console.log(response.code, response.json().url, response.headers.get('set-cookie'), old.id, pm.environment.get('token').id);
     console.log(pm.environment.get('at'), pm.globals.get('seen'), pm.variables.get('user'), pm.variables.get('outer'), pm.variables.get('own'));`,
    {
      environmentId,
      url: `${target.url}/root?id={{token}}`,
      postRequestScript: 'pm.test("root", () => pm.expect(pm.environment.get("token").id).to.equal(7))',
    },
  );
  const [login, ...others] = arrivals(target, '/login');
  assert.equal(others.length, 0);
  assert.deepEqual([login?.method, login?.url, login?.body], ['POST', '/login?user=ann', '{"user":"ann"}']);
  assert.equal(login?.headers.authorization, 'Bearer s3cret');
  assert.deepEqual([login.headers['x-outer'], login.headers['x-own']], ['collection', 'mine']);
  assert.deepEqual(
    (body.tests as { name: string; passed: boolean }[]).map(({ name, passed }) => [name, passed]),
    [
      ['of the collection', true],
      ['logged in', true],
      ['wrong', false],
      ['root', true],
    ],
  );
  assert.deepEqual(said(body), [
    'in the login',
    '200 /login?user=ann sid=42; Path=/ 1 7',
    'Log in Auth/Log in call undefined collection undefined',
  ]);
  // The jar is that of the request whose script it was.
  assert.equal(arrivals(target, '/root')[0]?.headers.cookie, 'sid=42');
  assert.equal(arrivals(target, '/root')[0]?.url, '/root?id={%22id%22:7}');
  assert.deepEqual([body.nextRequest, body.visualizer], [undefined, undefined]);
  const { body: environment } = await api.call('GET', `/environments/${environmentId}`);
  assert.deepEqual(environment.variables.token, { id: 7 });
  const { body: runs } = await api.call('GET', '/runs');
  assert.equal(runs.length, 1);
});

test('variables: overrides before local, data, environment, both collections and globals', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t, (request, response) => response.end(request.headers['x-order']));
  const names = ['g', 'rc', 'oc', 'e', 'd', 'l', 'v'];
  /** Each scope has the names of its place and of those above it. */
  const scope = (from: string, value: string): Record<string, string> =>
    Object.fromEntries(names.slice(names.indexOf(from)).map((name) => [name, value]));
  await api.call('PUT', '/globals', { variables: scope('g', 'globals') });
  const rootCollection = await saved(api, '/collections', { name: 'R', variables: scope('rc', 'root') });
  const otherCollection = await saved(api, '/collections', { name: 'O', variables: scope('oc', 'other') });
  const order = names.map((name) => `{{${name}}}`).join();
  const otherId = await saved(api, '/requests', {
    name: 'other',
    collectionId: otherCollection,
    url: target.url,
    headers: [{ key: 'X-Order', value: order }],
    postRequestScript:
      'pm.collectionVariables.set("made", "here"); console.log(pm.variables.replaceIn(' +
      JSON.stringify(order) +
      '))',
  });
  const environmentId = await saved(api, '/environments', {
    name: 'e',
    variables: scope('e', 'environment'),
  });
  const requestId = await saved(api, '/requests', {
    name: 'root',
    collectionId: rootCollection,
    url: target.url,
    preRequestScript: `
      pm.collectionVariables.set('rc', 'root, changed');
      ${telling(`pm.execution.runRequest('${otherId}', { variables: { v: 'override' } })`)}
      console.log(pm.collectionVariables.get('made'), pm.collectionVariables.get('oc'), pm.variables.get('v'));`,
  });
  const { body } = await api.call('POST', '/request', {
    requestId,
    environmentId,
    iterationData: scope('d', 'data'),
    variables: scope('l', 'local'),
  });
  const resolved = 'globals,root, changed,other,environment,data,local,override';
  assert.deepEqual(said(body), [resolved, `200 ${resolved}`, 'here root local']);
});

test('within one collection its variables are shared, as changed as they are', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t, (request, response) => response.end(request.url));
  const collectionId = await saved(api, '/collections', {
    name: 'C',
    variables: { step: 'saved', last: '' },
  });
  const lastId = await saved(api, '/requests', {
    name: 'last',
    collectionId,
    url: `${target.url}/{{step}}`,
    postRequestScript: 'pm.collectionVariables.set("last", pm.response.text())',
  });
  const middleId = await saved(api, '/requests', {
    name: 'middle',
    collectionId,
    url: `${target.url}/{{step}}`,
    postRequestScript: `pm.collectionVariables.set('step', 'two'); await pm.execution.runRequest('${lastId}')`,
  });
  const code = `await pm.execution.runRequest('${middleId}'); console.log(pm.collectionVariables.get('last'))`;
  // From outside of the collection, and from within.
  assert.deepEqual(said(await execute(api, target, code)), ['/two']);
  const requestId = await saved(api, '/requests', {
    name: 'first',
    collectionId,
    url: target.url,
    preRequestScript: `pm.collectionVariables.set('step', 'one'); ${code}`,
  });
  assert.deepEqual(said((await api.call('POST', '/request', { requestId })).body), ['/two']);
  assert.deepEqual(
    arrivals(target, '/').map(({ url }) => url),
    ['/saved', '/two', '/root', '/one', '/two', '/'],
  );
  const { body: collection } = await api.call('GET', `/collections/${collectionId}`);
  assert.deepEqual(collection.variables, { step: 'two', last: '/two' });
});

test('what does not come to a response: skipped, unknown, unusable, failing, too many', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t, (request, response) => response.end(request.url));
  const request = (name: string, more: object): Promise<string> =>
    saved(api, '/requests', { name, url: `${target.url}/${name}`, ...more });
  const none = said(await execute(api, target, telling(`pm.execution.runRequest('req_none')`)));
  assert.deepEqual(none, [
    'Error runRequest: there are no saved requests here; save them with POST /requests and send this request through the daemon that keeps them',
  ]);
  target.requests.length = 0;
  const skips = await request('skips', { preRequestScript: 'pm.execution.skipRequest()' });
  const unfinished = await request('unfinished', { url: '' });
  const closed = await request('closed', { url: 'http://127.0.0.1:1/' });
  const throwsBefore = await request('throws', { preRequestScript: 'throw new Error("first")' });
  const throwsAfter = await request('throws-after', { postRequestScript: 'throw new Error("second")' });
  const plain = await request('plain', {});
  const again = (id: string): string => telling(`pm.execution.runRequest('${id}')`);
  assert.deepEqual(said(await execute(api, target, again('req_none'))), [
    'Error runRequest: there is no saved request "req_none"',
  ]);
  const unsent = await api.call('POST', '/request', { requestId: unfinished });
  assert.equal(unsent.status, 400);
  assert.match(unsent.body.error.message as string, /^"?url"?.*none in the saved request/);
  const lines = said(
    await execute(
      api,
      target,
      [skips, 'req_none', unfinished, closed, throwsBefore, throwsAfter, plain].map(again).join('\n'),
    ),
  );
  assert.deepEqual(lines.slice(0, 2), ['null', 'Error runRequest: there is no saved request "req_none"']);
  assert.match(lines[2] ?? '', /^Error runRequest: the request cannot be sent: .*url/);
  assert.match(lines[3] ?? '', /^Error .*(refused|connect)/i);
  assert.match(lines[4] ?? '', /^Error .*pre-request script failed.*Error: first/);
  assert.match(lines[5] ?? '', /^Error .*test script failed.*Error: second/);
  assert.equal(lines[6], '200 /plain');
  assert.equal(arrivals(target, '/skips').length + arrivals(target, '/throws').length, 1);

  target.requests.length = 0;
  const many = `for (let n = 0; n < 12; n++) { ${again(plain)} }`;
  const counted = said(await execute(api, target, many, { postRequestScript: again(plain) }));
  assert.equal(arrivals(target, '/plain').length, 11);
  assert.deepEqual(counted.slice(0, 10), Array<string>(10).fill('200 /plain'));
  assert.match(counted[10] ?? '', /^Error runRequest: one script.*10 requests/);
  assert.equal(counted[11], counted[10]);
  // The next script has its own ten.
  assert.equal(counted[12], '200 /plain');

  target.requests.length = 0;
  const itself = await request('itself', {});
  await api.call('PUT', `/requests/${itself}`, { preRequestScript: again(itself) });
  const deep = said(await execute(api, target, again(itself)));
  assert.equal(arrivals(target, '/itself').length, 10);
  assert.match(deep[0] ?? '', /^Error runRequest: one script/);
  assert.deepEqual(deep.slice(1), Array<string>(10).fill('200 /itself'));
});

test('ids that only show when a script runs, several at once, and nobody who waits', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t, (request, response) => {
    setTimeout(() => response.end(request.url), request.url === '/slow' ? 30_000 : 20);
  });
  const ids = await Promise.all(
    ['a', 'b', 'slow'].map((name) => saved(api, '/requests', { name, url: `${target.url}/${name}` })),
  );
  const both = said(
    await execute(
      api,
      target,
      `const answers = await Promise.all(pm.variables.get('ids').slice(0, 2).map((id) => pm.execution.runRequest(id)));
       console.log(answers.map((one) => one.text()).join())`,
      { variables: { ids } },
    ),
  );
  assert.deepEqual(both, ['/a,/b']);

  const started = Date.now();
  const { status, body } = await api.call('POST', '/request', {
    url: `${target.url}/root`,
    preRequestScript: `await pm.execution.runRequest('${ids[2]}')`,
  });
  assert.equal(status, 422);
  assert.match(body.error.message as string, /longer than 5000 ms/);
  assert.ok(Date.now() - started < 20_000);
  assert.equal(arrivals(target, '/slow').length, 1);
  // The worker goes on.
  assert.deepEqual(said(await execute(api, target, telling(`pm.execution.runRequest('${ids[0]}')`))), [
    '200 /a',
  ]);
});

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
