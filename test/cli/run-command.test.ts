import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startFaultServer, type FaultServer } from '../support/fault-server.js';
import { runCli } from './cli-process.js';

const folder = mkdtempSync(join(tmpdir(), 'vayu-run-'));
const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

describe('vayu run and batch', { concurrency: 2 }, () => {
  let server: FaultServer;
  before(async () => {
    server = await startFaultServer();
  });
  after(() => server.close());

  test('shows status and body of a URL', async () => {
    const { code, stdout, stderr } = await runCli(['run', `${server.url}/ok`]);
    assert.equal(stderr, '');
    assert.match(stdout, /^200 OK {2}[\d.]+ [mµ]s, 2 B, HTTP\/1\.1\nDNS .*\n\nok\n$/);
    assert.equal(code, 0);
  });

  test('sends what the options say', async () => {
    const { code, stdout } = await runCli([
      'run',
      ...['-m', 'put', '-H', 'X-One: 1', '-d', 'a={{value}}', '-a', 'ann:pw', '--var', 'value=42', '--json'],
      `${server.url}/echo`,
    ]);
    assert.equal(code, 0);
    const result = JSON.parse(stdout) as {
      status: number;
      body: { method: string; headers: Record<string, string>; body: string };
    };
    assert.equal(result.status, 200);
    assert.equal(result.body.method, 'PUT');
    assert.equal(result.body.body, 'a=42');
    const headers = JSON.stringify(result.body.headers).toLowerCase();
    assert.match(headers, /x-one/);
    assert.match(headers, /application\/x-www-form-urlencoded/);
    assert.ok(headers.includes(`basic ${btoa('ann:pw').toLowerCase()}`));
  });

  test('takes secrets from a file, by option or from the environment', async () => {
    const secrets = file(
      'vault.json',
      JSON.stringify({
        values: [
          { key: 'vault:key', value: 'from-the-vault' },
          { key: 'off', enabled: false },
        ],
      }),
    );
    const request = file(
      'vaulted.json',
      JSON.stringify({
        url: `${server.url}/echo`,
        headers: { 'X-Key': '{{vault:key}}' },
        vault: { key: 'overridden', own: 'of-the-file' },
        tests: `pm.test('vault', async () => {
          pm.expect([await pm.vault.get('key'), await pm.vault.get('own'), await pm.vault.get('off')])
            .to.eql([['from', 'the', 'vault'].join('-'), 'of-the-file', undefined]);
        }); console.log(await pm.vault.get('key'));`,
      }),
    );
    for (const [args, env] of [
      [['--vault-file', secrets], {}],
      [[], { VAYU_VAULT_FILE: secrets }],
    ] as const) {
      const { code, stdout, stderr } = await runCli(['run', ...args, '--json', request], { env });
      assert.equal(code, 0, stdout + stderr);
      const result = JSON.parse(stdout) as { body: { headers: object }; console: { message: string }[] };
      assert.match(JSON.stringify(result.body.headers), /from-the-vault/);
      assert.deepEqual(
        result.console.map(({ message }) => message),
        ['***'],
      );
    }
    const batch = await runCli(['batch', '--vault-file', secrets, request]);
    assert.equal(batch.code, 0, batch.stdout + batch.stderr);
    const load = await runCli(['load', '--vault-file', secrets, '-n', '5', '-c', '1', '--json', request]);
    assert.equal(load.code, 0, load.stdout + load.stderr);
    assert.equal((JSON.parse(load.stdout) as { tests: { passed: number } }).tests.passed, 5);
    assert.ok(!(load.stdout + load.stderr).includes('from-the-vault'));
    const wrong = await runCli(['run', '--vault-file', file('list.json', '[]'), request]);
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /list\.json/);
  });

  test('takes a request from standard input', async () => {
    const { code, stdout } = await runCli(['run', '-'], {
      input: JSON.stringify({ url: `${server.url}/ok` }),
    });
    assert.equal(code, 0);
    assert.match(stdout, /^200 OK/);
  });

  test('a status of 400 or above without tests is a failure', async () => {
    const { code, stdout } = await runCli(['run', `${server.url}/status?code=404`]);
    assert.equal(code, 1);
    assert.match(stdout, /^404 /);
  });

  test('a target that fails gets one clear line, no stack, and exit code 1', async () => {
    const cases: [string, string[], RegExp][] = [
      ['refuses', [server.urls.refused], /^error: .*connect.*Does a server listen there\?\n$/i],
      [
        'does not resolve',
        ['http://no-such-host.invalid/'],
        /^error: .*no-such-host\.invalid.*Check the name of the host\n$/,
      ],
      ['times out', ['-t', '300ms', `${server.url}/stall/request`], /^error: .*time.*--timeout\n$/i],
      ['closes in the middle', [`${server.url}/close/body`], /^error: .*\n$/],
      [
        'shows a bad certificate',
        [`${server.urls.tlsUntrusted}/ok`],
        /^error: .*certificate.*--insecure\n$/i,
      ],
    ];
    for (const [name, args, message] of cases) {
      const { code, stdout, stderr } = await runCli(['run', ...args]);
      assert.match(stderr, message, name);
      assert.doesNotMatch(stderr, /\n {4}at /, name);
      assert.equal(stdout, '', name);
      assert.equal(code, 1, name);
    }
  });

  test('what is wrong with the input is told before anything is sent, with exit code 2', async () => {
    const cases: [string[], RegExp][] = [
      [['http://[::1'], /^error: url: expected a URL .*got "http:\/\/\[::1"\n$/],
      [['file:///etc/hostname'], /^error: url: .*"file" is not allowed/],
      [[join(folder, 'none.json')], /none\.json: no such file\n$/],
      [
        [file('broken.json', '{\n  "url": "x",\n}')],
        /broken\.json:3:1: JSON syntax error: a comma before "}" is not allowed\n$/,
      ],
      [
        [file('unknown.json', '{"url":"http://a/","bodyy":1}')],
        /^error: bodyy: expected a known field, got "bodyy"\. Did you mean "body"\?\n$/,
      ],
      [
        [file('two.json', '{"url":"http://a/","timeout":"x","maxRedirects":-1}')],
        /^error: timeout: .*\nerror: maxRedirects: .*\n$/,
      ],
      [
        [file('array.json', '[]')],
        /array\.json: expected an object that describes a request, got an array\n$/,
      ],
      [
        ['--out', join(folder, 'none', 'x.json'), server.url],
        /^error: --out: .*its folder does not exist\n$/,
      ],
    ];
    for (const [args, message] of cases) {
      const { code, stdout, stderr } = await runCli(['run', ...args]);
      assert.match(stderr, message);
      assert.equal(stdout, '');
      assert.equal(code, 2, stderr);
    }
  });

  test('--json tells an error as one document, too', async () => {
    const { code, stdout } = await runCli(['run', '--json', server.urls.refused]);
    assert.equal(code, 1);
    const { error } = JSON.parse(stdout) as { error: { code: string; message: string } };
    assert.equal(error.code, 'connection_failed');
  });

  test('writes result files', async () => {
    const paths = ['json', 'csv', 'xml'].map((ending) => join(folder, `result.${ending}`));
    const { code, stdout } = await runCli([
      'run',
      ...paths.flatMap((path) => ['-o', path]),
      '--quiet',
      `${server.url}/ok`,
    ]);
    assert.equal(code, 0);
    assert.equal(stdout, '');
    const [json = '', csv = '', xml = ''] = paths.map((path) => readFileSync(path, 'utf8'));
    assert.equal((JSON.parse(json) as { status: number }).status, 200);
    assert.match(csv, /^name,method,url,status,.*\r\n.*\/ok,GET,.*\/ok,200,/);
    assert.match(xml, /<testsuites tests="1" failures="0" errors="0"/);
  });

  test('batch sends all files, tells each and sums up', async () => {
    const paths = [
      file('a.json', JSON.stringify({ url: `${server.url}/ok` })),
      file(
        'b.json',
        JSON.stringify([
          { url: `${server.url}/status?code=500` },
          { url: `${server.url}/ok`, method: 'POST', body: { a: 1 } },
        ]),
      ),
      file('c.json', JSON.stringify({ url: server.urls.refused })),
    ];
    const { code, stdout } = await runCli(['batch', '--concurrency', '2', ...paths]);
    assert.equal(code, 1);
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines.length, 7);
    assert.ok(lines.some((line) => /^✓ .*a\.json {2}200, /.test(line)));
    assert.ok(lines.some((line) => /^✗ .*b\.json\[0\] {2}500, /.test(line)));
    assert.ok(lines.some((line) => /^✓ .*b\.json\[1\] {2}200, /.test(line)));
    assert.ok(lines.some((line) => /^✗ .*c\.json {2}.*connect/i.test(line)));
    assert.equal(lines[5], 'FAILED  4 requests: 2 succeeded, 2 failed');
    assert.match(lines[6] ?? '', /in all, [\d.]+ req\/s, average [\d.]+ m?s/);
  });

  test('batch checks all files first and tells every fault', async () => {
    const sent = server.requestCount('/no-content');
    const good = file('good.json', JSON.stringify({ url: `${server.url}/no-content` }));
    const bad = file('bad.json', '{"url":');
    const { code, stderr, stdout } = await runCli(['batch', good, bad, join(folder, 'gone.json')]);
    assert.equal(code, 2);
    assert.equal(stdout, '');
    assert.match(
      stderr,
      /^error: .*bad\.json:1:8: JSON syntax error.*\nerror: .*gone\.json: no such file\n$/,
    );
    assert.equal(server.requestCount('/no-content'), sent);
  });

  test('batch keeps to its concurrency', async () => {
    const entries = Array.from({ length: 6 }, () => ({ url: `${server.url}/delay/fixed?ms=150` }));
    const path = file('slow.json', JSON.stringify(entries));
    const timed = async (concurrency: string): Promise<number> => {
      const { stdout, code } = await runCli(['batch', '-c', concurrency, '--json', path]);
      assert.equal(code, 0, stdout);
      return (JSON.parse(stdout) as { elapsedMs: number }).elapsedMs;
    };
    const [one, six] = [await timed('1'), await timed('6')];
    assert.ok(one >= 900, `one after another: ${one} ms`);
    assert.ok(six < one / 2, `at once: ${six} ms`);
  });
});
