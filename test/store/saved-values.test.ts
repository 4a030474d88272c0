import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decidesAuth, toRequestAuth } from '../../lib/model/resources-auth.js';
import { mergeVariables, plainVariables, secretNames } from '../../lib/model/resources-variables.js';

test('variables are read from plain values and from entries', () => {
  const saved = {
    plain: 'a',
    object: { value: 1, other: 2 },
    entry: { value: 'b', enabled: true },
    off: { value: 'c', enabled: false },
    number: { value: '12', type: 'number' },
    flag: { value: 'false', type: 'boolean' },
    hidden: { value: 's', secret: true },
  };
  assert.deepEqual(plainVariables(saved), {
    plain: 'a',
    object: { value: 1, other: 2 },
    entry: 'b',
    number: 12,
    flag: false,
    hidden: 's',
  });
  assert.deepEqual(secretNames(saved), ['hidden']);
});

test('what scripts changed is merged without losing what entries have', () => {
  const saved = {
    kept: { value: '1', enabled: true, secret: true },
    gone: { value: '2', enabled: true },
    off: { value: '3', enabled: false },
  };
  assert.deepEqual(mergeVariables(saved, { kept: 'new', fresh: { a: 1 } }), {
    kept: { value: 'new', enabled: true, secret: true },
    off: { value: '3', enabled: false },
    fresh: { value: '{"a":1}', enabled: true },
  });
  assert.deepEqual(mergeVariables({ a: 1 }, { a: 2, b: [3] }), { a: 2, b: [3] });
});

test('saved authentication is read in either spelling', () => {
  assert.deepEqual(toRequestAuth({ mode: 'bearer', token: 't' }), { type: 'bearer', token: 't' });
  assert.deepEqual(toRequestAuth({ mode: 'noauth' }), { type: 'none' });
  assert.deepEqual(toRequestAuth({ mode: 'digest', config: { username: 'u', password: 'p' } }), {
    type: 'digest',
    username: 'u',
    password: 'p',
  });
  assert.deepEqual(
    toRequestAuth({
      mode: 'oauth2',
      config: {
        grantType: 'client_credentials',
        accessTokenUrl: 'http://127.0.0.1/token',
        clientId: 'c',
        clientSecret: '',
        credentialsPlacement: 'basic_auth_header',
        tokenPlacement: 'header',
        pkce: true,
        autoFetchToken: true,
      },
    }),
    {
      type: 'oauth2',
      grantType: 'client_credentials',
      tokenUrl: 'http://127.0.0.1/token',
      clientId: 'c',
      clientAuthentication: 'header',
      addTokenTo: 'header',
    },
  );
});

test('`none` on a collection leaves the question to the one above, `noauth` answers it', () => {
  assert.equal(decidesAuth(null), false);
  assert.equal(decidesAuth({ mode: 'none' }), false);
  assert.equal(decidesAuth({ mode: 'noauth' }), true);
  assert.equal(decidesAuth({ type: 'basic', username: 'u' }), true);
});
