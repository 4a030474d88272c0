import type { Situation } from './support/compare.js';
import { form } from './support/situations.js';
import { describeCompared } from './support/suite.js';

interface Case {
  name: string;
  code: string;
  situation?: Situation;
}

const withVariables: Situation = {
  environment: { v: 'env', e: 'E', number: 5, yes: true, template: '{{v}}-{{g}}' },
  collection: { v: 'coll', c: 'C' },
  globals: { v: 'glob', g: 'G' },
  data: { v: 'data', d: 1 },
};

/** Each script logs texts; what it logs, tests and throws must be what Postman's sandbox does with it. */
const cases: Case[] = [
  {
    name: 'globals that are there and that are not',
    code: `show(["globalThis","window","global","self","process","module","exports","fetch","XMLHttpRequest","WebAssembly","performance"].map((name) => eval("typeof " + name)), typeof this);`,
  },
  {
    name: 'globals by type',
    code: `show(["pm","postman","tests","responseBody","responseCode","responseTime","responseHeaders","responseCookies","request","data","iteration","environment","globals","console","setTimeout","setInterval","setImmediate","clearTimeout","queueMicrotask","structuredClone","atob","btoa","URL","URLSearchParams","TextEncoder","TextDecoder","Buffer","Blob","File","AbortController","Event","crypto","Intl","tv4","_","CryptoJS","cheerio","xml2Json","Backbone","require","eval","Function"].map((name) => name + ":" + eval("typeof " + name)));`,
  },
  {
    name: 'pm members',
    code: `show(["info","request","response","environment","globals","collectionVariables","variables","iterationData","cookies","test","expect","sendRequest","execution","visualizer","vault"].map((name) => name + ":" + typeof pm[name]))`,
  },
  { name: 'pm.info', code: `show(pm.info.eventName, pm.info.iteration, pm.info.iterationCount)` },
  {
    name: 'pm.info before the request',
    code: `show(pm.info.eventName, typeof pm.response, typeof responseBody)`,
    situation: { phase: 'prerequest' },
  },
  {
    name: 'variables: precedence',
    code: `show(pm.variables.get("v"), pm.environment.get("v"), pm.collectionVariables.get("v"), pm.globals.get("v"), pm.iterationData.get("v"), pm.variables.get("e"), pm.variables.get("c"), pm.variables.get("g"), pm.variables.get("d"), pm.variables.get("none"))`,
    situation: withVariables,
  },
  {
    name: 'variables: has and unset',
    code: `show(pm.environment.has("e"), pm.environment.has("z"), pm.variables.has("g"), pm.variables.has("z")); pm.environment.unset("e"); show(pm.environment.has("e"), pm.environment.get("e"), pm.environment.unset("nope"))`,
    situation: withVariables,
  },
  {
    name: 'variables: local set',
    code: `pm.variables.set("v", "local"); show(pm.variables.get("v"), pm.environment.get("v")); pm.variables.unset("v"); show(pm.variables.get("v"))`,
    situation: withVariables,
  },
  {
    name: 'variables: types',
    code: `pm.environment.set("n", 1); pm.environment.set("b", false); pm.environment.set("o", {a: [1]}); pm.environment.set("x", null); show(pm.environment.get("n"), pm.environment.get("b"), pm.environment.get("o"), pm.environment.get("x"), typeof pm.environment.get("n")); show(pm.environment.get("number"), pm.environment.get("yes"))`,
    situation: withVariables,
  },
  {
    name: 'variables: identity of objects',
    code: `const o = {a: 1}; pm.globals.set("o", o); o.a = 2; show(pm.globals.get("o"), pm.globals.get("o") === o)`,
  },
  {
    name: 'variables: toObject',
    code: `show(pm.environment.toObject(), pm.globals.toObject(), pm.iterationData.toObject())`,
    situation: withVariables,
  },
  {
    name: 'variables: clear',
    code: `pm.environment.clear(); show(pm.environment.toObject(), pm.variables.get("v"))`,
    situation: withVariables,
  },
  {
    name: 'variables: replaceIn',
    code: `show(pm.variables.replaceIn("{{v}} {{g}} {{nope}} {{number}} {{template}} {{}} {{ v }}"), pm.environment.replaceIn("{{v}} {{g}}"), pm.globals.replaceIn("{{v}}"), pm.variables.replaceIn({a: "{{v}}", b: ["{{c}}", 1, null], d: {e: "{{d}}"}}), pm.variables.replaceIn(5), pm.variables.replaceIn("plain"))`,
    situation: withVariables,
  },
  {
    name: 'variables: dynamic',
    code: `show(/^[0-9a-f-]{36}$/.test(pm.variables.replaceIn("{{$guid}}")), /^\\d{10}$/.test(pm.variables.replaceIn("{{$timestamp}}")), pm.variables.replaceIn("{{$randomFirstName}}").length > 1, pm.variables.replaceIn("{{$randomInt}}") <= 1000, pm.variables.replaceIn("{{$nonsense}}"))`,
  },
  {
    name: 'variables: values',
    code: `show(pm.environment.values.count(), pm.environment.values.map((item) => item.key + "=" + item.value), pm.environment.values.filter((item) => item.key === "e").length, pm.environment.values.get("e"), pm.environment.values.has("zz"))`,
    situation: withVariables,
  },
  {
    name: 'response: fields',
    code: `show(pm.response.code, pm.response.status, pm.response.responseTime, pm.response.responseSize, pm.response.reason(), pm.response.text().length, pm.response.size(), pm.response.encoding())`,
  },
  {
    name: 'response: json',
    code: `show(pm.response.json(), pm.response.json((key, value) => key === "id" ? value + 1 : value), pm.response.json() === pm.response.json())`,
  },
  ...[
    '',
    '  ',
    '{',
    '{"a"',
    '{"a":',
    '[1,2',
    '{a:1}',
    "{'a':1}",
    '<html>\n<body>',
    '{"a":\n  tru}',
    '\ufeff{"a":1}',
    'undefined',
    '[1,]',
    '"\\q"',
  ].map((body): Case => ({
    name: `response: json of ${JSON.stringify(body)}`,
    code: 'try { show(pm.response.json()) } catch (error) { show(error.name, error.message) }',
    situation: { body },
  })),
  { name: 'response: contentInfo', code: `show(pm.response.contentInfo())` },
  ...[
    'text/html; charset=utf-8',
    'text/plain',
    'application/xml',
    'image/png',
    'application/pdf',
    'application/octet-stream',
    'text/css',
    'application/javascript',
  ].map((type): Case => ({
    name: `response: contentInfo of ${type}`,
    code: 'show(pm.response.contentInfo())',
    situation: { headers: [['Content-Type', type]] },
  })),
  {
    name: 'response: stream',
    code: `show(Buffer.isBuffer(pm.response.stream), pm.response.stream.toString("utf8").length)`,
  },
  {
    name: 'headers: reading',
    code: `show(pm.response.headers.get("content-type"), pm.response.headers.has("X-REQUEST-ID"), pm.response.headers.has("nope"), pm.response.headers.get("nope"), pm.response.headers.one("x-request-id").value, pm.response.headers.count(), pm.response.headers.toObject(), pm.response.headers.map((h) => h.key), pm.response.headers.all().length, pm.response.headers.has("x-request-id", "abc"), pm.response.headers.has("x-request-id", "z"), pm.response.headers.idx(0).key, pm.response.headers.indexOf("X-Request-Id"), pm.response.headers.filter((h) => h.value === "abc").length, pm.response.headers.find((h) => h.value === "abc").key, pm.response.headers.reduce((sum, h) => sum + h.key.length, 0))`,
  },
  {
    name: 'headers: members and toString',
    code: `show(pm.response.headers.members.length, pm.response.headers.toString(), pm.response.headers.contentSize(), pm.response.headers.toJSON())`,
  },
  {
    name: 'headers: repeated',
    code: `show(pm.response.headers.get("a"), pm.response.headers.toObject(), pm.response.headers.toObject(false, true, true), pm.response.headers.count())`,
    situation: {
      headers: [
        ['A', '1'],
        ['a', '2'],
        ['B', '3'],
      ],
    },
  },
  {
    name: 'request: fields',
    code: `show(pm.request.method, pm.request.url.toString(), pm.request.headers.get("accept"), pm.request.url.protocol, pm.request.url.host, pm.request.url.port, pm.request.url.path, pm.request.url.hash, pm.request.url.getHost(), pm.request.url.getPath(), pm.request.url.getQueryString(), pm.request.url.getPathWithQuery(), pm.request.url.getRemote(), pm.request.url.query.get("page"), pm.request.url.query.count(), pm.request.url.query.toObject(), pm.request.url.toJSON())`,
  },
  {
    name: 'request: a fuller url',
    code: `show(pm.request.url.toString(), pm.request.url.port, pm.request.url.hash, pm.request.url.path, pm.request.url.query.all(), pm.request.url.query.toString(), pm.request.url.getRemote(), pm.request.url.host)`,
    situation: form,
  },
  {
    name: 'request: body',
    code: `show(pm.request.body.mode, pm.request.body.raw, pm.request.body.toString(), pm.request.body.isEmpty(), pm.request.body.toJSON())`,
    situation: form,
  },
  { name: 'request: no body', code: `show(pm.request.body)` },
  {
    name: 'request: headers changed',
    code: `pm.request.headers.add({key: "N", value: "1"}); pm.request.headers.upsert({key: "n", value: "2"}); pm.request.headers.upsert({key: "M", value: "3"}); pm.request.headers.remove("X-A"); show(pm.request.headers.all().map((h) => h.key + ":" + h.value)); pm.request.addHeader({key: "O", value: "4"}); pm.request.upsertHeader({key: "O", value: "5"}); pm.request.removeHeader("N"); show(pm.request.headers.all().map((h) => h.key + ":" + h.value), pm.request.getHeaders())`,
    situation: form,
  },
  {
    name: 'request: query changed',
    code: `pm.request.url.query.add({key: "n", value: "1"}); pm.request.url.query.remove("x"); pm.request.addQueryParams("q=2&r=3"); pm.request.removeQueryParams("r"); show(pm.request.url.toString(), pm.request.url.getQueryString())`,
    situation: form,
  },
  {
    name: 'request: replaced',
    code: `pm.request.url = "http://other/x?y=1"; pm.request.method = "PUT"; show(pm.request.url.toString(), pm.request.method);`,
    situation: form,
  },
  {
    name: 'request: clone and toJSON',
    code: `const c = pm.request.clone(); c.method = "PATCH"; show(pm.request.method, c.method, Object.keys(pm.request.toJSON()).sort())`,
    situation: form,
  },
  {
    name: 'property list: order',
    code: `const l = pm.request.headers; l.insert({key: "I", value: "1"}, "X-A"); l.prepend({key: "P", value: "0"}); l.append({key: "Z", value: "9"}); l.insertAfter({key: "J", value: "2"}, "P"); show(l.map((h) => h.key)); l.clear(); show(l.count()); l.populate([{key: "A", value: "1"}]); l.repopulate([{key: "B", value: "2"}]); show(l.map((h) => h.key), l.toObject()); l.each((h) => show(h.key, h.value))`,
    situation: form,
  },
  {
    name: 'tests: results',
    code: `pm.test("a", () => {}); pm.test("b", function () { pm.expect(1).to.equal(2) }); pm.test("name only"); pm.test.skip("s", () => {}); pm.test(5, () => {}); pm.test("chained", () => {}).test("on", () => {}); show(pm.test.index()); pm.test("nested", () => { pm.test("inner", () => {}) })`,
  },
  {
    name: 'tests: done',
    code: `pm.test("later", (done) => { setTimeout(done, 5) }); pm.test("bad", (done) => { done(new Error("x")) }); pm.test("throws", (done) => { throw new Error("y") }); pm.test("twice", (done) => { done(); })`,
  },
  {
    name: 'tests: legacy',
    code: `tests["a"] = true; tests["b"] = 0; tests["c"] = "x"; tests.d = undefined;`,
  },
  {
    name: 'uncaught errors',
    code: `pm.test("before", () => {}); pm.expect(1).to.equal(2); pm.test("after", () => {})`,
  },
  { name: 'uncaught reference error', code: `pm.test("before", () => {}); nothingHere;` },
  { name: 'uncaught type error', code: `null.foo` },
  { name: 'uncaught in a timer', code: `setTimeout(() => { console.log("fired") }, 1)` },
  {
    name: 'legacy response',
    code: `show(responseBody.length, responseCode.code, responseCode.name, responseTime, responseHeaders, iteration)`,
  },
  { name: 'legacy request', code: `show(request.method, request.url, request.headers, request.data)` },
  {
    name: 'legacy variables',
    code: `postman.setEnvironmentVariable("n", 5); postman.setGlobalVariable("m", {a: 1}); show(postman.getEnvironmentVariable("n"), postman.getGlobalVariable("m"), environment.e, globals.g, data.d); postman.clearEnvironmentVariable("n"); show(pm.environment.get("n")); postman.clearGlobalVariables(); show(pm.globals.toObject())`,
    situation: withVariables,
  },
  {
    name: 'legacy headers',
    code: `show(postman.getResponseHeader("Content-Type"), postman.getResponseHeader("x-request-id"), postman.getResponseHeader("no"))`,
  },
  {
    name: 'implicit globals',
    code: `jsonData = pm.response.json(); pm.test("t", function () { pm.expect(jsonData.id).to.eql(7) }); data = JSON.parse(responseBody); show(data.name)`,
  },
  {
    name: 'top-level await and return',
    code: `const v = await Promise.resolve(5); show(v); await new Promise((resolve) => setTimeout(resolve, 2)); show("later"); if (v) return; show("never")`,
  },
  {
    name: 'sloppy mode',
    code: `x = 010; with ({y: 2}) { show(x, y) } show(typeof arguments, (function () { return typeof this })())`,
  },
  {
    name: 'eval and Function',
    code: `show(eval("1 + 1"), new Function("a", "return a * 2")(4)); var z = 3; show(eval("z"))`,
  },
  {
    name: 'text and bytes',
    code: `show(btoa("héllo"), atob("aGk="), new TextEncoder().encode("é").length, new TextDecoder().decode(new Uint8Array([195, 169])), Buffer.from("hi").toString("base64"), Buffer.from("aGk=", "base64").toString())`,
  },
  {
    name: 'URL',
    code: `const u = new URL("/x/../y?a=1#z", "http://user:pw@Host.example:8080/p/q"); show(u.href, u.origin, u.host, u.hostname, u.port, u.pathname, u.search, u.hash, u.username, u.searchParams.get("a")); u.searchParams.append("b", "2 3"); show(u.toString(), [...new URLSearchParams("a=1&b=2&a=3").entries()], new URLSearchParams({q: "x y"}).toString()); try { new URL("nope") } catch (e) { show(e.name) }`,
  },
  {
    name: 'structuredClone',
    code: `const o = {a: [1, {b: 2}], d: new Date(0), m: new Map([[1, 2]])}; const c = structuredClone(o); show(c, c !== o, c.m.get(1))`,
  },
  {
    name: 'crypto',
    code: `show(crypto.randomUUID().length, crypto.getRandomValues(new Uint8Array(4)).length)`,
  },
  { name: 'xml2Json', code: `show(xml2Json("<a x='1'><b>2</b><b>3</b><c/></a>"))` },
  {
    name: 'CryptoJS',
    code: `show(CryptoJS.MD5("a").toString(), CryptoJS.SHA256("a").toString(CryptoJS.enc.Base64), CryptoJS.HmacSHA1("m", "k").toString(), CryptoJS.AES.decrypt(CryptoJS.AES.encrypt("secret", "pw").toString(), "pw").toString(CryptoJS.enc.Utf8), CryptoJS.enc.Base64.stringify(CryptoJS.enc.Utf8.parse("hi")))`,
  },
  {
    name: 'tv4',
    code: `show(tv4.validate({a: 1}, {type: "object", required: ["b"]}), tv4.error.message, tv4.validate(1, {type: "number"}))`,
  },
  {
    name: 'cheerio',
    code: `const $ = cheerio.load("<ul><li>a</li><li class=x>b</li></ul>"); show($("li.x").text(), $("li").length, $("ul").html());
$("li.x").css({ color: "red", margin: "1px", top: "2px" });
show($("li:nth-child(2)").text(), $("li:nth-child(odd)").text(), $("li:nth-last-of-type(2n+2)").text(), JSON.stringify($("li.x").css(["color", "top"])))`,
  },
  {
    name: 'lodash',
    code: `const _l = require("lodash"); show(_l.get({a: [{b: 1}]}, "a[0].b"), _l.chunk([1, 2, 3], 2), _l.isEqual({a: 1}, {a: 1}), _.map([1, 2], (n) => n * 2), _.isEmpty({}))`,
  },
  {
    name: 'moment',
    code: `const m = require("moment"); show(m.utc("2020-01-31").add(1, "month").format("YYYY-MM-DD"), m("2020-02-30", "YYYY-MM-DD", true).isValid(), m.utc(0).toISOString(), m.duration(90, "minutes").humanize())`,
  },
  { name: 'uuid', code: `const uuid = require("uuid"); show(uuid.v4().length, uuid().length)` },
  {
    name: 'ajv',
    code: `const Ajv = require("ajv"); const ajv = new Ajv(); const v = ajv.compile({type: "object", properties: {a: {type: "integer"}}}); show(v({a: 1}), v({a: "x"}), v.errors[0].message)`,
  },
  { name: 'csv-parse', code: `show(require("csv-parse/lib/sync")("a,b\\n1,2", {columns: true}))` },
  {
    name: 'xml2js',
    code: `require("xml2js").parseString("<a><b>1</b></a>", (error, result) => show(error, result))`,
  },
  {
    name: 'chai',
    code: `const {assert, expect} = require("chai"); try { assert.equal(1, 2) } catch (e) { show(e.message) } try { expect(1).to.equal(2) } catch (e) { show(e.message) } assert.isOk(1); assert.deepEqual({a: 1}, {a: 1})`,
  },
  {
    name: 'postman-collection',
    code: `const sdk = require("postman-collection"); show(new sdk.Url("http://a/b?c=1").getPath(), new sdk.Header({key: "A", value: "b"}).toString(), sdk.Header.parse("A: 1\\r\\nB: 2").length)`,
  },
  {
    name: 'node shims',
    code: `show(require("path").join("a", "..", "b"), require("url").parse("http://h:1/p?q=1").pathname, require("querystring").stringify({a: 1}), require("util").format("%s %d", "a", 1), typeof require("events"), typeof require("stream").Readable, require("punycode").toASCII("münchen.de"), typeof require("timers").setTimeout, typeof require("buffer").Buffer, typeof require("string_decoder").StringDecoder, Object.keys(require("fs")), typeof require("atob"), typeof require("btoa"), typeof require("backbone"))`,
  },
  ...[
    'crypto',
    'http',
    'https',
    'zlib',
    'child_process',
    'vm',
    'process',
    'axios',
    'jsonwebtoken',
    'faker',
    'jquery',
    'nonsense',
  ].map((name): Case => ({
    name: `require of ${name}`,
    code: `try { require("${name}"); show("there") } catch (error) { show(error.message) }`,
  })),
  {
    name: 'visualizer',
    code: `pm.visualizer.set("<p>{{a}}</p>", {a: 1}); try { pm.visualizer.set(5) } catch (e) { show(e.message) } try { pm.visualizer.set("x", 5) } catch (e) { show(e.message) } pm.visualizer.clear()`,
  },
  {
    name: 'execution',
    code: `show(Array.isArray(pm.execution.location), typeof pm.execution.setNextRequest, typeof pm.execution.skipRequest, typeof pm.execution.runRequest); pm.execution.setNextRequest("x"); postman.setNextRequest(null)`,
  },
  {
    name: 'cookies',
    code: `show(pm.cookies.count(), pm.cookies.has("a"), pm.cookies.get("a"), pm.cookies.toObject(), typeof pm.cookies.jar)`,
  },
  {
    name: 'sendRequest without a request',
    code: `pm.sendRequest(null, (error) => show(error.message)); try { await pm.sendRequest() } catch (error) { show(error.message) }`,
  },
  {
    name: 'errors by engine words',
    code: `for (const f of [() => x1, () => null.a, () => undefined.b, () => { undefined.c = 1 }]) { pm.test(String(f), f) }`,
  },
  {
    name: 'order of timers and promises',
    code: `setTimeout(() => show("timeout 5"), 5); setTimeout(() => show("timeout 1"), 1); Promise.resolve().then(() => show("microtask")); queueMicrotask(() => show("queued")); show("sync")`,
  },
  {
    name: 'intervals',
    code: `let n = 0; const id = setInterval(() => { show(++n); if (n === 3) clearInterval(id) }, 1); const off = setTimeout(() => show("never"), 1); clearTimeout(off)`,
  },
];

describeCompared(
  'the surface of scripts',
  cases.map(({ name, code, situation }) => [name, code, situation]),
);
