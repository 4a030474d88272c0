import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ScriptRunner, type RunnerOutcome } from './support/runner.js';

/** What becomes of the request's body and its Content-Type when a pre-request script changes it. */
describe('bodies that scripts change', () => {
  let runner: ScriptRunner;
  before(() => {
    runner = new ScriptRunner();
  });
  after(() => runner.close());

  const run = (code: string, body = '', headers: [string, string][] = []): Promise<RunnerOutcome> =>
    runner.run({
      phase: 'prerequest',
      scripts: [{ name: 'script', code }],
      request: { method: 'POST', url: 'http://h.example/', headers, body },
    });
  const sent = async (...given: Parameters<typeof run>): Promise<RunnerOutcome['request']> => {
    const outcome = await run(...given);
    assert.equal(outcome.error, null, outcome.error?.message);
    return outcome.request;
  };

  const boundary = '----form';
  const multipart: [string, string][] = [['Content-Type', `multipart/form-data; boundary=${boundary}`]];
  const part = (name: string, content: string, more = ''): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${content}\r\n`;
  const end = `--${boundary}--\r\n`;
  const form =
    part('a', '1') +
    part('f', 'binary', '; filename="f.bin"\r\nContent-Type: application/octet-stream') +
    part('q"', 'x\r\ny') +
    end;

  it('read a form without changing it', async () => {
    const code =
      'const { formdata, mode } = pm.request.body; console.log(mode, JSON.stringify(formdata), pm.request.body.isEmpty())';
    const outcome = await run(code, form.replace('q"', 'q%22'), multipart);
    assert.equal(
      outcome.console[0]?.[1],
      'formdata [{"key":"a","value":"1","type":"text"},{"key":"f","contentType":"application/octet-stream","type":"file","src":"f.bin"},{"key":"q\\"","value":"x\\r\\ny","type":"text"}] false',
    );
    assert.equal(outcome.request.changed, false);
  });

  it('change rows of a form and keep its files and its boundary', async () => {
    const code =
      'const { formdata } = pm.request.body; formdata.upsert({ key: "a", value: "{{v}}" }); formdata.remove("q\\""); formdata.add({ key: "n", value: "é" }); formdata.add({ key: "off", value: "1", disabled: true })';
    const { body, headers } = await sent(code, form.replace('q"', 'q%22'), multipart);
    assert.deepEqual(headers, multipart);
    assert.equal(
      body,
      part('a', '{{v}}') +
        part('f', 'binary', '; filename="f.bin"\r\nContent-Type: application/octet-stream') +
        part('n', 'é') +
        end,
    );
  });

  it('make a form of another body', async () => {
    const code =
      'pm.request.body.update({ mode: "formdata", formdata: [{ key: "k", value: "v" }, { key: "n", value: 5 }] })';
    const { body, headers } = await sent(code, '{}', [
      ['Content-Type', 'application/json'],
      ['X-Kept', '1'],
    ]);
    const [, type] = headers.find(([name]) => name === 'Content-Type')!;
    const made = /^multipart\/form-data; boundary=(\S+)$/.exec(type)![1]!;
    assert.equal(body, (part('k', 'v') + part('n', '5') + end).replaceAll(boundary, made));
    assert.equal(headers.length, 2);
  });

  it('keep their files in a copy of the request, which changes nothing of the original', async () => {
    const outcome = await runner.run({
      phase: 'prerequest',
      scripts: [
        {
          name: 'script',
          code: `const copy = pm.request.clone();
            copy.body.formdata.remove("a");
            copy.url = "http://h.example/copy";
            const { method, url, headers, body } = (await pm.sendRequest(copy)).json();
            console.log(method, url, JSON.stringify(headers)); console.log(body);
            console.log(pm.request.body.formdata.map(({ key }) => key).join());`,
        },
      ],
      request: {
        method: 'POST',
        url: 'http://h.example/',
        headers: multipart,
        body: form.replace('q"', 'q%22'),
      },
    });
    assert.equal(outcome.error, null, outcome.error?.message);
    const [sentLine, body, rest] = outcome.console.map(([, message]) => message);
    assert.equal(sentLine, `POST http://h.example/copy ${JSON.stringify(multipart)}`);
    assert.equal(body, form.slice(part('a', '1').length).replace('q"', 'q%22'));
    assert.equal(rest, 'a,f,q"');
    assert.equal(outcome.request.changed, false);
  });

  it('say that a script cannot read files', async () => {
    for (const [code, message] of [
      [
        'pm.request.body = { mode: "formdata", formdata: [{ key: "f", type: "file", src: "/etc/passwd" }] }',
        'the form\'s file "/etc/passwd" cannot be read by a script',
      ],
      [
        'pm.request.body = { mode: "file", file: { src: "/etc/passwd" } }',
        "the body's file cannot be read by a script",
      ],
    ] as const) {
      const { error, request } = await run(code);
      assert.equal(error?.message, `Error: ${message}`);
      assert.equal(request.body, '');
    }
  });

  const urlencoded: [string, string][] = [['Content-Type', 'application/x-www-form-urlencoded']];
  const json: [string, string][] = [['Content-Type', 'application/json']];
  const plain: [string, string][] = [['Content-Type', 'text/plain']];
  const own: [string, string][] = [['Content-Type', 'application/vnd.api+json']];
  const cases: {
    name: string;
    code: string;
    given?: [body: string, headers: [string, string][]];
    body: string;
    headers: [string, string][];
  }[] = [
    {
      name: 'rows of a urlencoded form',
      code: 'const { urlencoded } = pm.request.body; urlencoded.add({ key: "c", value: "&=é" }); urlencoded.remove("a"); pm.variables.set("v", "x&y"); urlencoded.upsert({ key: "b", value: "{{v}}" }); urlencoded.add({ key: "off", value: "1", disabled: true })',
      given: ['a=1&b=2+3', urlencoded],
      body: 'b=x%26y&c=%26%3D%C3%A9',
      headers: urlencoded,
    },
    {
      name: 'a urlencoded form that is only read',
      code: 'pm.request.body.urlencoded.get("b")',
      given: ['a=1&b=2+3', urlencoded],
      body: 'a=1&b=2+3',
      headers: urlencoded,
    },
    {
      name: 'a plain array in the place of a list',
      code: 'pm.request.body.urlencoded = [{ key: "x", value: "1" }]',
      given: ['a=1', urlencoded],
      body: 'x=1',
      headers: urlencoded,
    },
    {
      name: 'a urlencoded form as text',
      code: 'pm.request.body = { mode: "urlencoded", urlencoded: "a=1&b=2" }',
      body: 'a=1&b=2',
      headers: urlencoded,
    },
    {
      name: 'a graphql query with variables as text',
      code: 'pm.request.body = { mode: "graphql", graphql: { query: "{a}", variables: "{\\"n\\": 1}" } }',
      body: '{"query":"{a}","variables":{"n":1}}',
      headers: json,
    },
    {
      name: 'raw text of another mode',
      code: 'pm.request.body.update({ mode: "raw", raw: "text" })',
      given: ['a=1', urlencoded],
      body: 'text',
      headers: plain,
    },
    {
      name: 'raw JSON by its language',
      code: 'pm.request.body.update({ mode: "raw", raw: { a: 1 }, options: { raw: { language: "json" } } })',
      given: ['a=1', urlencoded],
      body: '{"a":1}',
      headers: json,
    },
    {
      name: 'an object put where the text was',
      code: 'pm.request.body.raw = { a: [1] }',
      given: ['{}', json],
      body: '{"a":[1]}',
      headers: json,
    },
    {
      name: 'text in the place of text',
      code: 'pm.request.body.update("new")',
      given: ['old', json],
      body: 'new',
      headers: json,
    },
    {
      name: 'a Content-Type of the request’s own',
      code: 'pm.request.body.update({ mode: "urlencoded", urlencoded: [{ key: "a", value: "1" }] })',
      given: ['{}', own],
      body: 'a=1',
      headers: own,
    },
    {
      name: 'no body any more',
      code: 'pm.request.body = undefined',
      given: ['old', plain],
      body: '',
      headers: plain,
    },
  ];
  for (const { name, code, given, body, headers } of cases) {
    it(name, async () => {
      const request = await sent(code, given?.[0], given?.[1]);
      assert.equal(request.body, body);
      assert.deepEqual(request.headers, headers);
    });
  }

  it('go with pm.sendRequest in every mode', async () => {
    const code = `
      const send = async (body) => JSON.parse((await pm.sendRequest({ url: 'http://h.example/', method: 'POST', body })).text());
      const form = await send({ mode: 'formdata', formdata: { a: '1' } });
      console.log(form.headers[0][1].split('=')[0], form.body.split('\\r\\n').slice(1, 4).join('|'));
      for (const body of [{ mode: 'urlencoded', urlencoded: [{ key: 'a', value: 'b c' }] }, { mode: 'raw', raw: { a: 1 } },
        { mode: 'graphql', graphql: { query: 'q' } }, 'text'])
        console.log(JSON.stringify(await send(body).then(({ headers, body }) => [headers[0], body])));
      await pm.sendRequest({ url: 'http://h.example/', body: { mode: 'formdata', formdata: [{ key: 'f', type: 'file', src: 'x' }] } })
        .catch((error) => console.log(error.message));`;
    const { console: lines, error } = await run(code);
    assert.equal(error, null);
    assert.deepEqual(
      lines.map(([, message]) => message),
      [
        'multipart/form-data; boundary Content-Disposition: form-data; name="a"||1',
        '[["Content-Type","application/x-www-form-urlencoded"],"a=b%20c"]',
        '[["Content-Type","text/plain"],"{\\"a\\":1}"]',
        '[["Content-Type","application/json"],"{\\"query\\":\\"q\\"}"]',
        '[["Content-Type","text/plain"],"text"]',
        'the form\'s file "x" cannot be read by a script',
      ],
    );
  });
});
