import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { encodeSpec, rejection } from './encoding.js';

const folder = mkdtempSync(path.join(tmpdir(), 'vayu-encoder-'));
after(() => {
  rmSync(folder, { recursive: true });
});
writeFileSync(path.join(folder, 'a.json'), '{"a":1}');
writeFileSync(path.join(folder, 'b.bin'), Buffer.from([0, 255, 1, 254]));

describe('bodies', () => {
  const json = (content: unknown) => ({ mode: 'json', content });
  const cases: [name: string, body: unknown, content: unknown, type: string | undefined][] = [
    ['text', 'plain', 'plain', 'text/plain'],
    ['nothing', { mode: 'none' }, undefined, undefined],
    ['an empty text', '', undefined, undefined],
    ['a JSON value', { a: [1, null] }, '{"a":[1,null]}', 'application/json'],
    ['json as value', json({ a: 1 }), '{"a":1}', 'application/json'],
    ['json as text', json('{ "a": 1 }'), '{ "a": 1 }', 'application/json'],
    ['text by mode', { mode: 'text', content: 'x' }, 'x', 'text/plain'],
    ['xml', { mode: 'xml', content: '<a/>' }, '<a/>', 'application/xml'],
    ['graphql as text', { mode: 'graphql', content: '{ me }' }, '{"query":"{ me }"}', 'application/json'],
    [
      'graphql with variables as text',
      { mode: 'graphql', content: { query: 'q', variables: '{"a":1}' } },
      '{"query":"q","variables":{"a":1}}',
      'application/json',
    ],
    [
      'graphql with empty variables',
      { mode: 'graphql', content: { query: 'q', variables: '' } },
      '{"query":"q"}',
      'application/json',
    ],
    [
      'a form',
      {
        mode: 'x-www-form-urlencoded',
        fields: [
          { key: 'a b', value: 'c&d' },
          { key: 'off', value: '1', enabled: false },
          { key: "e'", value: 5 },
        ],
      },
      'a+b=c%26d&e%27=5',
      'application/x-www-form-urlencoded',
    ],
    [
      'binary as base64',
      { mode: 'binary', content: 'AP8=' },
      new Uint8Array([0, 255]),
      'application/octet-stream',
    ],
    [
      'binary as file',
      { mode: 'binary', src: 'b.bin' },
      new Uint8Array([0, 255, 1, 254]),
      'application/octet-stream',
    ],
    [
      'a file with a known type',
      { mode: 'file', src: 'a.json' },
      new Uint8Array(Buffer.from('{"a":1}')),
      'application/json',
    ],
    ['a type of its own', { mode: 'text', content: 'x', contentType: 'text/csv' }, 'x', 'text/csv'],
  ];
  for (const [name, body, content, type] of cases) {
    it(`sends ${name}`, async () => {
      const { body: sent, headers } = await encodeSpec({ body }, { baseDir: folder });
      assert.deepEqual(sent, content);
      assert.equal(headers.find(([key]) => key === 'Content-Type')?.[1], type);
    });
  }

  it('leaves a Content-Type of the request alone', async () => {
    const { headers } = await encodeSpec({
      body: json(1),
      headers: { 'content-type': 'application/vnd.api+json' },
    });
    assert.deepEqual(headers, [['content-type', 'application/vnd.api+json']]);
  });

  it('sends form-data of text as text', async () => {
    const body = {
      mode: 'form-data',
      fields: [
        { key: 'a"b', value: 'ü' },
        { key: 'c', value: 'd', contentType: 'text/css' },
      ],
    };
    const { body: sent, headers } = await encodeSpec({ body }, { baseDir: folder });
    assert.equal(
      sent,
      '--BOUNDARY\r\nContent-Disposition: form-data; name="a%22b"\r\n\r\nü\r\n' +
        '--BOUNDARY\r\nContent-Disposition: form-data; name="c"\r\nContent-Type: text/css\r\n\r\nd\r\n--BOUNDARY--\r\n',
    );
    assert.deepEqual(headers, [['Content-Type', 'multipart/form-data; boundary=BOUNDARY']]);
  });

  it('sends form-data with files byte for byte', async () => {
    const fields = [
      { key: 't', value: '{{v}}' },
      { key: 'f', type: 'file', src: ['b.bin', 'a.json'] },
    ];
    const { body: sent } = await encodeSpec(
      { body: { mode: 'form-data', fields } },
      { baseDir: folder, variables: { local: { v: 'V' } } },
    );
    assert.ok(sent instanceof Uint8Array);
    const expected = Buffer.concat([
      Buffer.from('--BOUNDARY\r\nContent-Disposition: form-data; name="t"\r\n\r\nV\r\n'),
      Buffer.from(
        '--BOUNDARY\r\nContent-Disposition: form-data; name="f"; filename="b.bin"\r\nContent-Type: application/octet-stream\r\n\r\n',
      ),
      Buffer.from([0, 255, 1, 254]),
      Buffer.from(
        '\r\n--BOUNDARY\r\nContent-Disposition: form-data; name="f"; filename="a.json"\r\nContent-Type: application/json\r\n\r\n{"a":1}\r\n',
      ),
      Buffer.from('--BOUNDARY--\r\n'),
    ]);
    assert.deepEqual(Buffer.from(sent), expected);
  });

  it('names a file that is not there', async () => {
    const error = await rejection({
      body: { mode: 'form-data', fields: [{ key: 'f', type: 'file', src: 'no-such-file' }] },
    });
    assert.equal(error.code, 'bad_request');
    assert.match(
      error.message,
      /^body\.fields\[0\]\.src: expected the path of a readable file, got "no-such-file", a file that does not exist$/,
    );
    assert.match(
      (await rejection({ body: { mode: 'binary', src: '.' } }, { baseDir: folder })).message,
      /a directory/,
    );
  });

  it('refuses JSON nested too deeply to be written', async () => {
    let body: unknown = 1;
    for (let i = 0; i < 200_000; i++) body = [body];
    assert.equal((await rejection({ body })).code, 'bad_request');
  });
});
