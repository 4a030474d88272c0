import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, describe, it } from 'node:test';
import { parseHttpRequest } from '../../lib/model/http-request.js';
import { openHarness, type Harness } from './harness.js';

/** What arrived, as it was on the wire but for the boundary of a form. */
interface Received {
  target: string;
  contentType: string;
  body: string;
}

let harness: Harness;
let server: http.Server;
let base: string;
let received: Received[] = [];
before(async () => {
  harness = openHarness();
  server = http
    .createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const contentType = request.headers['content-type'] ?? '';
        // Another one for each request.
        const boundary = contentType.split('boundary=')[1] ?? '';
        const named = (text: string): string =>
          boundary === '' ? text : text.replaceAll(boundary, 'BOUNDARY');
        received.push({
          target: `${request.method} ${request.url}`,
          contentType: named(contentType),
          body: named(Buffer.concat(chunks).toString()),
        });
        response.end('ok');
      });
    })
    .listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  received = [];
});
after(async () => {
  await harness.close();
  server.closeAllConnections();
  server.close();
});

const value = 'a b&c=é+%/?"\'<>\\|{}^`\tz#1';
const inForm = 'a+b%26c%3D%C3%A9%2B%25%2F%3F%22%27%3C%3E%5C%7C%7B%7D%5E%60%09z%231';
const inRow = 'a%20b%26c%3D%C3%A9%2B%25%2F%3F%22%27%3C%3E%5C%7C%7B%7D%5E%60%09z%231';

type Request = Record<string, unknown>;
interface Case {
  name: string;
  request: Request;
  expected: Partial<Received>;
}

const cases = (): Case[] => [
  {
    name: 'rows of an urlencoded body',
    request: {
      method: 'POST',
      url: base,
      body: {
        mode: 'x-www-form-urlencoded',
        fields: [
          { key: 'x', value: '{{v}}' },
          { key: 'a {{v}}', value: 'ü {{ v }}!' },
          { key: 'outer', value: '{{outer}}' },
        ],
      },
    },
    expected: {
      body: `x=${inForm}&a+${inForm}=%C3%BC+${inForm}%21&outer=%26${inForm}`,
      contentType: 'application/x-www-form-urlencoded',
    },
  },
  {
    name: 'an urlencoded body that its writer has encoded',
    request: {
      method: 'POST',
      url: base,
      body: { mode: 'x-www-form-urlencoded', content: 'x=1&y={{plain}}' },
    },
    expected: { body: 'x=1&y=k=v&w', contentType: 'application/x-www-form-urlencoded' },
  },
  {
    name: 'rows of the query',
    request: {
      url: `${base}/?first={{plain}}`,
      params: [
        { key: 'x', value: '{{v}}' },
        { key: '{{plain}}', value: '{{outer}}' },
      ],
    },
    expected: { target: `GET /?first=k=v&w&x=${inRow}&k%3Dv%26w=%26${inRow}` },
  },
  {
    name: 'rows behind a value that brings a query and a fragment',
    request: { url: '{{whole}}', params: [{ key: 'x', value: '{{v}}' }] },
    expected: { target: `GET /a%20b/c?d=%C3%A9&x=${inRow}` },
  },
  {
    name: 'rows without variables behind a value that brings a query',
    request: { url: '{{asked}}', params: [{ key: 'x', value: '1 2' }] },
    expected: { target: 'GET /?q=1&x=1%202' },
  },
  {
    name: 'rows of a multipart body',
    request: {
      method: 'POST',
      url: base,
      body: { mode: 'form-data', fields: [{ key: 'a {{quoted}} "b"', value: '{{quoted}}' }] },
    },
    expected: {
      body: [
        '--BOUNDARY',
        'Content-Disposition: form-data; name="a q%22%0D%0A& %22b%22"',
        '',
        'q"\r\n&',
        '--BOUNDARY--',
        '',
      ].join('\r\n'),
      contentType: 'multipart/form-data; boundary=BOUNDARY',
    },
  },
  {
    name: 'variables that are null',
    request: {
      method: 'POST',
      url: `${base}/{{nothing}}`,
      body: { mode: 'json', content: '{"x":{{nothing}}}' },
    },
    expected: { target: 'POST /null', body: '{"x":null}' },
  },
  {
    name: 'the path and the query of the URL',
    request: { url: `${base}/p ü/{{spaced}}?q={{spaced}}&{{plain}} "\u00e9` },
    expected: {
      target:
        "GET /p%20%C3%BC/a%20b%C3%A9%22%3C%3E'%7B%7D%60%0Az%20?q=a%20b%C3%A9%22%3C%3E%27{}`%0Az%20&k=v&w%20%22%C3%A9",
    },
  },
  {
    name: 'a value that is a whole URL, with a fragment',
    request: { url: '{{whole}}' },
    expected: { target: 'GET /a%20b/c?d=%C3%A9' },
  },
  {
    name: 'a JSON body, into which text is put as it is',
    request: { method: 'POST', url: base, body: { mode: 'json', content: '{"x":"{{plain}}"}' } },
    expected: { body: '{"x":"k=v&w"}', contentType: 'application/json' },
  },
  {
    name: 'a text body',
    request: { method: 'POST', url: base, body: { mode: 'text', content: '{{v}}' } },
    expected: { body: value },
  },
];

const variables = (): Record<string, string | null> => ({
  v: value,
  plain: 'k=v&w',
  outer: '&{{v}}',
  spaced: 'a bé"<>\'{}`\nz ',
  whole: `${base}/a b/c?d=é#fragment`,
  asked: `${base}/?q=1`,
  quoted: 'q"\r\n&',
  nothing: null,
});
const settingScript = (): string =>
  Object.entries(variables())
    .map(([name, text]) => `pm.environment.set(${JSON.stringify(name)}, ${JSON.stringify(text)});`)
    .join('\n');

/** Each way a value can come to a request. */
const sources: { name: string; design(request: Request): Request; load(request: Request): Request }[] = [
  {
    name: 'variables known beforehand',
    design: (request) => ({ ...request, variables: variables() }),
    load: (request) => ({ request: { ...request, variables: variables() } }),
  },
  {
    name: 'variables set by a script',
    design: (request) => ({ ...request, preRequestScript: settingScript() }),
    load: (request) => ({ request: { ...request, preRequestScript: settingScript() } }),
  },
  {
    name: 'a row of data',
    design: (request) => ({ ...request, iterationData: variables() }),
    load: (request) => ({ request, data: [variables()] }),
  },
];

for (const source of sources) {
  describe(`Design mode and load mode send the same bytes: ${source.name}`, () => {
    for (const index of cases().keys()) {
      it(cases()[index]?.name ?? '', async () => {
        const { request, expected } = cases()[index]!;
        await harness.manager.execute(parseHttpRequest(source.design(request)));
        const { done } = harness.start({ ...source.load(request), mode: 'iterations', iterations: 1 });
        await done;
        const [design, load] = received;
        assert.equal(received.length, 2);
        assert.deepEqual(load, design);
        assert.deepEqual({ ...design, ...expected }, design);
      });
    }
  });
}

describe('Design mode and load mode send the same bytes: requests that scripts change', () => {
  const both = async (request: Request): Promise<Received> => {
    await harness.manager.execute(parseHttpRequest(request));
    await harness.start({ request, mode: 'iterations', iterations: 1 }).done;
    const [design, load] = received;
    assert.equal(received.length, 2);
    assert.deepEqual(load, design);
    return design!;
  };

  it('a query that gets another row', async () => {
    const { target } = await both({
      url: base,
      params: [{ key: 'x', value: '{{v}}' }],
      preRequestScript: `${settingScript()} pm.request.url.query.add({ key: 'added', value: 'b c' });`,
    });
    assert.equal(target, `GET /?x=${inRow}&added=b%20c`);
  });

  it('a form that gets another row', async () => {
    const { body } = await both({
      method: 'POST',
      url: base,
      body: { mode: 'x-www-form-urlencoded', fields: [{ key: 'x', value: '{{v}}' }] },
      preRequestScript: `${settingScript()} pm.request.body.urlencoded.add({ key: 'added', value: '={{v}}' });`,
    });
    assert.deepEqual(
      [...new URLSearchParams(body)],
      [
        ['x', value],
        ['added', `=${value}`],
      ],
    );
  });

  it('a form that becomes JSON', async () => {
    const { body, contentType } = await both({
      method: 'POST',
      url: base,
      body: { mode: 'x-www-form-urlencoded', fields: [{ key: 'x', value: '{{v}}' }] },
      preRequestScript: `${settingScript()}
        pm.request.headers.upsert({ key: 'Content-Type', value: 'application/json' });
        pm.request.body.update({ mode: 'raw', raw: '{"x":"{{plain}}"}' });`,
    });
    assert.deepEqual([body, contentType], ['{"x":"k=v&w"}', 'application/json']);
  });
});
