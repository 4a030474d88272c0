import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { Engine } from '../../lib/engine/engine.js';
import { startFaultServer, type FaultServer } from '../support/fault-server.js';
import { startNginx, type Nginx } from '../support/nginx.js';
import { assertBalanced, concurrencyModel, get, planOf } from './support.js';
import type { Tick } from '../../lib/engine/types.js';

let nginx: Nginx;
let faults: FaultServer;
let engine: Engine;
before(async () => {
  nginx = await startNginx({ accessLog: true });
  faults = await startFaultServer();
  engine = new Engine({ workers: 1, caFile: nginx.caFile });
});
after(async () => {
  await engine.close();
  await nginx.stop();
  await faults.close();
});

describe('the TLS library', () => {
  it("is the one the addon was built with, not Node's", () => {
    const { tls, tlsBuilt } = Engine.versions();
    assert.match(tls, /^OpenSSL\/\d/);
    assert.equal(tls, tlsBuilt);
  });

  it(
    'is mapped into this process beside Node, which brings its own',
    { skip: process.platform !== 'linux' },
    () => {
      // Where libcurl is linked dynamically its libssl has to be there, since Node has it inside its own executable.
      const maps = readFileSync('/proc/self/maps', 'utf8');
      if (maps.includes('libcurl')) assert.match(maps, /libssl\.so/);
      assert.ok(readdirSync('/proc/self/task').length >= 1);
    },
  );

  it('is the version that the system names', () => {
    if (!readFileSync('/proc/self/maps', 'utf8').includes('libssl.so')) return;
    const version = execFileSync('openssl', ['version'], { encoding: 'utf8' }).split(' ')[1];
    assert.equal(Engine.versions().tls, `OpenSSL/${version}`);
  });
});

describe('HTTPS', () => {
  it('works with a private authority, over HTTP/2 by ALPN', async () => {
    const { response, error, timing } = await engine.submitAsync(get(`${nginx.tlsUrl}/json?by=alpn`));
    assert.equal(error, undefined);
    assert.equal(response?.status, 200);
    assert.equal(response.httpVersion, '2');
    assert.equal(response.body.length, 1024);
    assert.ok(timing.tlsMs > 0);
    const [line] = await nginx.accessLog('by=alpn', 1);
    assert.match(line ?? '', /HTTP\/2/);
  });

  it('speaks HTTP/1.1 when asked to', async () => {
    const { response } = await engine.submitAsync(get(`${nginx.tlsUrl}/`, { httpVersion: '1.1' }));
    assert.equal(response?.httpVersion, '1.1');
  });

  const refused: [what: string, url: () => string, caFile: () => string][] = [
    ['a certificate for another name', () => faults.urls.tlsWrongHost, () => faults.caFile],
    ['an expired certificate', () => faults.urls.tlsExpired, () => faults.caFile],
    ['an authority that nobody trusts', () => faults.urls.tlsUntrusted, () => faults.caFile],
    ['an authority of another server', () => nginx.tlsUrl, () => faults.caFile],
  ];
  for (const [what, url, caFile] of refused) {
    it(`refuses ${what}, unless told to be insecure`, async () => {
      const request = { caFile: caFile() };
      const strict = await engine.submitAsync(get(`${url()}/ok`, request));
      assert.equal(strict.error?.code, 'ssl_error', strict.error?.message);
      assert.equal(strict.response, undefined);
      const lax = await engine.submitAsync(get(`${url()}/ok`, { ...request, insecure: true }));
      assert.equal(lax.error, undefined);
      // The next strict one is not served by the connection that the lax one left.
      const again = await engine.submitAsync(get(`${url()}/ok`, request));
      assert.equal(again.error?.code, 'ssl_error');
    });
  }

  it('shares connections between requests of a load run over HTTP/2', async () => {
    let last: Tick | undefined;
    const plan = planOf(`${nginx.tlsUrl}/json?by=streams`, concurrencyModel(8, Infinity, 400), {
      streamsPerConnection: 4,
    });
    plan.submission = get(plan.submission.request.url, { httpVersion: '2' });
    const { transport, transportReason } = await engine.startLoad(plan, (tick) => (last = tick)).done;
    assert.equal(transport, 'wire', transportReason);
    assert.ok(last);
    assertBalanced(last.counters);
    assert.equal(last.counters.succeeded, 400, JSON.stringify(last.failures));
    assert.equal(last.counters.connectionsOpened, 2);
    assert.equal(last.counters.connectionsReused, 398);
    const lines = await nginx.accessLog('by=streams', 400);
    assert.equal(lines.length, 400);
    assert.ok(lines.every((line) => line.includes('HTTP/2')));
  });

  for (const transport of ['curl', 'wire'] as const) {
    it(`carries a load run on the ${transport} transport`, async () => {
      let last: Tick | undefined;
      const url = `${nginx.tlsUrl}/json?by=${transport}`;
      const plan = planOf(url, concurrencyModel(8, Infinity, 400), { transport });
      plan.submission = get(plan.submission.request.url, {
        httpVersion: transport === 'wire' ? '1.1' : 'auto',
      });
      await engine.startLoad(plan, (tick) => (last = tick)).done;
      assert.ok(last);
      assertBalanced(last.counters);
      assert.equal(last.counters.succeeded, 400, JSON.stringify(last.failures));
      assert.ok(last.counters.connectionsOpened <= 8);
      const lines = await nginx.accessLog(`by=${transport}`, 400);
      assert.equal(lines.length, 400);
      assert.ok(lines.every((line) => line.includes(transport === 'wire' ? 'HTTP/1.1' : 'HTTP/2')));
    });
  }
});
