/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- answers are JSON that the asserts look into */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { runCli } from '../cli/cli-process.js';
import { ended, startApi, startTarget, temporaryFolder, type Api, type Json } from './support.js';

const canaries = {
  password: 'canary-password-1f7a',
  token: 'canary-token-22b8',
  header: 'canary-header-39c1',
  cookie: 'canary-cookie-44d2',
  userinfo: 'canary-userinfo-5e53',
  query: 'canary-query-60f4',
  variable: 'canary-variable-7a15',
  setCookie: 'canary-set-cookie-8b26',
  vault: 'canary-vault-9c37',
};

/** The text, and what base64 makes of it at each of the three places where it can begin. */
function tracesOf(secret: string): string[] {
  const encoded = [0, 1, 2].map((shift) => {
    const whole = Buffer.from('x'.repeat(shift) + secret)
      .toString('base64')
      .replaceAll('=', '');
    return whole.slice(shift === 0 ? 0 : shift + 1, -2);
  });
  return [secret, encodeURIComponent(secret), ...encoded];
}

function assertClean(where: string, text: string, but: string[] = []): void {
  for (const [name, secret] of Object.entries(canaries).filter(([name]) => !but.includes(name))) {
    for (const trace of tracesOf(secret)) {
      const at = text.indexOf(trace);
      assert.equal(at, -1, `${where} shows ${name}: …${text.slice(Math.max(0, at - 80), at + 80)}…`);
    }
  }
}

/** Every cell of the tables that record what was run. */
function recorded(file: string): string {
  const database = new Database(file, { readonly: true });
  try {
    return ['runs', 'reports', 'results', 'metrics', 'kv_store']
      .flatMap((table) => database.prepare(`SELECT * FROM ${table}`).all())
      .map((row) => JSON.stringify(row))
      .join('\n');
  } finally {
    database.close();
  }
}

async function artefacts(api: Api, runIds: string[]): Promise<[string, string][]> {
  const read = async (route: string): Promise<[string, string]> => [
    route,
    JSON.stringify((await api.call('GET', route)).body),
  ];
  const routes = runIds.flatMap((id) => [
    `/run/${id}`,
    `/run/${id}/report`,
    `/runs/${id}/results`,
    `/runs/${id}/live`,
  ]);
  return Promise.all([...routes, '/runs', '/runs?limit=50', '/metrics', '/config'].map(read));
}

test('no secret shows in stored runs, reports, live streams, logs or lists', async (t) => {
  const api = await startApi(t, { verbose: 2 });
  const target = await startTarget(t, (_request, response) => {
    response.setHeader('Set-Cookie', `sid=${canaries.setCookie}; HttpOnly`);
    response.statusCode = _request.url?.startsWith('/fail') ? 500 : 200;
    response.end('{}');
  });
  const { body: environment } = await api.call('POST', '/environments', {
    name: 'e',
    variables: { s: { value: canaries.variable, secret: true } },
  });
  const address = target.url.replace('http://', `http://user:${canaries.userinfo}@`);
  const headers = {
    'X-Api-Key': canaries.header,
    Cookie: `sid=${canaries.cookie}`,
    'X-Plain': 'shown-{{s}}',
    'X-Vaulted': 'shown-{{vault:v}}',
  };
  const vault = { v: canaries.vault };
  const requests: Json[] = [
    {
      url: `${target.url}/a?access_token=${canaries.query}`,
      headers,
      auth: { type: 'basic', username: 'u', password: canaries.password },
    },
    {
      url: `${target.url}/b`,
      method: 'POST',
      headers,
      body: { s: '{{s}}' },
      auth: { type: 'bearer', token: canaries.token },
    },
    { url: `${address}/c`, headers },
    { url: `${target.url}/fail`, headers, auth: { type: 'apikey', key: 'X-Mine', value: canaries.token } },
    {
      url: `http://u:${canaries.userinfo}@127.0.0.1:1/refused?token=${canaries.query}`,
      headers,
      auth: { type: 'bearer', token: canaries.token },
    },
    { url: `ftp://u:${canaries.userinfo}@127.0.0.1/`, headers },
  ];
  const runIds: string[] = [];
  for (const request of requests) {
    const single = await api.call('POST', '/request', { ...request, vault, environmentId: environment.id });
    if (single.body.error !== undefined)
      assertClean(`the error of ${JSON.stringify(request.url).slice(0, 20)}`, JSON.stringify(single.body));
    const started = await api.call('POST', '/run', {
      request: { ...request, vault, environmentId: environment.id },
      config: { mode: 'iterations', iterations: 10, save_timing_breakdown: true },
    });
    if (started.status === 202) {
      runIds.push(started.body.runId as string);
      await ended(api, started.body.runId as string);
    } else assertClean('the refusal of a run', JSON.stringify(started.body));
  }
  assert.equal(runIds.length, 5);
  // The target did get them: what is missing elsewhere was really there.
  const sent = JSON.stringify(target.requests);
  for (const name of ['header', 'cookie', 'query', 'variable', 'token', 'vault'] as const)
    assert.ok(sent.includes(canaries[name]), name);
  assert.ok(sent.includes(Buffer.from(`u:${canaries.password}`).toString('base64')));

  for (const [where, text] of await artefacts(api, runIds)) assertClean(where, text);
  assertClean('the log', api.logLines.join(''));
  // The files byte for byte, the write-ahead log among them. The variable is where it was saved to be used.
  for (const name of fs.readdirSync(api.dataDir)) {
    const bytes = fs.readFileSync(path.join(api.dataDir, name), 'latin1');
    assertClean(name, bytes, ['variable']);
  }
  assert.ok(fs.existsSync(path.join(api.dataDir, 'vayu.db-wal')));
  await api.close();
  const stored = recorded(path.join(api.dataDir, 'vayu.db'));
  assert.ok(stored.includes('X-Api-Key') || stored.includes('x-api-key'), 'the traces were stored');
  assertClean('the database', stored);
});

test('no secret shows in what the command line prints and writes of a load', async (t) => {
  const folder = temporaryFolder(t);
  const target = await startTarget(t, (request, response) => {
    response.setHeader('Set-Cookie', `sid=${canaries.setCookie}`);
    response.statusCode = request.url?.startsWith('/fail') ? 500 : 200;
    response.end('{}');
  });
  const auth = { type: 'basic', username: 'u', password: canaries.password };
  const headers = { 'X-Api-Key': canaries.header, Cookie: `sid=${canaries.cookie}` };
  const loads = {
    fine: { url: `${target.url}/?access_token=${canaries.query}`, headers, auth },
    failing: { url: `${target.url}/fail`, headers, auth: { type: 'bearer', token: canaries.token } },
    refused: { url: `http://u:${canaries.userinfo}@127.0.0.1:1/?token=${canaries.query}`, headers },
  };
  for (const [name, request] of Object.entries(loads)) {
    const file = path.join(folder, `${name}.json`);
    fs.writeFileSync(file, JSON.stringify({ request, mode: 'iterations', iterations: 10, concurrency: 2 }));
    const outs = ['json', 'csv', 'xml'].map((ending) => path.join(folder, `${name}-out.${ending}`));
    const args = ['load', file, ...outs.flatMap((out) => ['--out', out])];
    for (const more of [[], ['--json']]) {
      const { stdout, stderr } = await runCli([...args, ...more]);
      assert.match(stdout, /10/);
      assertClean(`the output of ${name}`, stdout + stderr);
    }
    for (const out of outs) {
      const text = fs.readFileSync(out, 'utf8');
      assert.ok(text.length > 50, out);
      assertClean(out, text);
    }
  }
  assert.ok(JSON.stringify(target.requests).includes(canaries.header));
});
