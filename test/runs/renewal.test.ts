import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openHarness, startTarget, until, type Harness, type Target } from './harness.js';

let harness: Harness;
let target: Target;
let issued = 0;
let tokenBody = '';
const tokens = new Map<string, number>();
const queries = new Map<string, number>();
before(async () => {
  harness = openHarness();
  target = await startTarget({
    '/token': (_request, response, body) => {
      issued += 1;
      tokenBody = body;
      response
        .setHeader('Content-Type', 'application/json')
        .end(JSON.stringify({ access_token: `token-${issued}`, expires_in: 1 }));
    },
    '/protected-by-query': (request, response) => {
      const query = (request.url ?? '').split('?')[1] ?? '';
      queries.set(query, (queries.get(query) ?? 0) + 1);
      response.end('ok');
    },
    '/lasting': (_request, response) => response.end('{"access_token":"lasting","expires_in":3600}'),
    '/refused': (_request, response) => response.writeHead(401).end('{"error":"invalid_client"}'),
    '/protected': (request, response) => {
      const token = request.headers.authorization ?? 'none';
      tokens.set(token, (tokens.get(token) ?? 0) + 1);
      response.end('ok');
    },
  });
});
after(async () => {
  await harness.close();
  await target.close();
});

const auth = (path: string) => ({
  type: 'oauth2',
  tokenUrl: target.url + path,
  clientId: 'c',
  clientSecret: 's3cret',
});

describe('OAuth 2 in runs', () => {
  it('fetches a token and renews it while the run is under way', async () => {
    const { done, runId } = harness.start({
      request: { url: `${target.url}/protected`, auth: auth('/token') },
      mode: 'constant',
      targetRps: 50,
      duration: 2.5,
    });
    const report = await done;
    assert.equal(tokenBody, 'grant_type=client_credentials');
    assert.equal(report.summary.successfulRequests, 125);
    assert.equal(
      [...tokens.values()].reduce((sum, count) => sum + count, 0),
      125,
    );
    assert.ok(tokens.size >= 2, `tokens used: ${[...tokens.keys()].join(', ')}`);
    assert.ok((tokens.get('Bearer token-1') ?? 0) >= 20);
    assert.ok((tokens.get('Bearer token-2') ?? 0) >= 5);
    assert.deepEqual(report.warnings, []);
    assert.deepEqual(report.plan.changes, [], 'a new token is no change of the plan');
    assert.ok(!JSON.stringify(harness.store.runs.get(runId)).includes('s3cret'));
    assert.ok(!JSON.stringify(harness.store.results.list(runId)).includes('token-1'));
  });

  it('renews a token in the query as well, and sends it with the values of variables', async () => {
    issued = 0;
    const { done, runId } = harness.start({
      request: {
        url: `${target.url}/protected-by-query?a=1`,
        params: [{ key: 'x', value: '{{v}}' }],
        preRequestScript: 'pm.variables.set("v", "p&q");',
        auth: { ...auth('/token'), addTokenTo: 'query' },
      },
      mode: 'constant',
      targetRps: 50,
      duration: 2.5,
    });
    const report = await done;
    assert.equal(report.summary.successfulRequests, 125);
    assert.deepEqual(report.warnings, []);
    const names = [...queries.keys()];
    assert.ok(names.length >= 2, names.join(' '));
    for (const [index, name] of names.entries())
      assert.equal(name, `a=1&x=p%26q&access_token=token-${index + 1}`);
    assert.ok((queries.get(names[1]!) ?? 0) >= 5);
    assert.ok(!JSON.stringify(harness.store.runs.get(runId)).includes('s3cret'));
    assert.ok(!JSON.stringify(harness.store.results.list(runId)).includes('token-'));
  });

  it('fails a run that gets no token, and says why', async () => {
    const { done, runId } = harness.start({
      request: { url: `${target.url}/ok`, auth: auth('/refused') },
      mode: 'iterations',
      iterations: 1,
    });
    await assert.rejects(done, { code: 'auth_failed', message: /status 401 \(invalid_client\)/ });
    const run = harness.store.runs.get(runId);
    assert.equal(run?.status, 'failed');
    assert.match(run.error ?? '', /no OAuth 2 token/);
    assert.equal(harness.manager.live(runId), undefined);
  });

  it('does not hold up a stop while its token is still awaited', async () => {
    const { runId } = harness.start({
      request: { url: `${target.url}/ok`, auth: auth('/delay/15000') },
      mode: 'iterations',
      iterations: 1,
    });
    await until(() => target.hits.has('/delay/15000'));
    const began = Date.now();
    const report = await harness.manager.stop(runId);
    assert.ok(Date.now() - began < 3000);
    assert.deepEqual(
      [report.status, report.conservation.planned, report.transport.name],
      ['stopped', 0, 'unknown'],
    );
    assert.equal(harness.store.runs.get(runId)?.status, 'stopped');
  });

  it('uses the token of a request before while it is good', async () => {
    const request = { url: `${target.url}/echo`, auth: { ...auth('/lasting'), type: 'oauth2' as const } };
    const sent = async () =>
      ((await harness.manager.execute(request)).body as { headers: Record<string, string> }).headers[
        'authorization'
      ];
    assert.deepEqual([await sent(), await sent()], ['Bearer lasting', 'Bearer lasting']);
    assert.equal(target.hits.get('/lasting'), 1);
  });
});
