import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { describeFileFault, parseJson, readJsonInput } from '../../lib/cli/input/files.js';
import { locateJsonFault } from '../../lib/model/json-position.js';
import { buildLoadInput } from '../../lib/cli/input/load-input.js';
import { readRequestTexts } from '../../lib/cli/input/read-request.js';
import { applyRequestOptions, variablesOf } from '../../lib/cli/input/request-input.js';
import { requestOf } from '../../lib/cli/input/request-document.js';
import { classifyTarget } from '../../lib/cli/input/target.js';
import type { LoadOptions } from '../../lib/cli/options/load-options.js';
import type { RequestOptions } from '../../lib/cli/options/request-options.js';
import { parseRunConfig } from '../../lib/model/run-config.js';

const noOptions: RequestOptions = { redirects: true, compressed: true, keepalive: true };
const url = 'http://127.0.0.1:1/';

test('a JSON fault is found with line, column and what was expected', () => {
  const cases: [string, number, number, RegExp][] = [
    ['{"a":1,}', 1, 8, /a comma before "}" is not allowed/],
    ['{\n  "a": 1\n  "b": 2\n}', 3, 3, /expected "," or "}"/],
    ['{"a" 1}', 1, 6, /expected ":" after the name, got "1"/],
    ['{a:1}', 1, 2, /expected a name in double quotes, got "a"/],
    ['{"a":True}', 1, 6, /expected a value, got "True"/],
    ['{"a":01}', 1, 6, /expected a value, got "01"/],
    ['["x\ny"]', 1, 4, /ends at a line break/],
    ['["\\q"]', 1, 3, /"\\q" is no escape/],
    ['["abc]', 1, 2, /no closing quote/],
    ['{"a":1', 1, 7, /the text ends here/],
    ['{} {}', 1, 4, /expected nothing after the value/],
  ];
  for (const [text, line, column, message] of cases) {
    const fault = locateJsonFault(text);
    assert.deepEqual([fault?.line, fault?.column], [line, column], text);
    assert.match(fault?.message ?? '', message);
  }
});

test('the fault finder and JSON.parse agree on what is JSON', () => {
  const alphabet = '{}[]",:01-.eE tfnul\\\n a';
  // A fixed generator: a failure can be repeated.
  let state = 12345;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state % below;
  };
  for (let round = 0; round < 20_000; round += 1) {
    const text = Array.from({ length: 1 + random(8) }, () => alphabet[random(alphabet.length)]).join('');
    let valid = true;
    try {
      JSON.parse(text);
    } catch {
      valid = false;
    }
    assert.equal(locateJsonFault(text) === undefined, valid, JSON.stringify(text));
  }
  assert.equal(locateJsonFault('['.repeat(100_000))?.column, 100_001);
});

test('unreadable and broken files are told in one line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vayu-inputs-'));
  const broken = join(folder, 'broken.json');
  writeFileSync(broken, '{\n  "url": nope\n}');
  await assert.rejects(readJsonInput(broken), {
    message: `${broken}:2:10: JSON syntax error: expected a value, got "nope"`,
  });
  await assert.rejects(readJsonInput(join(folder, 'none.json')), {
    message: `${join(folder, 'none.json')}: no such file`,
  });
  await assert.rejects(readJsonInput(folder), { message: `${folder}: is a folder, not a file` });
  assert.throws(() => parseJson('  ', 'empty.json'), {
    message: 'empty.json: is empty; expected a JSON document',
  });
  assert.deepEqual(parseJson('{"a":1}', 'x'), { a: 1 });
  assert.equal(describeFileFault('write', 'x', { code: 'EROFS' }), 'x: no permission to write it');
});

test('URLs, hosts, files and standard input are told apart', () => {
  const exists = (path: string): boolean => path === 'localhost' || path === 'run.json';
  const kinds: [string, string][] = [
    ['http://a/b', 'url'],
    ['HTTPS://a', 'url'],
    ['127.0.0.1:8080/x', 'url'],
    ['localhost:3000', 'url'],
    ['example.com', 'url'],
    ['api:8080/x', 'url'],
    ['[::1]:80/', 'url'],
    ['localhost', 'file'],
    ['run.json', 'file'],
    ['other.json', 'file'],
    ['folder/other.json', 'file'],
    ['-', 'stdin'],
  ];
  for (const [argument, kind] of kinds) assert.equal(classifyTarget(argument, exists).kind, kind, argument);
  assert.deepEqual(classifyTarget('localhost:3000/a', exists), {
    kind: 'url',
    url: 'http://localhost:3000/a',
  });
  assert.throws(() => classifyTarget('file:///etc/passwd', exists), { message: /"file" is not allowed/ });
  assert.throws(() => classifyTarget('http://[::1', exists), { message: /got "http:\/\/\[::1"/ });
  assert.throws(() => classifyTarget('http://a:99999/', exists), { message: /port up to 65535/ });
  assert.throws(() => classifyTarget('', exists), { message: /got an empty argument/ });
});

test('options are put over the request of a file', () => {
  const request = applyRequestOptions(
    {
      url,
      method: 'GET',
      headers: { 'X-Keep': '1', 'x-change': 'old' },
      tests: 'old',
      variables: { a: 'file', b: 'file' },
    },
    {
      ...noOptions,
      method: 'put',
      header: [
        ['X-Change', 'new'],
        ['X-New', ''],
      ],
      auth: 'ann:se:cret',
      proxy: '127.0.0.1:3128',
      timeout: 1500,
      redirects: false,
      insecure: true,
      cacert: 'ca.pem',
      script: 'check.js',
      var: [['b', 'option']],
    },
    { body: { kind: 'text', text: '{"x":1}' }, script: 'new', environment: { c: 'environment' } },
  );
  assert.deepEqual(request, {
    url,
    method: 'PUT',
    headers: [
      { key: 'X-Keep', value: '1' },
      { key: 'X-Change', value: 'new' },
      { key: 'X-New', value: '' },
      { key: 'Content-Type', value: 'application/json' },
    ],
    postRequestScript: 'new',
    timeout: 1500,
    insecure: true,
    caFile: resolve('ca.pem'),
    followRedirects: false,
    proxy: 'http://127.0.0.1:3128',
    auth: { type: 'basic', username: 'ann', password: 'se:cret' },
    body: '{"x":1}',
    variables: { a: 'file', b: 'option', c: 'environment' },
  });
});

test('a body gets the Content-Type that it looks like, unless one is given', () => {
  const typeOf = (text: string, options: Partial<RequestOptions> = {}): unknown => {
    const request = applyRequestOptions(
      { url },
      { ...noOptions, ...options },
      { body: { kind: 'text', text } },
    );
    return (request['headers'] as { key: string; value: string }[]).find(({ key }) => key === 'Content-Type')
      ?.value;
  };
  assert.equal(typeOf('[1]'), 'application/json');
  assert.equal(typeOf('a=1&b=2'), 'application/x-www-form-urlencoded');
  assert.equal(typeOf('<a/>'), 'application/xml');
  assert.equal(typeOf('hello'), 'text/plain');
  assert.equal(typeOf('[1]', { contentType: 'text/csv' }), 'text/csv');
  assert.equal(typeOf('[1]', { header: [['content-type', 'a/b']] }), undefined);
});

test('form fields name values, files and types', () => {
  const request = applyRequestOptions(
    { url },
    { ...noOptions, form: ['a=1', 'f=@pic.png;type=image/png', 'e='] },
    {},
  );
  assert.deepEqual(request['body'], {
    mode: 'form-data',
    fields: [
      { key: 'a', value: '1' },
      { key: 'f', type: 'file', src: resolve('pic.png'), contentType: 'image/png' },
      { key: 'e', value: '' },
    ],
  });
  assert.throws(() => applyRequestOptions({ url }, { ...noOptions, form: ['nope'] }, {}), {
    message: /--form: expected name=value/,
  });
});

test('options that exclude each other are refused', () => {
  const apply = (options: Partial<RequestOptions>) => () =>
    applyRequestOptions({ url }, { ...noOptions, ...options }, { body: { kind: 'text', text: 'x' } });
  assert.throws(apply({ form: ['a=1'] }), { message: /--form: cannot be used together with --data/ });
  assert.throws(apply({ auth: 'a:b', bearer: 't' }), {
    message: /--bearer: cannot be used together with --auth/,
  });
  assert.throws(apply({ authType: 'digest' }), { message: /--auth-type: needs --auth/ });
  assert.throws(apply({ key: 'k.pem' }), { message: /--key: needs --cert/ });
});

test('bodies come from text, files and bytes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'vayu-bodies-'));
  const textFile = join(folder, 'body.txt');
  const bytesFile = join(folder, 'body.bin');
  writeFileSync(textFile, 'id={{id}}');
  writeFileSync(bytesFile, Buffer.from([0xff, 0xfe, 0x00]));
  const bodyOf = async (options: Partial<RequestOptions>) =>
    (await readRequestTexts({ ...noOptions, ...options })).body;
  assert.deepEqual(await bodyOf({ data: ['a=1', 'b=2'] }), { kind: 'text', text: 'a=1&b=2' });
  assert.deepEqual(await bodyOf({ data: [`@${textFile}`] }), { kind: 'text', text: 'id={{id}}' });
  assert.deepEqual(await bodyOf({ dataFile: bytesFile }), { kind: 'file', path: bytesFile });
  assert.equal(await bodyOf({}), undefined);
  await assert.rejects(bodyOf({ data: ['a'], dataFile: textFile }), {
    message: /--data-file: cannot be used together/,
  });
});

test('variables come from an object or a Postman environment', () => {
  assert.deepEqual(variablesOf({ a: 1 }, 'x'), { a: 1 });
  assert.deepEqual(variablesOf({ name: 'e', variables: { a: 1 } }, 'x'), { a: 1 });
  const exported = {
    name: 'staging',
    values: [
      { key: 'host', value: 'h', enabled: true },
      { key: 'off', value: 'x', enabled: false },
    ],
  };
  assert.deepEqual(variablesOf(exported, 'x'), { host: 'h' });
  assert.throws(() => variablesOf([1], 'env.json'), {
    message: /env\.json: expected an object of variables.*got an array/,
  });
});

function load(options: LoadOptions & Partial<RequestOptions>, document: Record<string, unknown> = { url }) {
  return buildLoadInput(document, { ...noOptions, ...options }, {});
}

test('a bare URL is loaded for 10 seconds with 50 connections', () => {
  assert.deepEqual(load({}), { url, mode: 'constant', concurrency: 50, duration: '10s' });
});

test('options as users of hey, oha and wrk type them become the load they mean', () => {
  const cases: [LoadOptions, Record<string, unknown>][] = [
    [
      { concurrency: 200, duration: 30_000 },
      { mode: 'constant', concurrency: 200, duration: '30000ms' },
    ],
    [{ requests: 1000 }, { mode: 'iterations', iterations: 1000, concurrency: 50 }],
    [{ requests: 10 }, { mode: 'iterations', iterations: 10, concurrency: 10 }],
    [
      { requests: 1000, concurrency: 8 },
      { mode: 'iterations', iterations: 1000, concurrency: 8 },
    ],
    [
      { requests: 1000, duration: 5000 },
      { mode: 'constant', iterations: 1000, duration: '5000ms', concurrency: 50 },
    ],
    [{ rps: 500 }, { mode: 'constant', targetRps: 500, duration: '10s' }],
    [{ rate: 500 }, { mode: 'constant', targetRps: 500, duration: '10s' }],
    [
      { rps: 500, concurrency: 20 },
      { mode: 'constant', targetRps: 500, maxInFlight: 20, duration: '10s' },
    ],
    [
      { rps: 500, requests: 100 },
      { mode: 'iterations', targetRps: 500, iterations: 100 },
    ],
    [
      { stages: [{ duration: '10s', targetRps: 5 }] },
      { mode: 'ramp_up', stages: [{ duration: '10s', targetRps: 5 }] },
    ],
    [
      { rampUp: 5000, concurrency: 100, duration: 20_000 },
      { mode: 'ramp_up', rampUpDuration: '5000ms', concurrency: 100, duration: '20000ms' },
    ],
    [
      { startRps: 0, rps: 100, duration: 1000 },
      { mode: 'ramp_up', startRps: 0, targetRps: 100, duration: '1000ms' },
    ],
    [
      { concurrency: 64, streams: 16 },
      { mode: 'constant', concurrency: 64, streamsPerConnection: 16, duration: '10s' },
    ],
    [
      { threshold: ['p99<1s'], slow: 5 },
      { mode: 'constant', concurrency: 50, duration: '10s', thresholds: ['p99<1s'], slow_threshold_ms: 5 },
    ],
  ];
  for (const [options, expected] of cases) {
    const input = load(options);
    assert.deepEqual(input, { url, ...expected }, JSON.stringify(options));
    const config = parseRunConfig(input);
    assert.deepEqual(config.warnings, [], JSON.stringify(options));
  }
});

test('a file keeps its load; options replace what they speak of', () => {
  const file = {
    request: { url },
    config: { mode: 'iterations', iterations: 500, concurrency: 5, thresholds: 'p50<1s' },
  };
  assert.deepEqual(load({}, file), file);
  assert.deepEqual(load({ duration: 2000, threshold: ['rps>1'] }, file), {
    request: { url },
    config: { mode: 'constant', concurrency: 5, duration: '2000ms', thresholds: ['p50<1s', 'rps>1'] },
  });
  assert.deepEqual(load({ rps: 10 }, { request: { url }, mode: 'constant', duration: 60, concurrency: 5 }), {
    request: { url },
    mode: 'constant',
    duration: 60,
    targetRps: 10,
  });
  const ramp = { url, mode: 'ramp_up', stages: [{ duration: 10, targetRps: 10 }] };
  assert.deepEqual(load({ duration: 1000 }, ramp), {
    url,
    mode: 'constant',
    duration: '1000ms',
    concurrency: 50,
  });
  assert.deepEqual(load({ maxInFlight: 3 }, ramp), { ...ramp, maxInFlight: 3 });
});

test('an unknown mode of a file is not hidden by options', () => {
  const input = load({ duration: 1000 }, { url, mode: 'constnt', concurrency: 1 });
  assert.throws(() => parseRunConfig(input), {
    message: /mode: expected one of .*got "constnt"\. Did you mean "constant"\?/,
  });
});

test('the request of a document that also describes a load', () => {
  assert.deepEqual(requestOf({ url, name: 'n', mode: 'constant', duration: 5 }), { url, name: 'n' });
  assert.deepEqual(requestOf({ request: { url }, mode: 'constant' }), { url });
});
