import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { runInNewContext } from 'node:vm';
import { signAws } from '../../lib/engine/aws-sigv4.js';
import { TokenSource } from '../../lib/engine/oauth2.js';
import { encodeRequest, type EncodeContext } from '../../lib/engine/request-encoder.js';
import type { Exchange, Submission } from '../../lib/engine/types.js';
import type { Auth, AwsV4, OAuth2 } from '../../lib/model/auth.js';

async function encode(auth: Auth, context: EncodeContext = {}, more: Record<string, unknown> = {}) {
  return encodeRequest({ url: 'http://h/', auth, ...more }, context);
}

async function authorization(auth: Auth, context: EncodeContext = {}): Promise<string | undefined> {
  const { submission } = await encode(auth, context);
  return submission.request.headers.find(([name]) => name === 'Authorization')?.[1];
}

describe('authentication', () => {
  it('basic, in UTF-8, with variables', async () => {
    const variables = { environment: { user: 'jürgen' } };
    const expected = `Basic ${Buffer.from('jürgen:p:w').toString('base64')}`;
    assert.equal(
      await authorization({ type: 'basic', username: '{{user}}', password: 'p:w' }, { variables }),
      expected,
    );
  });

  it('basic is left to a script of its own where scripts may change its variables', async () => {
    const more = { preRequestScript: 'pm.environment.set("user", "x")' };
    const { submission } = await encode({ type: 'basic', username: '{{user}}', password: 'p' }, {}, more);
    assert.deepEqual(submission.request.headers, []);
    const scripts = submission.scripts?.preRequest ?? [];
    assert.deepEqual(
      scripts.map((script) => script.name),
      ['pre-request script', 'basic authentication'],
    );
    // The script does what it says when it meets a `pm` that resolves the variable.
    const upserted: unknown[] = [];
    const pm = {
      variables: { replaceIn: (text: string) => text.replace('{{user}}', 'jürgen') },
      request: { headers: { upsert: (header: object) => upserted.push({ ...header }) } },
    };
    runInNewContext(scripts[1]?.code ?? '', { pm, btoa });
    assert.deepEqual(upserted, [
      { key: 'Authorization', value: `Basic ${Buffer.from('jürgen:p').toString('base64')}` },
    ]);
  });

  it('bearer, with a prefix of its own', async () => {
    assert.equal(await authorization({ type: 'bearer', token: 't' }), 'Bearer t');
    assert.equal(await authorization({ type: 'bearer', token: 't', prefix: 'Token' }), 'Token t');
  });

  it('apikey in a header or in the query', async () => {
    const header = await encode({ type: 'apikey', key: 'X-Key', value: 'v' });
    assert.deepEqual(header.submission.request.headers, [['X-Key', 'v']]);
    const query = await encode({ type: 'apikey', key: 'k y', value: 'v&', in: 'query' });
    assert.equal(query.submission.request.url, 'http://h/?k%20y=v%26');
  });

  it('digest and NTLM go to libcurl, variables resolved', async () => {
    const variables = { globals: { pw: 'secret' } };
    const digest = await encode({ type: 'digest', username: 'u', password: '{{pw}}' }, { variables });
    assert.deepEqual(digest.submission.request.auth, { type: 'digest', username: 'u', password: 'secret' });
    const ntlm = await encode({ type: 'ntlm', username: 'u', password: 'p', domain: 'D' });
    assert.deepEqual(ntlm.submission.request.auth, { type: 'ntlm', username: 'D\\u', password: 'p' });
    assert.deepEqual(ntlm.warnings, []);
    const umlaut = await encode({ type: 'ntlm', username: 'u', password: 'pässword' });
    assert.match(umlaut.warnings.join(), /NTLM.*ASCII/);
  });

  it('gives way to an Authorization header that the request has', async () => {
    const { submission } = await encode(
      { type: 'bearer', token: 't' },
      {},
      { headers: { authorization: 'mine' } },
    );
    assert.deepEqual(submission.request.headers, [['authorization', 'mine']]);
  });
});

function answer(status: number, body: unknown): Exchange {
  return {
    request: { method: 'POST', url: '', headers: [], body: new Uint8Array() },
    response: {
      status,
      statusText: '',
      httpVersion: '1.1',
      headers: [],
      body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
      bodyCut: false,
      headerBytes: 0,
      bodyBytes: 0,
      remoteAddress: '',
      redirects: 0,
      effectiveUrl: '',
    },
    timing: { totalMs: 0, dnsMs: 0, connectMs: 0, tlsMs: 0, firstByteMs: 0, downloadMs: 0 },
    secrets: [],
    startedAt: 0,
    tests: [],
    console: [],
    changedVariables: {},
    warnings: [],
    execution: { skipped: false },
  };
}

describe('OAuth 2', () => {
  const auth: OAuth2 = {
    type: 'oauth2',
    tokenUrl: 'http://id/token',
    clientId: 'c d',
    clientSecret: 's',
    scope: 'a b',
  };

  function source(answers: Exchange[], clock: { now: number } = { now: 0 }) {
    const sent: Submission[] = [];
    const tokens = new TokenSource(
      (submission) => {
        sent.push(submission);
        const next = answers.shift();
        assert.ok(next !== undefined, 'no more tokens were expected to be fetched');
        return Promise.resolve(next);
      },
      () => clock.now,
    );
    return { tokens, sent };
  }

  it('client credentials: asks with a form and basic authentication, sends the token', async () => {
    const { tokens, sent } = source([answer(200, { access_token: 'T', expires_in: 3600 })]);
    assert.equal(await authorization(auth, { tokens }), 'Bearer T');
    assert.equal(sent[0]?.request.url, 'http://id/token');
    assert.equal(sent[0].request.body, 'grant_type=client_credentials&scope=a+b');
    assert.deepEqual(sent[0].request.headers.at(-1), [
      'Authorization',
      `Basic ${Buffer.from('c+d:s').toString('base64')}`,
    ]);
  });

  it('password: with the client in the body', async () => {
    const { tokens, sent } = source([answer(200, { access_token: 'T' })]);
    await authorization(
      { ...auth, grantType: 'password', username: 'u', password: 'p', clientAuthentication: 'body' },
      { tokens },
    );
    assert.equal(
      sent[0]?.request.body,
      'grant_type=password&username=u&password=p&scope=a+b&client_id=c+d&client_secret=s',
    );
    assert.equal(
      sent[0].request.headers.some(([name]) => name === 'Authorization'),
      false,
    );
  });

  it('keeps a token until a minute before its end, then fetches another', async () => {
    const clock = { now: 0 };
    const { tokens, sent } = source(
      [
        answer(200, { access_token: 'A', expires_in: 3600 }),
        answer(200, { access_token: 'B', expires_in: '10' }),
      ],
      clock,
    );
    assert.equal(await authorization(auth, { tokens }), 'Bearer A');
    clock.now = 3_539_999;
    assert.equal(await authorization(auth, { tokens }), 'Bearer A');
    assert.equal(sent.length, 1);
    clock.now = 3_540_001;
    assert.equal(await authorization(auth, { tokens }), 'Bearer B');
    assert.equal(sent.length, 2);
  });

  it('fetches once for callers that ask together, and per set of credentials', async () => {
    const { tokens, sent } = source([answer(200, { access_token: 'A' }), answer(200, { access_token: 'B' })]);
    const [one, two, other] = await Promise.all([
      tokens.get(auth),
      tokens.get(auth),
      tokens.get({ ...auth, scope: 'z' }),
    ]);
    assert.deepEqual([one.value, two.value, other.value], ['A', 'A', 'B']);
    assert.equal(sent.length, 2);
  });

  it('tells how to renew the header of a long run', async () => {
    const clock = { now: 0 };
    const { tokens } = source(
      [
        answer(200, { access_token: 'A', expires_in: 100 }),
        answer(200, { access_token: 'B', expires_in: 100 }),
      ],
      clock,
    );
    const { renewal } = await encode(auth, { tokens });
    assert.equal(renewal?.renewAt, 90_000);
    clock.now = 90_000;
    assert.deepEqual(await renewal.renew(), {
      credentials: { headers: [['Authorization', 'Bearer B']], query: [] },
      renewAt: 180_000,
    });
  });

  it('puts the token into the query where it is asked to', async () => {
    const { tokens } = source([answer(200, { access_token: 'A' })]);
    const { submission } = await encode({ ...auth, addTokenTo: 'query' }, { tokens });
    assert.equal(submission.request.url, 'http://h/?access_token=A');
  });

  it('uses a token that is given', async () => {
    const { tokens } = source([]);
    assert.equal(
      await authorization({ type: 'oauth2', accessToken: 'G', headerPrefix: 'Token' }, { tokens }),
      'Token G',
    );
  });

  const failures: [string, Exchange, RegExp][] = [
    [
      'a refusal',
      answer(401, { error: 'invalid_client', error_description: 'no' }),
      /http:\/\/id\/token: status 401 \(invalid_client, no\)/,
    ],
    ['an answer without token', answer(200, {}), /without "access_token"/],
    ['an answer that is no JSON', answer(200, '<html>'), /without "access_token"/],
    ['no answer', { ...answer(0, ''), error: { code: 'timeout', message: 'too late' } }, /timeout, too late/],
  ];
  for (const [name, exchange, says] of failures) {
    it(`says what was wrong with ${name}, and asks again the next time`, async () => {
      const { tokens } = source([exchange, answer(200, { access_token: 'A' })]);
      await assert.rejects(encode(auth, { tokens }), (error: { code: string; message: string }) => {
        assert.equal(error.code, 'auth_failed');
        assert.match(error.message, says);
        return true;
      });
      assert.equal(await authorization(auth, { tokens }), 'Bearer A');
    });
  }
});

describe('AWS Signature Version 4, against the published test suite', () => {
  const auth: AwsV4 = {
    type: 'awsv4',
    accessKey: 'AKIDEXAMPLE',
    secretKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
    region: 'us-east-1',
    service: 'service',
  };
  const now = new Date('2015-08-30T12:36:00Z');
  const host = 'https://example.amazonaws.com';
  const vectors: [name: string, method: string, url: string, signature: string][] = [
    ['get-vanilla', 'GET', `${host}/`, '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'get-vanilla-query-order-key-case',
      'GET',
      `${host}/?Param2=value2&Param1=value1`,
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    ['post-vanilla', 'POST', `${host}/`, '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b'],
  ];
  for (const [name, method, url, signature] of vectors) {
    it(name, () => {
      const headers = signAws({ method, url, headers: [], body: '' }, auth, now);
      assert.equal(
        headers.at(-1)?.[1],
        `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=${signature}`,
      );
    });
  }

  it('signs the documented ListUsers request', () => {
    const request = {
      method: 'GET',
      url: 'https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08',
      headers: [['Content-Type', 'application/x-www-form-urlencoded; charset=utf-8']] as [string, string][],
      body: '',
    };
    const signature = signAws(request, { ...auth, service: 'iam' }, now).at(-1)?.[1];
    assert.ok(
      signature?.endsWith('Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7'),
      signature,
    );
  });

  it('is added to an encoded request, and made anew for long runs', async () => {
    let at = now.getTime();
    const { submission, renewal } = await encode(auth, { now: () => at }, { url: `${host}/` });
    const first = submission.request.headers.find(([name]) => name === 'Authorization')?.[1];
    assert.match(first ?? '', /Signature=5fa00fa3/);
    assert.equal(renewal?.renewAt, at + 240_000);
    at += 240_000;
    const next = await renewal.renew();
    const headers = next.credentials.headers ?? [];
    assert.deepEqual(
      headers.map(([name]) => name),
      ['X-Amz-Date', 'Authorization'],
    );
    assert.notEqual(headers[1]?.[1], first);
  });

  it('is not made up for a URL that is not known yet', async () => {
    const { submission, warnings } = await encode(auth, {}, { url: `${host}/{{$guid}}` });
    assert.deepEqual(submission.request.headers, []);
    assert.match(warnings[0] ?? '', /sent unsigned/);
  });
});
