import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Engine } from '../../lib/engine/engine.js';
import type { PartialRequest } from '../../lib/model/http-request.js';
import { startNginx, type Nginx } from '../support/nginx.js';
import { openHarness, startTarget, type Harness, type Target } from './harness.js';

let harness: Harness;
let target: Target;
let other: Target;
let nginx: Nginx;
const folder = mkdtempSync(path.join(tmpdir(), 'vayu-connection-'));
before(async () => {
  harness = openHarness();
  other = await startTarget();
  target = await startTarget({
    '/redirect': (_request, response) => response.writeHead(302, { Location: '/echo' }).end(),
    '/redirect-kept': (_request, response) => response.writeHead(307, { Location: '/echo' }).end(),
    '/redirect-away': (_request, response) =>
      response.writeHead(302, { Location: `${other.url.replace('127.0.0.1', 'localhost')}/echo` }).end(),
    '/loop': (_request, response) => response.writeHead(302, { Location: '/loop' }).end(),
    '/zipped': (request, response) => response.end(request.headers['accept-encoding'] ?? 'none'),
  });
  nginx = await startNginx({ h2c: true });
});
after(async () => {
  await harness.close();
  await Promise.all([target.close(), other.close(), nginx.stop()]);
  rmSync(folder, { recursive: true });
});

interface Echo {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

const execute = (request: PartialRequest) => harness.manager.execute(request);
const echo = async (request: PartialRequest): Promise<Echo> => (await execute(request)).body as Echo;

describe('TLS', () => {
  it('trusts the authority that is given, or anyone where it is told to, and nobody else', async () => {
    await assert.rejects(execute({ url: nginx.tlsUrl }), { code: 'ssl_error' });
    assert.equal((await execute({ url: nginx.tlsUrl, caFile: nginx.caFile })).status, 200);
    assert.equal(
      (await execute({ url: nginx.tlsUrl, caFile: '{{ca}}', variables: { ca: nginx.caFile } })).status,
      200,
    );
    assert.equal((await execute({ url: nginx.tlsUrl, insecure: true })).status, 200);
  });

  it('speaks the version of HTTP that is asked for', async () => {
    const version = async (url: string, httpVersion: PartialRequest['httpVersion']) =>
      (await execute({ url, caFile: nginx.caFile, ...(httpVersion && { httpVersion }) })).httpVersion;
    assert.equal(await version(nginx.tlsUrl, 'auto'), '2');
    assert.equal(await version(nginx.tlsUrl, '1.1'), '1.1');
    assert.equal(await version(nginx.h2cUrl, '2-prior-knowledge'), '2');
    assert.equal(await version(nginx.url, undefined), '1.1');
  });

  it('says so where HTTP/3 is not built in', async (t) => {
    if (Engine.versions().http3) {
      t.skip('this libcurl has HTTP/3');
      return;
    }
    await assert.rejects(execute({ url: nginx.tlsUrl, caFile: nginx.caFile, httpVersion: '3' }), /HTTP\/3/);
  });
});

describe('where a connection goes', () => {
  it('to the address that replaces DNS', async () => {
    const { port } = new URL(target.url);
    const sent = await echo({
      url: `http://some.host.invalid:${port}/echo`,
      resolve: { [`some.host.invalid:${port}`]: '127.0.0.1' },
    });
    assert.equal(sent.headers['host'], `some.host.invalid:${port}`);
  });

  it('to a Unix socket', async () => {
    const socket = path.join(folder, 'socket');
    const server = http.createServer((_request, response) => response.end('by socket'));
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    assert.equal((await execute({ url: 'http://any.invalid/', unixSocket: socket })).body, 'by socket');
    server.close();
    server.closeAllConnections();
  });

  it('to a proxy, but for the hosts on its list', async () => {
    const asked: string[] = [];
    const proxy = http.createServer((request, response) => {
      asked.push(`${request.url} ${request.headers['proxy-authorization'] ?? ''}`);
      response.end('by proxy');
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    assert.equal((await execute({ url: 'http://elsewhere.invalid/x', proxy: url })).body, 'by proxy');
    assert.equal(
      (await execute({ url: 'http://elsewhere.invalid/y', proxy: { url, username: 'u', password: 'p' } }))
        .body,
      'by proxy',
    );
    assert.equal(
      (await execute({ url: target.url, proxy: { url, bypass: ['127.0.0.1', 'other'] } })).body,
      'ok',
    );
    assert.deepEqual(asked, [
      'http://elsewhere.invalid/x ',
      `http://elsewhere.invalid/y Basic ${Buffer.from('u:p').toString('base64')}`,
    ]);
    proxy.close();
    proxy.closeAllConnections();
  });
});

describe('redirects', () => {
  const post = { method: 'POST', body: 'b' };

  it('are followed by the rules of their status', async () => {
    const found = await echo({ url: `${target.url}/redirect`, ...post });
    assert.deepEqual([found.method, found.body], ['GET', '']);
    const kept = await echo({ url: `${target.url}/redirect-kept`, ...post });
    assert.deepEqual([kept.method, kept.body], ['POST', 'b']);
  });

  it('are not followed where that is not wanted, nor for ever', async () => {
    const result = await execute({ url: `${target.url}/redirect`, followRedirects: false });
    assert.deepEqual([result.status, result.headers['location']], [302, '/echo']);
    await assert.rejects(execute({ url: `${target.url}/loop`, maxRedirects: 3 }), {
      code: 'too_many_redirects',
    });
  });

  it('take no credentials to another host', async () => {
    const auth = { type: 'bearer' as const, token: 'secret' };
    assert.equal(
      (await echo({ url: `${target.url}/redirect`, auth })).headers['authorization'],
      'Bearer secret',
    );
    const away = await execute({ url: `${target.url}/redirect-away`, auth, headers: { Cookie: 'sid=1' } });
    assert.equal((away.body as Echo).headers['authorization'], undefined);
    assert.equal((away.body as Echo).headers['cookie'], undefined);
    assert.match(away.effectiveUrl, /localhost/);
  });
});

describe('variables', () => {
  it('that are dynamic reach authentication and forms', async () => {
    const basic = await echo({
      url: `${target.url}/echo`,
      auth: { type: 'basic', username: '{{$timestamp}}', password: 'p' },
    });
    const [scheme, encoded = ''] = (basic.headers['authorization'] ?? '').split(' ');
    assert.equal(scheme, 'Basic');
    assert.match(Buffer.from(encoded, 'base64').toString(), /^\d{10}:p$/);
    const form = await echo({
      url: `${target.url}/echo`,
      body: { mode: 'x-www-form-urlencoded', fields: [{ key: 'id', value: '{{$guid}}' }] },
    });
    assert.match(form.body, /^id=[0-9a-f-]{36}$/);
    const multipart = await echo({
      url: `${target.url}/echo`,
      body: {
        mode: 'form-data',
        fields: [
          { key: 'id', value: '{{$timestamp}}' },
          { key: 'f', src: 'package.json', type: 'file' },
        ],
      },
    });
    assert.match(multipart.body, /name="id"\r\n\r\n\d{10}\r\n/);
  });
});

describe('compression', () => {
  it('is asked for unless it is not wanted', async () => {
    assert.match((await execute({ url: `${target.url}/zipped` })).bodyRaw ?? '', /gzip/);
    assert.equal((await execute({ url: `${target.url}/zipped`, compressed: false })).body, 'none');
  });
});
