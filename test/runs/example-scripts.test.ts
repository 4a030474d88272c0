import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { openHarness, type Harness } from './harness.js';

/** Scripts as people write them for Postman, in test/scripting/examples, run as they are: once, and under load. */

interface Example {
  file: string;
  path?: string;
  preRequest?: string;
  /** Of one execution. */
  tests: number;
  skipped?: number;
}

const examples: Example[] = [
  { file: 'login-token.js', tests: 2 },
  { file: 'status-and-time.js', tests: 4 },
  { file: 'schema-tv4.js', tests: 2 },
  { file: 'loop-over-items.js', tests: 4 },
  { file: 'lodash-and-moment.js', tests: 2 },
  { file: 'hmac-signature-test.js', preRequest: 'hmac-signature.js', path: '/echo', tests: 1 },
  { file: 'status-and-time.js', preRequest: 'send-request.js', tests: 5 },
  { file: 'xml-and-text.js', path: '/xml', tests: 3 },
  { file: 'cookies-and-headers.js', tests: 2 },
  { file: 'async-await.js', tests: 3, skipped: 1 },
];

const json = JSON.stringify({
  token: 't-1',
  user: { id: 7, email: 'ann@example.com' },
  created: '2020-02-29T12:00:00Z',
  items: [
    { id: 1, name: 'pen', price: 1.5 },
    { id: 2, name: 'pad', price: 3 },
    { id: 3, name: 'ink', price: 10 },
  ],
});

const source = (file: string): string =>
  readFileSync(new URL(`../scripting/examples/${file}`, import.meta.url), 'utf8');

let harness: Harness;
let server: http.Server;
let base: string;

before(async () => {
  harness = openHarness();
  server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.setHeader('Content-Type', request.url === '/xml' ? 'text/xml' : 'application/json');
      response.setHeader('Set-Cookie', 'sid=abc; Path=/');
      response.setHeader('X-RateLimit-Limit', '100');
      if (request.url === '/xml') response.end('<note id="7"><to>Tove</to><from>Jani</from></note>');
      else if (request.url === '/echo') response.end(JSON.stringify({ headers: request.headers }));
      else if (request.url === '/login')
        response.end(JSON.stringify({ token: 't-2', received: Buffer.concat(chunks).toString() }));
      else response.end(json);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(async () => {
  await harness.close();
  server.closeAllConnections();
  server.close();
});

describe('a script written for Postman', () => {
  for (const { file, preRequest, path = '/', tests, skipped = 0 } of examples) {
    const request = (): Record<string, unknown> => ({
      url: `${base}${path}`,
      variables: { base },
      tests: source(file),
      ...(preRequest === undefined ? {} : { preRequestScript: source(preRequest) }),
    });
    const name = preRequest === undefined ? file : `${preRequest} and ${file}`;

    it(`runs as it is: ${name}`, async () => {
      const result = await harness.manager.execute(request());
      assert.equal(result.scriptError, undefined);
      assert.deepEqual(
        result.tests.filter((test) => !test.passed),
        [],
      );
      assert.equal(result.tests.length, tests);
    });

    it(`runs under load: ${name}`, async () => {
      const iterations = 20;
      const { done } = harness.start({ request: request(), mode: 'iterations', iterations, concurrency: 4 });
      const report = await done;
      assert.equal(report.summary.failedRequests, 0);
      const counted = report.tests?.tests ?? [];
      assert.deepEqual(
        counted.filter(({ failed }) => failed > 0),
        [],
      );
      assert.equal(
        counted.reduce((sum, test) => sum + test.passed + test.skipped, 0),
        iterations * tests,
      );
      assert.equal(
        counted.reduce((sum, test) => sum + test.skipped, 0),
        iterations * skipped,
      );
    });
  }
});
