import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { startDigestServer, startNtlmServer } from '../support/challenge-server.js';
import { md4 } from '../support/md4.js';
import { startNginx, type Nginx } from '../support/nginx.js';
import { openHarness, type Harness } from './harness.js';

let harness: Harness;
before(() => {
  harness = openHarness();
});
after(() => harness.close());

const known = { username: 'Ann', password: 'pass word:7', domain: 'REALM' };
const servers = {
  ntlm: { start: startNtlmServer, auth: { type: 'ntlm', ...known }, user: 'REALM\\Ann' },
  digest: {
    start: startDigestServer,
    auth: { type: 'digest', username: known.username, password: known.password },
    user: 'Ann',
  },
} as const;

it('MD4 of the tests is MD4', () => {
  assert.equal(md4(Buffer.from('')).toString('hex'), '31d6cfe0d16ae931b73c59d7e0c089c0');
  assert.equal(md4(Buffer.from('message digest')).toString('hex'), 'd9130a8164549fe818874806e1c7014b');
  assert.equal(md4(Buffer.from('1234567890'.repeat(8))).toString('hex'), 'e33b4ddc9c38f2199c3e7b164fcc0536');
});

for (const [name, { start, auth, user }] of Object.entries(servers)) {
  describe(`${name} authentication`, () => {
    const started = async (t: TestContext) => {
      const server = await start(known);
      t.after(() => server.close());
      return server;
    };

    it('of one request answers the challenge', async (t) => {
      const server = await started(t);
      const result = await harness.manager.execute({ url: server.url, auth });
      assert.equal(result.status, 200);
      assert.equal(result.body, 'welcome');
      assert.deepEqual([...server.users], [user]);
      assert.equal(server.counts.refused, 0);
    });

    it('with a wrong password is refused', async (t) => {
      const server = await started(t);
      const result = await harness.manager.execute({ url: server.url, auth: { ...auth, password: 'no' } });
      assert.equal(result.status, 401);
      assert.equal(server.counts.ok, 0);
    });

    it('of a load run lets every request in', async (t) => {
      const server = await started(t);
      const report = await harness.start({
        request: { url: server.url, auth },
        mode: 'iterations',
        iterations: 200,
        concurrency: 5,
      }).done;
      assert.deepEqual(report.statusCodes, { 200: 200 });
      assert.equal(server.counts.ok, 200);
      assert.deepEqual([...server.users], [user]);
    });
  });
}

describe('client certificates', () => {
  let nginx: Nginx;
  before(async () => {
    nginx = await startNginx({
      server:
        'ssl_client_certificate tls/ca.pem; ssl_verify_client on; location = /who { return 200 $ssl_client_s_dn; }',
    });
  });
  after(() => nginx.stop());
  const request = () => ({ url: `${nginx.tlsUrl}/who`, caFile: nginx.caFile });
  const own = () => {
    const { certFile, keyFile } = nginx.certificates!.client;
    return { cert: certFile, key: keyFile };
  };

  it('are shown to a server that asks for one', async () => {
    const result = await harness.manager.execute({ ...request(), clientCert: own() });
    assert.equal(result.status, 200);
    assert.match(String(result.body), /CN=client/);
  });

  it('that are missing or another authority’s are refused by the server', async () => {
    assert.equal((await harness.manager.execute(request())).status, 400);
    const { certFile, keyFile } = nginx.certificates!.untrusted;
    const other = { cert: certFile, key: keyFile };
    assert.equal((await harness.manager.execute({ ...request(), clientCert: other })).status, 400);
  });

  it('that cannot be read fail before anything is sent', async () => {
    const cert = path.join(nginx.directory, 'none.pem');
    await assert.rejects(harness.manager.execute({ ...request(), clientCert: { cert } }), {
      code: 'ssl_error',
    });
  });

  it('are shown by every connection of a load run, over HTTP/1.1 and HTTP/2', async () => {
    for (const httpVersion of ['1.1', '2']) {
      const report = await harness.start({
        request: { ...request(), clientCert: own(), httpVersion },
        mode: 'iterations',
        iterations: 200,
        concurrency: 5,
      }).done;
      assert.deepEqual(report.statusCodes, { 200: 200 }, httpVersion);
    }
  });
});
