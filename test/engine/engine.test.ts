import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Engine } from '../../lib/engine/engine.js';
import type { EngineOptions, Exchange } from '../../lib/engine/types.js';
import { VayuError } from '../../lib/model/errors.js';
import { startFaultServer, type FaultServer } from '../support/fault-server.js';
import { concurrencyModel, get, planOf, startTarget, type Target } from './support.js';

let target: Target;
let faults: FaultServer;
let engine: Engine;
before(async () => {
  target = await startTarget();
  faults = await startFaultServer();
  engine = new Engine({ workers: 2 });
});
after(async () => {
  await engine.close();
  await target.close();
  await faults.close();
});

const refusal = (check: (error: VayuError) => void) => (error: unknown) => {
  assert.ok(error instanceof VayuError);
  check(error);
  return true;
};

describe('Engine options', () => {
  it('names every bad option at once', () => {
    const bad = {
      workers: 1.5,
      maxConcurrent: 0,
      targetRps: -5,
      pollTimeoutMs: Number.NaN,
      userAgent: 7,
      verbose: 'yes',
      allowHosts: ['a', 1],
      scriptTimeOutMs: 5,
      surprise: {},
    };
    assert.throws(
      () => new Engine(bad as unknown as EngineOptions),
      refusal((error) => {
        assert.equal(error.code, 'bad_request');
        for (const name of Object.keys(bad)) assert.ok(error.message.includes(`${name}: expected`), name);
        assert.match(error.message, /"scriptTimeoutMs"/);
      }),
    );
  });

  it('takes the number of cores for 0 workers', async () => {
    const byDefault = new Engine();
    assert.ok(byDefault.workers >= 1);
    await byDefault.close();
  });
});

describe('submitAsync', () => {
  it('tells everything about an exchange', async () => {
    const before = Date.now();
    const exchange = await engine.submitAsync({
      request: {
        method: 'POST',
        url: `${target.url}/a%20b?c=d`,
        headers: [
          ['X-One', '1'],
          ['Content-Type', 'text/plain'],
        ],
        body: 'grüße',
      },
    });
    assert.equal(exchange.error, undefined);
    const { response, request, timing } = exchange;
    assert.ok(response);
    assert.equal(response.status, 200);
    assert.equal(response.statusText, 'OK');
    assert.equal(response.httpVersion, '1.1');
    assert.deepEqual(
      response.headers.filter(([name]) => name === 'x-twice'),
      [
        ['x-twice', 'one'],
        ['x-twice', 'two'],
      ],
    );
    const seen = JSON.parse(Buffer.from(response.body).toString()) as {
      method: string;
      url: string;
      headers: Record<string, string>;
      body: string;
    };
    assert.equal(seen.method, 'POST');
    assert.equal(seen.url, '/a%20b?c=d');
    assert.equal(seen.headers['x-one'], '1');
    assert.match(seen.headers['user-agent'] ?? '', /^vayu-engine\/\d/);
    assert.equal(Buffer.from(seen.body, 'base64').toString(), 'grüße');
    assert.equal(response.bodyBytes, response.body.length);
    assert.equal(response.bodyCut, false);
    assert.ok(response.headerBytes > 50);
    assert.match(response.remoteAddress, /^127\.0\.0\.1:\d+$/);
    assert.equal(response.redirects, 0);
    assert.equal(request.method, 'POST');
    assert.equal(Buffer.from(request.body).toString(), 'grüße');
    assert.deepEqual(request.headers[0], ['X-One', '1']);
    assert.ok(exchange.startedAt >= before - 1 && exchange.startedAt <= Date.now());
    assert.ok(timing.totalMs > 0 && timing.totalMs < 5000);
    assert.ok(timing.firstByteMs <= timing.totalMs);
    assert.equal(timing.tlsMs, 0);
    assert.deepEqual(exchange.tests, []);
    assert.deepEqual(exchange.execution, { skipped: false });
  });

  it('sends and receives bytes as they are', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const exchange = await engine.submitAsync(get(target.url, { method: 'PUT', body: bytes }));
    const seen = JSON.parse(Buffer.from(exchange.response?.body ?? []).toString()) as { body: string };
    assert.deepEqual(Buffer.from(seen.body, 'base64'), Buffer.from(bytes));
  });

  const failures: [code: string, url: () => string, more?: Parameters<typeof get>[1]][] = [
    ['connection_failed', () => faults.urls.refused],
    ['dns_failed', () => 'http://no-such-host.invalid/'],
    ['timeout', () => `${faults.url}/stall/request`, { timeoutMs: 150 }],
    ['connection_closed', () => faults.urls.closeAtAccept],
    ['connection_closed', () => `${faults.url}/length/long`],
    ['ssl_error', () => faults.urls.tls],
    ['ssl_error', () => faults.urls.tlsGarbage],
    ['too_many_redirects', () => `${faults.url}/redirect/loop`],
    ['invalid_url', () => 'file:///etc/hostname'],
    ['invalid_url', () => 'gopher://127.0.0.1/'],
    ['invalid_url', () => `${faults.url}/redirect/to?url=file:///etc/hostname`],
    ['protocol_error', () => `${faults.url}/chunked/bad-size`],
    ['response_too_large', () => `${faults.url}/body/size?bytes=50000`, { maxResponseBytes: 10_000 }],
  ];
  for (const [code, url, more] of failures) {
    it(`says ${code} for ${url.toString().replace('() => ', '')}`, async () => {
      const exchange = await engine.submitAsync(get(url(), more));
      assert.equal(exchange.error?.code, code, exchange.error?.message);
      assert.notEqual(exchange.error.message, '');
    });
  }

  it('refuses headers that would break out of their line', async () => {
    for (const header of [
      ['X-A', 'b\r\nX-Evil: 1'],
      ['X\nEvil', '1'],
      ['X-Nul', 'a\0b'],
    ] as [string, string][]) {
      const before = target.count();
      const exchange = await engine.submitAsync(get(target.url, { headers: [header] }));
      assert.equal(exchange.error?.code, 'invalid_url');
      assert.equal(target.count(), before);
    }
  });
});

describe('executeBatch', () => {
  it('keeps the order and the bound', async () => {
    const slow = await startTarget(20);
    const submissions = Array.from({ length: 30 }, (_, index) => get(`${slow.url}/${index}`));
    const exchanges = await engine.executeBatch(submissions, { concurrency: 4 });
    assert.deepEqual(
      exchanges.map((exchange) => new URL(exchange.request.url).pathname),
      submissions.map((_, index) => `/${index}`),
    );
    assert.equal(slow.highest(), 4);
    assert.equal(slow.count(), 30);
    await slow.close();
  });

  it('takes an empty batch and refuses a bound that is none', async () => {
    assert.deepEqual(await engine.executeBatch([]), []);
    for (const concurrency of [0, -1, 1.5, Number.NaN]) {
      await assert.rejects(
        engine.executeBatch([get(target.url)], { concurrency }),
        refusal((error) => assert.equal(error.code, 'bad_request')),
      );
    }
  });
});

describe('counts and cancel', () => {
  it('counts what waits, runs and has ended', async () => {
    const slow = await startTarget(60_000);
    const small = new Engine({ workers: 1, maxConcurrent: 2 });
    const exchanges: Exchange[] = [];
    const ids = [1, 2, 3, 4, 5].map(() =>
      small.submit(get(slow.url), (exchange) => exchanges.push(exchange)),
    );
    while (slow.count() < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(small.activeCount, 2);
    assert.equal(small.pendingCount, 3);
    assert.equal(small.totalProcessed, 0);
    for (const id of [...ids, ...ids, 999]) small.cancel(id);
    while (exchanges.length < 5) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual([small.activeCount, small.pendingCount], [0, 0]);
    assert.ok(exchanges.every((exchange) => exchange.error?.code === 'aborted'));
    assert.ok(slow.count() <= 5);
    await small.close();
    await slow.close();
  });
});

describe('close', () => {
  it('delivers every exchange and final tick first', async () => {
    const slow = await startTarget(60_000);
    const closing = new Engine({ workers: 2 });
    let finals = 0;
    const run = closing.startLoad(
      planOf(slow.url, concurrencyModel(3, 60_000), { gracePeriodMs: 60_000 }),
      (tick) => {
        if (!tick.final) return;
        finals++;
        assert.equal(tick.counters.aborted, 3);
      },
    );
    const pending = [1, 2, 3].map(() => closing.submitAsync(get(slow.url)));
    while (slow.count() < 6) await new Promise((resolve) => setTimeout(resolve, 5));
    let delivered = 0;
    for (const promise of pending) void promise.then(() => delivered++);
    await closing.close();
    assert.equal(finals, 1);
    assert.equal(delivered, 3);
    for (const exchange of await Promise.all(pending)) assert.equal(exchange.error?.code, 'aborted');
    assert.equal((await run.done).workers, 2);
    await slow.close();

    assert.throws(
      () => closing.submit(get(slow.url), () => undefined),
      refusal((e) => assert.equal(e.code, 'conflict')),
    );
    await assert.rejects(
      closing.submitAsync(get(slow.url)),
      refusal((error) => assert.match(error.message, /closed/)),
    );
    assert.throws(
      () => closing.startLoad({} as never, () => undefined),
      refusal((error) => assert.equal(error.code, 'conflict')),
    );
    assert.throws(
      () => run.update({ concurrency: 5 }),
      refusal((error) => assert.equal(error.code, 'conflict')),
    );
    run.stop();
    closing.cancel(1);
    await closing.close();
  });
});
