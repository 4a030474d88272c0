import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Comparison, type Situation } from './support/compare.js';

/** Each script does with the jar what Postman's sandbox does. */
const prelude = `
  const show = (...values) => console.log(...values.map((value) => value === undefined ? "undefined" : JSON.stringify(value)));
  const jar = pm.cookies.jar(), url = "http://localhost:3000/a/b";
`;

const cases: [name: string, code: string][] = [
  ['members', `show(Object.keys(jar), ["get", "getAll", "set", "unset", "clear"].map((n) => typeof jar[n]))`],
  [
    'set and get by name and value',
    `const c = await jar.set(url, "x", "y"); show(c.name, c.value, c.path, c.domain, c.hostOnly, c.httpOnly); show(await jar.get(url, "x"), await jar.get("http://localhost/", "x"), await jar.get("http://other/", "x"))`,
  ],
  [
    'callbacks',
    `jar.set(url, "x", "1", (e, c) => { show(e, c.name, c.value); jar.set(url, {name: "o", value: "p", path: "/", httpOnly: true}, (e2, c2) => { show(e2, c2.httpOnly, c2.path); jar.getAll(url, (e3, all) => { show(e3, all.count(), all.map((c) => c.name + "=" + c.value).sort(), all.get("o"), all.has("x"), all.toObject()); jar.getAll(url, {http: false}, (e4, some) => { show(some.map((c) => c.name)); jar.unset(url, "o", (e5) => { show(e5); jar.clear(url, (e6) => { show(e6); jar.getAll(url, (e7, none) => show(none.count())) }) }) }) }) }) })`,
  ],
  [
    'calls return nothing with a callback and a promise without',
    `show(jar.get(url, "x", () => {}), typeof jar.get(url, "x").then, jar.set(url, "a", "b", () => {}), typeof jar.clear(url).then)`,
  ],
  [
    'arguments that are none',
    `for (const f of [() => jar.get(), () => jar.get("", "x"), () => jar.get(url, 5), () => jar.getAll(null), () => jar.getAll(url, 5), () => jar.set(), () => jar.set(url), () => jar.set(url, 5), () => jar.unset(url), () => jar.unset(5, "x"), () => jar.clear(), () => jar.get(url, "x", 5), () => jar.getAll(url, {}, "cb")]) { try { show("returned", await f()) } catch (e) { show(e.name, e.message) } }`,
  ],
  [
    'errors given to callbacks',
    `jar.get("", "x", (e, v) => show(e.message, v)); jar.set(url, null, (e, v) => show(e && e.message)); jar.unset("", "x", (e) => show(e.message))`,
  ],
  [
    'a cookie of another domain',
    `for (const domain of ["evil.com", "x.localhost"]) try { show(await jar.set(url, {name: "a", value: "b", domain})) } catch (e) { show(e.name, e.message) }`,
  ],
  [
    'the text of a Set-Cookie header',
    `const c = await jar.set("https://a.example.com/x/y", "s=t; Path=/x; Secure; HttpOnly; Domain=example.com"); show(c.name, c.value, c.path, c.domain, c.secure, c.httpOnly, c.hostOnly); show(await jar.get("https://b.example.com/x", "s"), await jar.get("http://b.example.com/x", "s"), await jar.get("https://example.com/", "s")); show((await jar.getAll("http://example.com/x", {secure: true})).count(), (await jar.getAll("https://example.com/x", {secure: false})).count())`,
  ],
  [
    'expiry',
    `await jar.set(url, {name: "a", value: "1", expires: new Date(0)}); show(await jar.get(url, "a")); await jar.set(url, {name: "b", value: "1", maxAge: 100}); show(await jar.get(url, "b")); await jar.set(url, "b=2; Max-Age=0"); show(await jar.get(url, "b"))`,
  ],
  [
    'encoded values',
    `await jar.set(url, "k", "a%20b"); show(await jar.get(url, "k")); const all = await jar.getAll(url); show(all.get("k"), all.toObject(), all.all()[0].value, all.one("k").value)`,
  ],
  [
    'the request’s own url',
    `await jar.set(pm.request.url, "u", "1"); show(await jar.get(pm.request.url, "u"))`,
  ],
  [
    'nothing to remove',
    `show(await jar.unset(url, "nope"), await jar.clear(url), await jar.get(url, "nope"))`,
  ],
  [
    'removal where the url matches only',
    `await jar.set(url, {name: "a", value: "1", path: "/"}); await jar.set(url, {name: "b", value: "2", path: "/a"}); await jar.clear("http://localhost/"); show((await jar.getAll(url)).toObject()); await jar.unset("http://localhost/", "b"); show(await jar.get(url, "b"))`,
  ],
  [
    'longer paths first',
    `await jar.set(url, {name: "a", value: "short", path: "/"}); await jar.set(url, {name: "a", value: "long", path: "/a"}); show(await jar.get(url, "a"), (await jar.getAll(url)).map((c) => c.value))`,
  ],
];

describe('the cookie jar of scripts', () => {
  let comparison: Comparison;
  before(async () => {
    comparison = await Comparison.open();
  });
  after(() => comparison.close());

  const logged = async (code: string, situation?: Situation): Promise<string[]> => {
    const { outcome } = await comparison.ours(prelude + code, situation);
    assert.equal(outcome.error, null);
    return outcome.console.map(([, message]) => message);
  };

  for (const [name, code] of cases) it(name, () => comparison.same(prelude + code));

  it('has what the response sets', async () => {
    const headers: [string, string][] = [
      ['Set-Cookie', 'sid=a%20b; Path=/; HttpOnly'],
      ['Set-Cookie', 'gone=1; Max-Age=0'],
      ['Set-Cookie', 'elsewhere=1; Path=/other'],
    ];
    const code =
      'show(pm.cookies.toObject(), pm.cookies.get("sid"), pm.cookies.has("gone"), pm.response.cookies.count(), postman.getResponseCookie("sid").httpOnly); show(await jar.get(url, "sid"), await jar.get("http://localhost/other", "elsewhere"))';
    assert.deepEqual(await logged(code, { headers }), ['{"sid":"a b"} "a b" false 3 true', '"a b" "1"']);
  });

  it('resolves variables of a url', async () => {
    const code = 'await jar.set("{{base}}/x", "a", "1"); show(await jar.get("http://h.example/x", "a"))';
    assert.deepEqual(await logged(code, { environment: { base: 'http://h.example' } }), ['"1"']);
  });

  it('takes nothing that would end a header', async () => {
    const code =
      'for (const value of ["a\\r\\nX: y", "a;b", "a\\u0000"]) await jar.set(url, "n", value).then(() => show("set"), (e) => show(e.message)); show((await jar.getAll(url)).count())';
    assert.deepEqual(await logged(code), [...Array<string>(3).fill('"Cookie failed to parse"'), '0']);
  });
});
