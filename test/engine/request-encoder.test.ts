import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encode, encodeSpec, rejection } from './encoding.js';

describe('URLs', () => {
  const urls: [string, string][] = [
    ['http://h', 'http://h/'],
    ['HTTPS://H/Path?q=1#frag', 'https://h/Path?q=1'],
    ['h:8080/x', 'http://h:8080/x'],
    ['localhost:3000', 'http://localhost:3000/'],
    ['  example.com/a b ', 'http://example.com/a%20b'],
    ['http://[::1]:80/', 'http://[::1]/'],
    ['http://bücher.example/', 'http://xn--bcher-kva.example/'],
  ];
  for (const [given, sent] of urls) {
    it(`sends ${given} as ${sent}`, async () => {
      assert.equal((await encodeSpec({ url: given })).url, sent);
    });
  }

  const refused = [
    'file:///etc/hostname',
    'gopher://h/',
    'ftp://h/',
    'javascript:alert(1)',
    'data:text/plain,x',
    'ws://h/',
    'http://',
    'http://h:99999/',
    'http://a b/',
    '//',
  ];
  for (const url of refused) {
    it(`refuses ${url} as invalid_url`, async () => {
      const error = await rejection({ url });
      assert.equal(error.code, 'invalid_url');
      assert.ok(error.message.includes(JSON.stringify(url)), error.message);
    });
  }

  it('refuses a scheme that only shows once variables are resolved', async () => {
    const variables = { environment: { base: 'file:///etc' } };
    for (const postRequestScript of [undefined, 'pm.environment.set("x", 1)']) {
      const request = {
        url: '{{base}}/hostname',
        ...(postRequestScript === undefined ? {} : { postRequestScript }),
      };
      await assert.rejects(encode(request, { variables }), { code: 'invalid_url' });
    }
  });

  it('adds query parameters, encoded, before the fragment', async () => {
    const params = [{ key: 'q', value: 'a b&c' }, { key: 'off', value: '1', enabled: false }, { key: 'ü' }];
    assert.equal(
      (await encodeSpec({ url: 'http://h/p?x=1#f', params })).url,
      'http://h/p?x=1&q=a%20b%26c&%C3%BC=',
    );
    assert.equal((await encodeSpec({ url: 'http://h/p', params })).url, 'http://h/p?q=a%20b%26c&%C3%BC=');
  });

  it('turns userinfo into basic authentication and takes it out of the URL', async () => {
    const { url, headers } = await encodeSpec({ url: 'http://us%20er:p%3Aw@h/' });
    assert.equal(url, 'http://h/');
    assert.deepEqual(headers, [['Authorization', `Basic ${Buffer.from('us er:p:w').toString('base64')}`]]);
  });
});

describe('methods and headers', () => {
  it('defaults to GET, or POST where there is a body', async () => {
    assert.equal((await encodeSpec({})).method, 'GET');
    assert.equal((await encodeSpec({ body: 'x' })).method, 'POST');
    assert.equal((await encodeSpec({ method: 'delete', body: 'x' })).method, 'DELETE');
  });

  it('keeps order, leaves out rows that are not enabled, repeats arrays', async () => {
    const rows = [
      { key: 'B', value: 1 },
      { key: 'A', value: 'x', enabled: false },
      { key: 'C', value: 'y', disabled: true },
      { key: 'B', value: '2' },
    ];
    assert.deepEqual((await encodeSpec({ headers: rows })).headers, [
      ['B', '1'],
      ['B', '2'],
    ]);
    assert.deepEqual((await encodeSpec({ headers: { X: ['1', '2'], Y: true } })).headers, [
      ['X', '1'],
      ['X', '2'],
      ['Y', 'true'],
    ]);
  });

  it('refuses a line break that a variable brings into a header', async () => {
    await assert.rejects(
      encode({ headers: { A: '{{v}}' } }, { variables: { globals: { v: 'a\r\nInjected: 1' } } }),
      { code: 'bad_request' },
    );
  });
});

describe('variables', () => {
  const variables = {
    environment: { host: 'env.example', who: 'environment' },
    collection: { who: 'collection', only: 'c' },
    globals: { who: 'globals', global: 'g', nested: '{{only}}!', object: { a: 1 }, cycle: '{{cycle}}' },
  };

  it('are resolved nearest first, in every field, where no script can change them', async () => {
    const request = {
      url: 'http://{{host}}/{{who}}',
      headers: { '{{global}}': '{{nested}}' },
      body: { mode: 'json', content: { who: '{{who}}', object: '{{object}}' } },
      auth: { type: 'bearer', token: '{{only}}' },
      variables: { who: 'own' },
      tests: 'pm.test("a", () => pm.response.to.have.status(200));',
    };
    const { submission, warnings } = await encode(request, { variables });
    assert.equal(submission.request.url, 'http://env.example/own');
    assert.deepEqual(submission.request.headers, [
      ['g', 'c!'],
      ['Content-Type', 'application/json'],
      ['Authorization', 'Bearer c'],
    ]);
    assert.equal(submission.request.body, '{"who":"own","object":"{"a":1}"}');
    assert.deepEqual(warnings, []);
  });

  it('stay for the engine where a script may change them', async () => {
    const request = {
      url: 'http://{{host}}/{{later}}',
      headers: { A: '{{who}}' },
      preRequestScript: 'pm.environment.set("later", 1)',
    };
    const { submission, warnings } = await encode(request, { variables });
    assert.equal(submission.request.url, 'http://{{host}}/{{later}}');
    assert.deepEqual(submission.request.headers, [['A', '{{who}}']]);
    assert.deepEqual(warnings, []);
    assert.equal(submission.variables?.environment?.['who'], 'environment');
  });

  it('that are dynamic stay for the engine', async () => {
    const { submission, warnings } = await encode({ url: 'http://h/{{$guid}}', body: '{{$timestamp}}' });
    assert.equal(submission.request.url, 'http://h/{{$guid}}');
    assert.equal(submission.request.body, '{{$timestamp}}');
    assert.deepEqual(warnings, []);
  });

  it('that resolve to nothing stay as written and are reported once', async () => {
    const { submission, warnings } = await encode({ url: 'http://h/{{gone}}', headers: { A: '{{gone}}' } });
    assert.equal(submission.request.url, 'http://h/{{gone}}');
    assert.deepEqual(warnings, ['variable "gone" is not defined; {{gone}} was sent as written']);
  });

  it('that name themselves end somewhere', async () => {
    assert.equal(
      (await encodeSpec({ headers: { A: '{{cycle}}' } }, { variables })).headers[0]?.[1],
      '{{cycle}}',
    );
  });

  it('are encoded in forms and queries after they were resolved', async () => {
    const body = { mode: 'x-www-form-urlencoded', fields: [{ key: 'a', value: '{{v}}' }] };
    const { body: sent, url } = await encodeSpec(
      { body, params: [{ key: 'q', value: '{{v}}' }] },
      { variables: { local: { v: 'x&y=z' } } },
    );
    assert.equal(sent, 'a=x%26y%3Dz');
    assert.equal(url, 'http://h/?q=x%26y%3Dz');
  });
});

describe('scripts', () => {
  it('run from the outside in, the request last', async () => {
    const inheritedScripts = {
      preRequest: [{ name: 'outer', code: 'a' }],
      test: [
        { name: 'outer', code: 'b' },
        { name: 'inner', code: 'c' },
      ],
    };
    const { submission } = await encode({ preRequestScript: 'd', tests: ['e', 'f'] }, { inheritedScripts });
    assert.deepEqual(submission.scripts, {
      preRequest: [
        { name: 'outer', code: 'a' },
        { name: 'pre-request script', code: 'd' },
      ],
      test: [
        { name: 'outer', code: 'b' },
        { name: 'inner', code: 'c' },
        { name: 'test script', code: 'e\nf' },
      ],
    });
  });

  it('are left out where there are none', async () => {
    assert.equal((await encode({ tests: '  ' })).submission.scripts, undefined);
  });
});

describe('connection settings', () => {
  it('have the defaults of the interface', async () => {
    const { timeoutMs, followRedirects, maxRedirects } = await encodeSpec({});
    assert.deepEqual(
      { timeoutMs, followRedirects, maxRedirects },
      { timeoutMs: 30_000, followRedirects: true, maxRedirects: 10 },
    );
  });

  it('are handed over', async () => {
    const request = {
      timeout: '5s',
      connectTimeout: 100,
      followRedirects: false,
      maxRedirects: 2,
      insecure: true,
      proxy: { url: 'http://proxy:1', bypass: ['a', 'b'], username: 'u', password: 'p@' },
      noProxy: 'c',
      httpVersion: '2',
      clientCert: { cert: 'c', key: 'k', passphrase: 'p' },
      caFile: 'ca',
      resolve: { 'h:80': '127.0.0.1' },
      unixSocket: '/s',
      compressed: false,
      cookies: false,
      maxResponseSize: 5,
    };
    const { method: _m, url: _u, headers: _h, ...rest } = await encodeSpec(request);
    assert.deepEqual(rest, {
      timeoutMs: 5000,
      followRedirects: false,
      maxRedirects: 2,
      connectTimeoutMs: 100,
      insecure: true,
      proxy: 'http://u:p%40@proxy:1',
      noProxy: 'c,a,b',
      caFile: 'ca',
      clientCertFile: 'c',
      clientKeyFile: 'k',
      clientKeyPassword: 'p',
      httpVersion: '2',
      resolve: ['h:80:127.0.0.1'],
      unixSocket: '/s',
      compressed: false,
      cookies: false,
      maxResponseBytes: 5,
    });
  });

  it('take the defaults of the caller where a request says nothing', async () => {
    const defaults = { timeoutMs: 1, maxRedirects: 2, maxResponseBytes: 3 };
    const { timeoutMs, maxRedirects, maxResponseBytes } = await encodeSpec({}, { defaults });
    assert.deepEqual({ timeoutMs, maxRedirects, maxResponseBytes }, defaults);
    assert.equal((await encodeSpec({ timeout: 9 }, { defaults })).timeoutMs, 9);
  });
});
