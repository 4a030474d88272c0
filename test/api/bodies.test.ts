/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- answers are JSON that the asserts look into */
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { startApi, type Answer, type Api } from './support.js';

const deep = '['.repeat(100_000) + ']'.repeat(100_000);
const huge = JSON.stringify({ name: 'x'.repeat(20 * 1024 * 1024) });

interface Case {
  what: string;
  method: string;
  path: string;
  /** Text is sent as it is. */
  body?: unknown;
  status: number;
  /** What the message has to say. */
  says: RegExp;
}

const post = (path: string, what: string, body: unknown, status: number, says: RegExp): Case => ({
  what,
  method: 'POST',
  path,
  body,
  status,
  says,
});

/** What any route with a body has to refuse. */
const anyBody: [string, unknown, number, RegExp][] = [
  ['broken JSON', '{"name": "a",\n  "x": }', 400, /not valid JSON at line 2, column 8: expected a value/],
  ['JSON cut off', '{"name": ', 400, /not valid JSON at line 1, column 10/],
  ['not JSON at all', 'name=a', 400, /not valid JSON/],
  ['an array', [], 400, /expected an object.* got an (empty )?array/],
  ['a number', '42', 400, /42/],
  ['null', 'null', 400, /null/],
  ['nothing', undefined, 400, /nothing/],
  ['100,000 nested arrays', deep, 400, /nested/],
  ['20 MB', huge, 413, /limit of 10485760 bytes/],
];

const ownCases: Case[] = [
  post('/collections', 'no name', {}, 400, /name/),
  post('/collections', 'a name of the wrong type', { name: 7 }, 400, /name.*string.*7/),
  post('/collections', 'an empty name', { name: '' }, 400, /name/),
  post('/collections', 'an unknown field', { name: 'a', parent: 'x' }, 400, /parent.*parentId/),
  post('/collections', 'an unknown parent', { name: 'a', parentId: 'col_none' }, 400, /parentId.*col_none/),
  post('/collections', 'variables that are no object', { name: 'a', variables: ['x'] }, 400, /variables/),
  post('/collections', 'an unknown kind of auth', { name: 'a', auth: { type: 'magic' } }, 400, /auth/),
  post('/collections', 'an id that is a path', { id: '../../etc/passwd', name: 'a' }, 400, /id/),
  post('/collections', 'a huge order', '{"name":"a","order":1e400}', 400, /order/),

  post('/requests', 'no name', { url: 'http://127.0.0.1' }, 400, /name/),
  post('/requests', 'a method that is none', { name: 'a', method: 'GET /x' }, 400, /method/),
  post('/requests', 'headers that are text', { name: 'a', headers: 'X: y' }, 400, /headers/),
  post('/requests', 'a header row without a key', { name: 'a', headers: [{ value: 'x' }] }, 400, /headers/),
  post('/requests', 'an unknown collection', { name: 'a', collectionId: 'col_none' }, 400, /collectionId/),
  post('/requests', 'a timeout below zero', { name: 'a', timeout: -1 }, 400, /timeout/),
  post('/requests', 'an HTTP version that is none', { name: 'a', httpVersion: '4' }, 400, /httpVersion/),
  post(
    '/requests',
    'a misspelt field',
    { name: 'a', folowRedirects: true },
    400,
    /folowRedirects.*followRedirects/,
  ),

  post('/environments', 'no name', { variables: {} }, 400, /name/),
  post('/environments', 'a flag that is text', { name: 'a', isActive: 'yes' }, 400, /isActive/),
  post('/globals', 'no variables', {}, 400, /variables/),
  post('/globals', 'variables that are text', { variables: 'x' }, 400, /variables/),

  post('/request', 'no url', { method: 'GET' }, 400, /url/),
  post('/request', 'a url of the wrong type', { url: 5 }, 400, /url.*5/),
  post('/request', 'an unknown saved request', { requestId: 'req_none' }, 404, /req_none/),
  post(
    '/request',
    'an unknown environment',
    { url: 'http://127.0.0.1:1', environmentId: 'env_none' },
    404,
    /env_none/,
  ),
  post(
    '/request',
    'two header lines in one',
    { url: 'http://127.0.0.1:1', headers: { a: 'x\r\nb: y' } },
    400,
    /headers/,
  ),
  post(
    '/request',
    'basic auth without a name',
    { url: 'http://127.0.0.1:1', auth: { type: 'basic' } },
    400,
    /username/,
  ),
  post('/request', 'a file URL', { url: 'file:///etc/hostname' }, 502, /http.*https/),
  post('/request', 'a gopher URL', { url: 'gopher://127.0.0.1/' }, 502, /http.*https/),

  post('/compose', 'neither request nor id', {}, 400, /requestId/),
  post(
    '/compose',
    'an unknown collection',
    { request: { url: 'http://127.0.0.1' }, collectionId: 'col_none' },
    404,
    /col_none/,
  ),

  post('/run', 'no mode', { url: 'http://127.0.0.1:1' }, 400, /mode/),
  post(
    '/run',
    'an unknown mode',
    { url: 'http://127.0.0.1:1', mode: 'sideways', duration: 1 },
    400,
    /mode.*sideways/,
  ),
  post(
    '/run',
    'a rate below zero',
    { url: 'http://127.0.0.1:1', mode: 'constant', duration: 1, targetRps: -5 },
    400,
    /targetRps/,
  ),
  post(
    '/run',
    'a huge concurrency',
    { url: 'http://127.0.0.1:1', mode: 'constant', duration: 1, concurrency: 1e12 },
    400,
    /concurrency/,
  ),
  post('/run', 'no iterations', { url: 'http://127.0.0.1:1', mode: 'iterations' }, 400, /iterations/),
  post(
    '/run',
    'an empty list of stages',
    { url: 'http://127.0.0.1:1', mode: 'ramp_up', stages: [] },
    400,
    /stages/,
  ),
  post(
    '/run',
    'a duration that is none',
    { url: 'http://127.0.0.1:1', mode: 'constant', duration: 'long', targetRps: 1 },
    400,
    /duration/,
  ),
  post(
    '/run',
    'a URL that cannot be used',
    { url: 'ftp://127.0.0.1/', mode: 'constant', duration: 1, targetRps: 1 },
    400,
    /url/,
  ),
  post(
    '/run',
    'a condition that is none',
    { url: 'http://127.0.0.1:1', mode: 'constant', duration: 1, targetRps: 1, thresholds: ['fast'] },
    400,
    /threshold/,
  ),
  post(
    '/run',
    'an unknown saved request',
    { requestId: 'req_none', mode: 'constant', duration: 1, targetRps: 1 },
    404,
    /req_none/,
  ),

  post('/config', 'an unknown setting', { statsIntervall: 100 }, 400, /statsInterval/),
  post('/config', 'a setting out of bounds', { statsInterval: 1 }, 400, /statsInterval.*50/),
  post('/config', 'a setting of the wrong type', { defaultTimeout: true }, 400, /defaultTimeout/),
  post('/config', 'one good and one bad', { maxRuns: 2, workers: 1e9 }, 400, /workers/),

  post(
    '/reorder',
    'an unknown request',
    { moves: [{ type: 'request', id: 'req_none', order: 1 }] },
    404,
    /req_none/,
  ),
  post('/reorder', 'a move without an order', { moves: [{ type: 'request', id: 'req_none' }] }, 400, /order/),
  post('/runs/run_none/stop', 'an unknown run', undefined, 404, /run_none/),
  {
    what: 'a change of nothing',
    method: 'PATCH',
    path: '/runs/run_none',
    body: {},
    status: 400,
    says: /targetRps/,
  },
  {
    what: 'a change of a rate below zero',
    method: 'PATCH',
    path: '/runs/run_none',
    body: { targetRps: -1 },
    status: 400,
    says: /targetRps/,
  },
  {
    what: 'a change of an unknown run',
    method: 'PATCH',
    path: '/runs/run_none',
    body: { targetRps: 1 },
    status: 404,
    says: /run_none/,
  },

  ...['/collections', '/requests', '/environments'].flatMap((path): Case[] => [
    { what: 'an unknown id', method: 'GET', path: `${path}/x_none`, status: 404, says: /x_none/ },
    { what: 'an unknown id', method: 'PUT', path: `${path}/x_none`, body: {}, status: 404, says: /x_none/ },
    { what: 'an unknown id', method: 'DELETE', path: `${path}/x_none`, status: 404, says: /x_none/ },
    {
      what: 'another id than the path',
      method: 'PUT',
      path: `${path}/x_a`,
      body: { id: 'x_b' },
      status: 400,
      says: /id/,
    },
    {
      what: 'an unknown field',
      method: 'PUT',
      path: `${path}/x_a`,
      body: { nonsense: 1 },
      status: 400,
      says: /nonsense/,
    },
    { what: 'a path as id', method: 'GET', path: `${path}/..%2f..%2fetc%2fpasswd`, status: 400, says: /id/ },
    { what: 'a broken escape as id', method: 'GET', path: `${path}/%E0%A4%A`, status: 400, says: /decode/ },
    { what: 'quotes as id', method: 'DELETE', path: `${path}/'%20OR%20'1'='1`, status: 400, says: /id/ },
  ]),
  ...['', '/report', '/metrics', '/results', '/live'].map((rest): Case => ({
    what: 'an unknown run',
    method: 'GET',
    path: `/runs/run_none${rest}`,
    status: 404,
    says: /run_none/,
  })),
  { what: 'a path as id', method: 'GET', path: '/stats/..%2f..%2fetc', status: 400, says: /id/ },
  {
    what: 'an interval below the least',
    method: 'GET',
    path: '/stats/run_none?interval=1',
    status: 400,
    says: /interval/,
  },
  { what: 'a limit that is no number', method: 'GET', path: '/runs?limit=all', status: 400, says: /limit/ },
  { what: 'a limit of zero', method: 'GET', path: '/runs?limit=0', status: 400, says: /limit/ },
  { what: 'an offset below zero', method: 'GET', path: '/runs?offset=-1', status: 400, says: /offset/ },
  { what: 'a status that is none', method: 'GET', path: '/runs?status=done', status: 400, says: /status/ },
  { what: 'an unknown parameter', method: 'GET', path: '/runs?colour=red', status: 400, says: /colour/ },
  { what: 'a parameter twice', method: 'GET', path: '/runs?limit=1&limit=2', status: 400, says: /limit/ },
  {
    what: 'percentiles that are none',
    method: 'GET',
    path: '/runs/run_none/report?percentiles=high',
    status: 400,
    says: /percentiles/,
  },
  { what: 'an unknown route', method: 'GET', path: '/nowhere', status: 404, says: /GET \/nowhere/ },
  { what: 'an unknown method', method: 'DELETE', path: '/health', status: 404, says: /DELETE \/health/ },
];

/** The same operation by its other name. */
function twinsOf(one: Case): Case[] {
  const paths: Record<string, string> = { '/request': '/execute', '/run': '/runs' };
  const path = paths[one.path] ?? one.path.replace(/^\/runs\//, '/run/');
  const method = ['/config', '/globals'].includes(path) && one.method === 'POST' ? 'PUT' : one.method;
  const known = !/^\/run\/.*\/(samples|live)/.test(path);
  return known && (path !== one.path || method !== one.method) ? [{ ...one, path, method }] : [];
}

const cases = [...ownCases, ...ownCases.flatMap(twinsOf)];

interface Operation {
  parameters?: { in: string; name: string; schema: { type?: string } }[];
  requestBody?: object;
}
type OpenApi = { paths: Record<string, Record<string, Operation>> };

/** What every operation has to refuse, from the API's own description: bodies, ids and query parameters that are none. */
function generalCases({ paths }: OpenApi): Case[] {
  return Object.entries(paths).flatMap(([template, operations]) =>
    Object.entries(operations).flatMap(([name, { parameters = [], requestBody }]): Case[] => {
      const method = name.toUpperCase();
      const path = template.replace('{id}', 'x_none');
      const query = parameters.filter((parameter) => parameter.in === 'query');
      const numbers = query.filter(({ schema }) => schema.type === 'integer' || schema.type === 'number');
      const refused = (what: string, at: string, says: RegExp): Case => ({
        what,
        method,
        path: at,
        status: 400,
        says,
      });
      return [
        ...(requestBody === undefined
          ? []
          : [
              ...anyBody.map(([what, body, status, says]) => ({ what, method, path, body, status, says })),
              { ...refused('a field that is none', path, /nonsense/), body: { nonsense: 1 } },
            ]),
        ...(path === template
          ? []
          : ['..%2f..%2fetc%2fpasswd', "'%20OR%20'1'='1", 'x'.repeat(200), '%00'].map((id) =>
              refused('an id that is none', template.replace('{id}', id), /id/),
            )),
        ...(path !== template && requestBody === undefined
          ? [{ what: 'an unknown id', method, path, status: 404, says: /x_none/ }]
          : []),
        ...(query.length > 0 ? [refused('an unknown parameter', `${path}?colour=red`, /colour/)] : []),
        ...numbers.flatMap(({ name: parameter }) =>
          ['x', '-1', '1e400', '9'.repeat(40)].map((value) =>
            refused(`a number that is none`, `${path}?${parameter}=${value}`, new RegExp(parameter)),
          ),
        ),
      ];
    }),
  );
}

/** The operations with a body that no case of their own asks what its fields refuse. */
function withoutOwnCase({ paths }: OpenApi): string[] {
  return Object.entries(paths).flatMap(([template, operations]) => {
    const pattern = new RegExp(`^${template.replace('{id}', '[^/?]+')}(\\?|$)`);
    return Object.entries(operations)
      .filter(([, operation]) => operation.requestBody !== undefined)
      .filter(
        ([name]) => !cases.some(({ method, path }) => method === name.toUpperCase() && pattern.test(path)),
      )
      .map(([name]) => `${name} ${template}`);
  });
}

/** What is wrong with the answer, in words; undefined where it is as expected. */
function faultOf({ body, status }: Answer, expected: Case): string | undefined {
  const label = `${expected.method} ${expected.path} with ${expected.what} → ${status} ${JSON.stringify(body).slice(0, 400)}`;
  if (status !== expected.status) return `${label}: not ${expected.status}`;
  if (Object.keys(body as object).join() !== 'error') return `${label}: not the shape of errors`;
  const { code, message } = (body as { error: { code: unknown; message: unknown } }).error;
  if (!/^[a-z][a-z0-9_]*$/.test(String(code))) return `${label}: a code in another style`;
  if (!expected.says.test(String(message))) return `${label}: does not say ${expected.says}`;
  return /\n\s+at /.test(JSON.stringify(body)) ? `${label}: shows a stack` : undefined;
}

async function stored(api: Api): Promise<unknown[]> {
  const paths = ['/collections', '/requests', '/environments', '/runs'];
  return Promise.all(paths.map(async (path) => (await api.call('GET', path)).body as unknown));
}

test('every malformed call gets its status, the one shape of errors and a message that names the fault', async (t) => {
  const api = await startApi(t);
  const { body: before } = await api.call('GET', '/config');
  const description = (await api.call('GET', '/openapi.json')).body as unknown as OpenApi;
  assert.deepEqual(withoutOwnCase(description), []);
  const faults: string[] = [];
  for (const expected of [...generalCases(description), ...cases]) {
    const fault = faultOf(await api.call(expected.method, expected.path, expected.body), expected);
    if (fault !== undefined) faults.push(fault);
  }
  assert.deepEqual(faults, []);
  const [collections, requests, environments, runs] = await stored(api);
  assert.deepEqual([collections, requests, environments], [[], [], []]);
  // What failed at its target was sent and is recorded; nothing else is.
  assert.deepEqual(
    (runs as { type: string }[]).filter(({ type }) => type !== 'design'),
    [],
  );
  assert.deepEqual((await api.call('GET', '/globals')).body.variables, {});
  assert.deepEqual((await api.call('GET', '/config')).body.entries, before.entries);
  assert.equal((await api.call('GET', '/health')).status, 200);
});

test('all that is wrong is said at once', async (t) => {
  const api = await startApi(t);
  const { status, body } = await api.call('POST', '/run', {
    url: 'http://127.0.0.1:1',
    mode: 'constant',
    duration: -1,
    targetRps: 'fast',
    concurency: 5,
  });
  assert.equal(status, 400);
  const fields = (body.error.problems as { field: string }[]).map(({ field }) => field);
  assert.deepEqual(fields.toSorted(), ['concurency', 'duration', 'targetRps']);
});

test('what is not HTTP is answered in the same shape', async (t) => {
  const api = await startApi(t);
  const replies = async (text: string): Promise<string> => {
    const socket = net.connect(api.port, '127.0.0.1');
    socket.end(text);
    let reply = '';
    for await (const chunk of socket.setEncoding('utf8')) reply += chunk as string;
    return reply;
  };
  assert.match(await replies('\x16\x03\x01garbage\r\n\r\n'), /^HTTP\/1\.1 400 .*"code":"bad_request"/s);
  const headers = `GET /health HTTP/1.1\r\nHost: localhost\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`;
  assert.match(await replies(headers), /^HTTP\/1\.1 431 .*"code":"headers_too_large"/s);
});
