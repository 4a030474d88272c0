/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- answers are JSON that the asserts look into */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrivals, execute, said, saved, telling } from './saved-requests.js';
import { startApi, startTarget } from './support.js';

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
