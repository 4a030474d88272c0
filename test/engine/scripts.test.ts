import assert from 'node:assert/strict';
import http from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { Engine } from '../../lib/engine/engine.js';
import type { Exchange, LoadModel, Submission, Tick } from '../../lib/engine/types.js';
import { assertBalanced, concurrencyModel, planOf, rateModel, startTarget, type Target } from './support.js';

let target: Target;
before(async () => {
  target = await startTarget();
});
after(() => target.close());

const sleep = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

function scripted(url: string, scripts: { preRequest?: string; test?: string }): Submission {
  const source = (code: string | undefined) => (code === undefined ? [] : [{ name: 'script', code }]);
  return {
    request: { method: 'GET', url, headers: [['X-Iteration', '{{n}}']] },
    scripts: { preRequest: source(scripts.preRequest), test: source(scripts.test) },
    variables: { environment: { n: 'none' } },
  };
}

describe('scripts of submissions', () => {
  it('are cancelled while they wait, before and after the request', async () => {
    const engine = new Engine({ workers: 1 });
    const forever = 'await new Promise((resolve) => setTimeout(resolve, 60000));';
    const exchanges: Exchange[] = [];
    const before = target.count();
    const early = engine.submit(scripted(target.url, { preRequest: forever }), (exchange) =>
      exchanges.push(exchange),
    );
    const late = engine.submit(scripted(target.url, { test: forever }), (exchange) =>
      exchanges.push(exchange),
    );
    while (target.count() === before) await sleep(5);
    await sleep(50);
    engine.cancel(early);
    engine.cancel(late);
    while (exchanges.length < 2) await sleep(5);
    assert.equal(target.count(), before + 1);
    const unsent = exchanges.find((exchange) => exchange.response === undefined);
    assert.equal(unsent?.error?.code, 'aborted');
    await engine.close();
  });

  it('end at their time limit when the engine is closed', async () => {
    const engine = new Engine({ workers: 2, scriptTimeoutMs: 300 });
    const pending = engine.submitAsync(scripted(target.url, { preRequest: 'for (;;);' }));
    const start = performance.now();
    await engine.close();
    assert.ok(performance.now() - start < 10_000);
    const exchange = await pending;
    assert.ok(exchange.error?.code === 'script_error' || exchange.error?.code === 'aborted');
  });

  it('end at their time limit inside native loops too', async () => {
    const engine = new Engine({ workers: 1, scriptTimeoutMs: 200 });
    const start = performance.now();
    const { error } = await engine.submitAsync(
      scripted(target.url, { preRequest: 'try { Array(4e9).indexOf(1); } catch {}' }),
    );
    assert.ok(performance.now() - start < 5000);
    assert.equal(error?.code, 'script_error');
    assert.match(error.message, /200 ms/);
    await engine.close();
  });

  it('are ended by close() while they wait for an answer of their own', async () => {
    const stuck = await startTarget(60_000);
    const engine = new Engine({ workers: 1 });
    const pending = engine.submitAsync(
      scripted(target.url, { preRequest: `await pm.sendRequest(${JSON.stringify(stuck.url)});` }),
    );
    while (stuck.count() === 0) await sleep(5);
    await engine.close();
    assert.notEqual((await pending).error, undefined);
    await stuck.close();
  });
});

describe('scripts of load runs', () => {
  const run = async (
    engine: Engine,
    submission: Submission,
    model: LoadModel,
    stopAfterMs?: number,
  ): Promise<Tick> => {
    let last: Tick | undefined;
    const plan = planOf(submission.request.url, model);
    const load = engine.startLoad({ ...plan, submission }, (tick) => (last = tick));
    if (stopAfterMs !== undefined) {
      await sleep(stopAfterMs);
      load.stop(0);
    }
    await load.done;
    assert.ok(last);
    assertBalanced(last.counters);
    return last;
  };

  it('number their iterations from 0 over all workers', async () => {
    const seen: number[] = [];
    const server = http.createServer((request, response) => {
      seen.push(Number(request.headers['x-iteration']));
      response.end('ok');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const engine = new Engine({ workers: 3 });
    const submission = scripted(url, { preRequest: "pm.environment.set('n', pm.info.iteration)" });
    for (const model of [concurrencyModel(4, Infinity, 60), rateModel(120, 500)]) {
      seen.length = 0;
      const end = await run(engine, submission, model);
      assert.equal(end.counters.succeeded, 60);
      assert.deepEqual(
        seen.sort((a, b) => a - b),
        Array.from({ length: 60 }, (_, index) => index),
      );
    }
    await engine.close();
    server.closeAllConnections();
    server.close();
  });

  it('count what they skip, what they fail and what they test', async () => {
    const engine = new Engine({ workers: 2 });
    const submission = scripted(target.url, {
      preRequest: `if (pm.info.iteration % 4 === 1) pm.execution.skipRequest();
        if (pm.info.iteration % 4 === 3) throw new Error('on purpose');`,
      test: `pm.test('fine', () => pm.response.to.have.status(200));
        pm.test('odd', () => pm.expect(pm.info.iteration % 8).to.equal(0));`,
    });
    const end = await run(engine, submission, concurrencyModel(4, Infinity, 80));
    assert.equal(end.counters.planned, 80);
    assert.equal(end.counters.sent, 40);
    assert.equal(end.dropped.skipped, 20);
    assert.equal(end.dropped.script_error, 20);
    const tests = Object.fromEntries(end.tests.map((test) => [test.name, [test.passed, test.failed]]));
    assert.deepEqual(tests['fine'], [40, 0]);
    assert.deepEqual(tests['odd'], [10, 30]);
    assert.equal(end.counters.scriptFailures, 20);
    await engine.close();
  });

  it('balance when stopped in the middle of pm.sendRequest and of timers', async () => {
    const slow = await startTarget(200);
    const engine = new Engine({ workers: 2 });
    for (const preRequest of [
      `await pm.sendRequest(${JSON.stringify(slow.url)});`,
      'await new Promise((resolve) => setTimeout(resolve, 150));',
    ]) {
      const end = await run(engine, scripted(target.url, { preRequest }), rateModel(100, 60_000), 400);
      assert.ok(end.counters.dropped > 0, 'some were waiting in their script');
    }
    const tests = scripted(target.url, { test: `await pm.sendRequest(${JSON.stringify(slow.url)});` });
    await run(engine, tests, concurrencyModel(10, 60_000), 300);
    await engine.close();
    await slow.close();
  });
});
