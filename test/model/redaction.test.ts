import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Redactor, secretsOfAuth } from '../../lib/model/redaction.js';

describe('redaction', () => {
  const redactor = new Redactor(['s3cret value'], ['X-Custom']);

  it('masks headers that carry credentials and keeps the rest', () => {
    assert.deepEqual(
      redactor.headers([
        ['Authorization', 'Bearer abc.def'],
        ['authorization', 'nonsense'],
        ['Cookie', 'a=b; c=d'],
        ['Set-Cookie', 'sid=123; Path=/'],
        ['X-Api-Key', 'k'],
        ['X-Custom', 'v'],
        ['Accept', 'text/html'],
        ['X-Echo', 'has s3cret value inside'],
        ['Authorization', '{{token}}'],
      ]),
      [
        ['Authorization', 'Bearer ***'],
        ['authorization', '***'],
        ['Cookie', '***'],
        ['Set-Cookie', 'sid=***'],
        ['X-Api-Key', '***'],
        ['X-Custom', '***'],
        ['Accept', 'text/html'],
        ['X-Echo', 'has *** inside'],
        ['Authorization', '{{token}}'],
      ],
    );
  });

  it('masks URLs: passwords, parameters that carry credentials, known values', () => {
    assert.equal(
      redactor.url('http://u:p@h/x?a=1&access_token=t&api_key=k#f'),
      'http://u:***@h/x?a=1&access_token=***&api_key=***#f',
    );
    assert.equal(redactor.url('http://h/?q=s3cret%20value'), 'http://h/?q=***');
    assert.equal(redactor.url('http://h/?token={{t}}'), 'http://h/?token={{t}}');
    assert.equal(redactor.url('http://h/path@x?mail=a@b'), 'http://h/path@x?mail=a@b');
  });

  it('masks what an authentication knows, not who it is', () => {
    assert.deepEqual(redactor.auth({ type: 'basic', username: 'u', password: 'p' }), {
      type: 'basic',
      username: 'u',
      password: '***',
    });
    assert.deepEqual(redactor.auth({ type: 'bearer', token: '{{token}}' }), {
      type: 'bearer',
      token: '{{token}}',
    });
    assert.deepEqual(redactor.auth({ type: 'oauth2', config: { clientId: 'c', clientSecret: 's' } }), {
      type: 'oauth2',
      config: { clientId: 'c', clientSecret: '***' },
    });
    assert.deepEqual(secretsOfAuth({ type: 'awsv4', accessKey: 'a', secretKey: 'b', region: 'r' }), [
      'a',
      'b',
    ]);
  });

  it('masks a request as a user wrote it', () => {
    const masked = redactor.request({
      url: 'http://u:p@h/',
      headers: [{ key: 'Cookie', value: 'a=b' }],
      proxy: { url: 'http://x:y@p:1', password: 'z' },
      body: { mode: 'json', content: { deep: 's3cret value' } },
      variables: { password: 'x', city: 'Rome' },
    });
    assert.deepEqual(masked, {
      url: 'http://u:***@h/',
      headers: [{ key: 'Cookie', value: '***' }],
      proxy: { url: 'http://x:***@p:1', password: '***' },
      body: { mode: 'json', content: { deep: '***' } },
      variables: { password: '***', city: 'Rome' },
    });
  });

  it('does not search text for secrets too short to mean anything', () => {
    assert.equal(new Redactor(['ab']).text('abc'), 'abc');
  });
});
