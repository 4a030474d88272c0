/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access, @typescript-eslint/no-unsafe-argument, @typescript-eslint/no-unsafe-call -- answers are JSON that the asserts look into */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import createClient from 'openapi-fetch';
import openapiTS, { astToString } from 'openapi-typescript';
import { startApi, startTarget, type Api, type Json } from './support.js';

const run = promisify(execFile);

const documentOf = async (api: Api): Promise<Json> => (await api.call('GET', '/openapi.json')).body;

/** Every `$ref` of a document. */
function references(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' ? [inner as string] : references(inner),
  );
}

test('the description covers every route, and all that it refers to is in it', async (t) => {
  const api = await startApi(t);
  const document = await documentOf(api);
  assert.equal(document.openapi, '3.1.0');
  const expected = [
    'get /health',
    'get /config',
    'put /config',
    'get /metrics',
    'get /openapi.json',
    'post /shutdown',
    'post /request',
    'post /execute',
    'post /compose',
    'post /run',
    'post /runs',
    'get /runs',
    'get /run/{id}',
    'get /runs/{id}',
    'delete /run/{id}',
    'delete /runs/{id}',
    'patch /run/{id}',
    'get /run/{id}/report',
    'get /runs/{id}/report',
    'post /run/{id}/stop',
    'post /runs/{id}/stop',
    'get /runs/{id}/metrics',
    'get /stats/{id}',
    'get /runs/{id}/live',
    ...['collections', 'requests', 'environments'].flatMap((name) => [
      `get /${name}`,
      `post /${name}`,
      `get /${name}/{id}`,
      `put /${name}/{id}`,
      `delete /${name}/{id}`,
    ]),
    'get /globals',
    'put /globals',
    'post /globals',
  ];
  for (const one of expected) {
    const [method = '', route = ''] = one.split(' ');
    assert.ok(document.paths[route]?.[method], one);
  }
  const ids = Object.values(document.paths as Record<string, Record<string, Json>>).flatMap((operations) =>
    Object.values(operations).map(({ operationId }) => operationId as string),
  );
  assert.equal(new Set(ids).size, ids.length);
  for (const reference of references(document)) {
    assert.match(reference, /^#\/components\/schemas\//);
    assert.ok(document.components.schemas[reference.slice('#/components/schemas/'.length)], reference);
  }
});

test('it says what the validation says', async (t) => {
  const api = await startApi(t);
  const { components, paths } = await documentOf(api);
  const body = components.schemas.CollectionBody;
  assert.equal(body.additionalProperties, false);
  assert.equal((await api.call('POST', '/collections', { name: 'a', extra: 1 })).status, 400);
  const interval = (paths['/stats/{id}'].get.parameters as Json[]).find(({ name }) => name === 'interval');
  assert.equal(interval.schema.minimum, 50);
  const method = components.schemas.SavedRequestBody.properties.method;
  assert.ok(JSON.stringify(method).includes('pattern'));
});

/** Compiled against the generated types, so that a wrong type anywhere fails. */
const usage = `
import createClient from 'openapi-fetch';
import type { paths } from './api.js';

const client = createClient<paths>({ baseUrl: 'http://127.0.0.1:1' });
const { data: collection } = await client.POST('/collections', { body: { name: 'a', variables: { k: 'v' } } });
const id: string = collection!.id;
const order: number = collection!.order;
const { data: list } = await client.GET('/requests', { params: { query: { collectionId: id } } });
const url: string = list![0]!.url;
const { data: started } = await client.POST('/runs', { body: { url, mode: 'constant', duration: '5s', targetRps: 10 } });
const { data: report, error } = await client.GET('/runs/{id}/report', { params: { path: { id: started!.runId } } });
const total: number = report!.summary.totalRequests;
const p99: number = report!.latency.p99;
const code: string = error!.error.code;
const { data: run } = await client.GET('/run/{id}', { params: { path: { id } } });
const status: 'pending' | 'running' | 'completed' | 'stopped' | 'failed' = run!.status;
// @ts-expect-error a name is text
await client.POST('/environments', { body: { name: 7 } });
// @ts-expect-error there is no such route
await client.GET('/nowhere');
export { code, order, p99, status, total };
`;

test('a generated client compiles against it and works', async (t) => {
  const api = await startApi(t);
  const target = await startTarget(t);
  const source = astToString(await openapiTS(await documentOf(api)));
  // Inside the project, so that the compiler finds the client library.
  const folder = fs.mkdtempSync(path.resolve('test/api/.generated-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  fs.writeFileSync(path.join(folder, 'api.ts'), source);
  fs.writeFileSync(path.join(folder, 'usage.ts'), usage);
  const options = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--module',
    'nodenext',
    '--target',
    'es2022',
    '--types',
    'node',
  ];
  const compiler = path.resolve('node_modules/typescript/bin/tsc');
  try {
    await run(process.execPath, [compiler, ...options, path.join(folder, 'usage.ts')]);
  } catch (error) {
    assert.fail((error as { stdout: string }).stdout);
  }

  const client = createClient<Json>({ baseUrl: api.url }) as Json;
  const { data: collection } = await client.POST('/collections', {
    body: { name: 'Generated', variables: { host: target.url } },
  });
  const { data: request } = await client.POST('/requests', {
    body: { name: 'r', collectionId: collection.id, url: '{{host}}/generated' },
  });
  const { data: listed } = await client.GET('/requests', {
    params: { query: { collectionId: collection.id } },
  });
  assert.deepEqual(listed, [request]);
  const { data: executed } = await client.POST('/request', { body: { requestId: request.id } });
  assert.equal(executed.status, 200);
  assert.equal(target.requests[0]?.url, '/generated');
  const { data: started, response } = await client.POST('/runs', {
    body: { requestId: request.id, mode: 'iterations', iterations: 5 },
  });
  assert.equal(response.status, 202);
  const { data: stream } = await client.GET('/stats/{id}', {
    params: { path: { id: started.runId } },
    parseAs: 'text',
  });
  assert.match(stream as string, /event: complete/);
  const { data: report } = await client.GET('/runs/{id}/report', { params: { path: { id: started.runId } } });
  assert.equal(report.summary.totalRequests, 5);
  const { error } = await client.PUT('/environments/{id}', {
    params: { path: { id: 'env_none' } },
    body: {},
  });
  assert.equal(error.error.code, 'not_found');
});
