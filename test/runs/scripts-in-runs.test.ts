import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openHarness, startTarget, type Harness, type Target } from './harness.js';

let harness: Harness;
let target: Target;
before(async () => {
  harness = openHarness();
  target = await startTarget();
});
after(async () => {
  await harness.close();
  await target.close();
});

describe('scripts of a request in design mode', () => {
  it('run from the outside in, and their results are told', async () => {
    const { store } = harness;
    const outer = store.collections.create({
      name: 'o',
      preRequestScript: 'pm.variables.set("trail", "outer")',
      postRequestScript: 'pm.test("outer", () => {})',
    });
    const inner = store.collections.create({
      name: 'i',
      parentId: outer.id,
      preRequestScript: 'pm.variables.set("trail", pm.variables.get("trail") + " inner")',
    });
    const { id: requestId } = store.requests.create({
      name: 'r',
      collectionId: inner.id,
      method: 'GET',
      url: `${target.url}/echo`,
      headers: [{ key: 'X-Trail', value: '{{trail}}' }],
      preRequestScript: 'pm.variables.set("trail", pm.variables.get("trail") + " own")',
      postRequestScript:
        'pm.test("status", () => pm.response.to.have.status(200)); pm.test("wrong", () => pm.expect(1).to.equal(2)); console.log("said")',
    });
    const result = await harness.manager.execute({ requestId });
    assert.equal((result.body as { headers: Record<string, string> }).headers['x-trail'], 'outer inner own');
    assert.deepEqual(
      result.tests.map(({ name, passed }) => [name, passed]),
      [
        ['outer', true],
        ['status', true],
        ['wrong', false],
      ],
    );
    assert.match(result.tests[2]?.error ?? '', /expected 1 to equal 2/);
    assert.deepEqual(
      result.console.map(({ level, message }) => [level, message]),
      [['log', 'said']],
    );
  });

  it('know where in the collection they are, in load mode too', async () => {
    const { store } = harness;
    const say = (owner: string): string =>
      `pm.test([pm.execution.location.join('/'), pm.execution.location.current, '${owner}'].join(' '), () => {})`;
    const outer = store.collections.create({ name: 'Shop', postRequestScript: say('Shop') });
    const inner = store.collections.create({
      name: 'Orders',
      parentId: outer.id,
      postRequestScript: say('Orders'),
    });
    const { id: requestId } = store.requests.create({
      name: 'List',
      collectionId: inner.id,
      url: `${target.url}/ok`,
      postRequestScript: say('List'),
    });
    const expected = ['Shop', 'Orders', 'List'].map((owner) => `Shop/Orders/List ${owner} ${owner}`);
    const { tests } = await harness.manager.execute({ requestId });
    assert.deepEqual(
      tests.map(({ name }) => name),
      expected,
    );
    const report = await harness.start({ request: { requestId }, mode: 'iterations', iterations: 4 }).done;
    assert.deepEqual(
      report.tests?.tests.map(({ name, passed }) => [name, passed]),
      expected.map((name) => [name, 4]),
    );
    const unsaved = await harness.manager.execute({
      url: `${target.url}/ok`,
      name: 'Try',
      collectionId: outer.id,
      tests: say('Try'),
    });
    assert.deepEqual(
      unsaved.tests.map(({ name }) => name),
      ['Shop/Try Shop Shop', 'Shop/Try Try Try'],
    );
  });

  it('send a copy of a request with its bytes', async (t) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'vayu-bytes-'));
    t.after(() => fs.rmSync(folder, { recursive: true }));
    const src = path.join(folder, 'bytes');
    fs.writeFileSync(src, Buffer.from([0xff, 0x00, 0xfe, 0x41]));
    const say =
      'const { headers, body } = echo.json(); pm.test([headers["content-length"], body.length].join(), () => {})';
    const { tests } = await harness.manager.execute({
      url: `${target.url}/echo`,
      method: 'POST',
      body: { mode: 'binary', src },
      preRequestScript: `const echo = await pm.sendRequest(pm.request.clone()); ${say}`,
      tests: `const echo = pm.response; ${say}`,
    });
    // As text, each of the bytes that are none would be three.
    assert.deepEqual(
      tests.map(({ name }) => name),
      ['4,4', '4,4'],
    );
  });

  it('leave their variables where they belong', async () => {
    const { store } = harness;
    const outer = store.collections.create({ name: 'o', variables: { shared: 'old', both: 'outer' } });
    const inner = store.collections.create({ name: 'i', parentId: outer.id, variables: { both: 'inner' } });
    const environment = store.environments.create({
      name: 'e',
      variables: { kept: 'k', typed: { value: 'v', secret: true }, off: { value: 'x', enabled: false } },
    });
    store.globals.set({ g: 1 });
    const { id: requestId } = store.requests.create({
      name: 'r',
      collectionId: inner.id,
      method: 'GET',
      url: target.url,
    });
    await harness.manager.execute({
      requestId,
      environmentId: environment.id,
      tests: `pm.environment.set("typed", "new"); pm.environment.set("added", 5);
        pm.collectionVariables.set("shared", "new"); pm.collectionVariables.set("both", "new"); pm.collectionVariables.set("fresh", true);
        pm.globals.set("g", 2);`,
    });
    assert.deepEqual(store.environments.get(environment.id)?.variables, {
      kept: 'k',
      typed: { value: 'new', secret: true, enabled: true },
      off: { value: 'x', enabled: false },
      added: { value: '5', enabled: true },
    });
    assert.deepEqual(store.collections.get(outer.id)?.variables, { shared: 'new', both: 'outer' });
    assert.deepEqual(store.collections.get(inner.id)?.variables, { both: 'new', fresh: true });
    assert.deepEqual(store.globals.get().variables, { g: 2 });
  });

  it('that set credentials reach basic authentication', async () => {
    const result = await harness.manager.execute({
      url: `${target.url}/echo`,
      auth: { type: 'basic', username: '{{user}}', password: 'p' },
      preRequestScript: 'pm.environment.set("user", "jürgen")',
    });
    const { headers } = result.body as { headers: Record<string, string> };
    assert.equal(headers['authorization'], `Basic ${Buffer.from('jürgen:p').toString('base64')}`);
  });

  it('that fail before the request keep it from being sent', async () => {
    const path = '/ok/never';
    await assert.rejects(
      harness.manager.execute({ url: target.url + path, preRequestScript: 'throw new Error("no")' }),
      { code: 'script_error' },
    );
    assert.equal(target.hits.get(path), undefined);
  });
});

describe('scripts of a load run', () => {
  it('run on every response; a test that fails is no failed request', async () => {
    const { done } = harness.start({
      request: {
        url: `${target.url}/ok`,
        tests:
          'pm.test("good", () => pm.response.to.have.status(200)); pm.test("bad", () => pm.expect(1).to.equal(2));',
      },
      mode: 'iterations',
      iterations: 40,
      thresholds: ['tests_passed>40%', 'tests_passed>99%', 'test_failures==40', 'error_rate<1%'],
    });
    const report = await done;
    assert.equal(report.summary.successfulRequests, 40);
    assert.deepEqual(
      report.tests && {
        ...report.tests,
        tests: report.tests.tests.map(({ name, passed, failed }) => [name, passed, failed]),
      },
      {
        total: 80,
        passed: 40,
        failed: 40,
        skipped: 0,
        passRate: 50,
        tests: [
          ['good', 40, 0],
          ['bad', 0, 40],
        ],
      },
    );
    assert.match(report.tests?.tests[1]?.failures[0] ?? '', /expected 1 to equal 2/);
    assert.deepEqual(
      report.thresholds.results.map((result) => result.passed),
      [true, false, true, true],
    );
    assert.equal(report.script.count, 40);
    assert.equal(report.responseTime.count, 40, 'four clocks for scripted requests too');
  });

  it('that fail before the request drop it, and the sums still balance', async () => {
    const path = '/ok/dropped';
    const { done } = harness.start({
      request: {
        url: target.url + path,
        preRequestScript: 'if (pm.info.iteration % 2 === 0) throw new Error("no")',
      },
      mode: 'iterations',
      iterations: 20,
      concurrency: 1,
    });
    const { conservation } = await done;
    assert.deepEqual(
      [conservation.planned, conservation.sent, conservation.dropped],
      [20, 10, { total: 10, byReason: { script_error: 10 } }],
    );
    assert.equal(conservation.balanced, true);
    assert.equal(target.hits.get(path), 10);
  });

  it('change what the next request of the same user sends', async () => {
    const { done } = harness.start({
      request: {
        url: `${target.url}/ok/n{{n}}`,
        variables: { n: 0 },
        preRequestScript: 'pm.environment.set("n", 1); pm.variables.set("n", (pm.info.iteration % 3))',
      },
      mode: 'iterations',
      iterations: 30,
      concurrency: 1,
    });
    const report = await done;
    assert.equal(report.summary.successfulRequests, 30);
    assert.deepEqual(
      [0, 1, 2].map((n) => target.hits.get(`/ok/n${n}`)),
      [10, 10, 10],
    );
  });
});
