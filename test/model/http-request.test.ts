import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseHttpRequest } from '../../lib/model/http-request.js';
import { VayuError } from '../../lib/model/errors.js';
import { problemsOf } from './problems.js';

const url = 'http://example.com/';

describe('a request', () => {
  it('is taken as users write it', () => {
    const requests: unknown[] = [
      { url },
      { url, method: 'PATCH', headers: { Accept: 'a', 'X-N': 5, Multi: ['1', '2'] } },
      { url, headers: [{ key: 'A', value: 'b', enabled: false }, { key: 'C' }] },
      { url, body: 'text' },
      { url, body: { any: ['json'] } },
      { url, body: [1, 2] },
      { url, body: { mode: 'dark', level: 3 } },
      { url, body: { mode: 'json', content: { a: 1 } } },
      { url, body: { mode: 'form-data', fields: [{ key: 'f', type: 'file', src: '/tmp/x' }] } },
      { url, body: { mode: 'urlencoded', fields: [{ key: 'a', value: 'b' }] } },
      { url, auth: { type: 'basic', username: 'u' } },
      { url, auth: { type: 'oauth2', tokenUrl: url, clientId: 'c', clientSecret: 's', scope: 'x' } },
      { url, auth: { type: 'awsv4', accessKey: 'a', secretKey: 'b', region: 'r', service: 's' } },
      {
        url,
        timeout: '30s',
        maxRedirects: 0,
        insecure: true,
        httpVersion: '2-prior-knowledge',
        compressed: false,
      },
      { url, proxy: { url: 'http://p:1', bypass: ['a', 'b'] }, noProxy: 'c' },
      { url, clientCert: { cert: 'c.pem', key: 'k.pem' }, caFile: 'ca.pem', unixSocket: '/s' },
      { url, resolve: ['a:80:127.0.0.1'] },
      { url, resolve: { 'a:443': '[::1]' } },
      { url, tests: ['pm.test("a", () => {', '});'], variables: { a: 1, b: { c: 2 } } },
      { requestId: 'req_1' },
    ];
    for (const request of requests) assert.deepEqual(parseHttpRequest(request), request);
  });

  it('answers every problem at once, with field, expectation, what it got and a way out', () => {
    const problems = problemsOf(() =>
      parseHttpRequest({
        heders: {},
        url: 3,
        timeout: 'soon',
        body: { mode: 'jsn', content: 1 },
        auth: { type: 'basic', user: 'u' },
      }),
    );
    assert.deepEqual([...problems.keys()].toSorted(), [
      'auth.user',
      'auth.username',
      'body.mode',
      'heders',
      'timeout',
      'url',
    ]);
    assert.deepEqual(problems.get('heders'), {
      field: 'heders',
      expected: 'a known field',
      actual: '"heders"',
      fix: 'Did you mean "headers"?',
    });
    assert.deepEqual(problems.get('url'), { field: 'url', expected: 'a string', actual: '3' });
    assert.equal(problems.get('body.mode')?.fix, 'Did you mean "json"?');
    assert.equal(problems.get('auth.user')?.fix, 'Did you mean "username"?');
    assert.equal(problems.get('timeout')?.actual, '"soon"');
  });

  it('has one message of the shape field, expected, actual, fix', () => {
    assert.throws(
      () => parseHttpRequest({ url, auth: { type: 'basik' } }),
      (error: unknown) => {
        assert.ok(error instanceof VayuError);
        assert.match(
          error.message,
          /^auth\.type: expected one of "none", .*"awsv4", got "basik"\. Did you mean "basic"\?$/,
        );
        return true;
      },
    );
  });

  it('refuses what cannot be sent', () => {
    const cases: [unknown, string][] = [
      [{}, 'url'],
      [{ url: '' }, 'url'],
      [5, ''],
      [{ url, method: 'GET X' }, 'method'],
      [{ url, headers: { 'bad name': 'x' } }, 'headers.bad name'],
      [{ url, headers: { A: 'x\r\nInjected: y' } }, 'headers.A'],
      [{ url, headers: [{ key: 'A', value: 'x\ny' }] }, 'headers[0].key'],
      [{ url, headers: { A: {} } }, 'headers.A'],
      [{ url, body: { mode: 'json' } }, 'body.content'],
      [{ url, body: { mode: 'form-data' } }, 'body.fields'],
      [{ url, body: { mode: 'binary' } }, 'body.src'],
      [{ url, body: { mode: 'form-data', fields: [{ key: 'f', type: 'file' }] } }, 'body.fields[0].src'],
      [{ url, auth: { type: 'oauth2' } }, 'auth.tokenUrl'],
      [{ url, auth: {} }, 'auth.type'],
      [{ url, timeout: -1 }, 'timeout'],
      [{ url, maxRedirects: 1.5 }, 'maxRedirects'],
      [{ url, httpVersion: '4' }, 'httpVersion'],
      [{ url, resolve: ['nonsense'] }, 'resolve[0]'],
      [{ url, proxy: 5 }, 'proxy'],
      [{ url, tests: 'a', postRequestScript: 'b' }, 'tests'],
      [{ url, tests: 5 }, 'tests'],
    ];
    for (const [request, field] of cases) {
      const problems = problemsOf(() => parseHttpRequest(request));
      assert.ok(problems.has(field), `${JSON.stringify(request)}: ${[...problems.keys()].join(', ')}`);
    }
  });

  it('lets a header with templates through that only its value can decide', () => {
    assert.doesNotThrow(() => parseHttpRequest({ url, headers: { '{{name}}': '{{value}}' } }));
  });

  it('survives JSON of any depth as body', () => {
    let body: unknown = 1;
    for (let i = 0; i < 100_000; i++) body = [body];
    assert.doesNotThrow(() => parseHttpRequest({ url, body }));
  });
});
