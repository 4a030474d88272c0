import type { Situation } from './support/compare.js';
import { form } from './support/situations.js';
import { describeCompared, type ComparedScript } from './support/suite.js';

const withVariables: Situation = {
  environment: { v: 'env', e: 'E', number: 5, yes: true },
  collection: { v: 'coll', c: 'C' },
  globals: { v: 'glob', g: 'G' },
  data: { v: 'data', d: 1 },
};

/** Members of `pm` and their edges, each as Postman's sandbox has it. */
const cases: ComparedScript[] = [
  [
    'execution.runRequest without an id',
    `try { show(await pm.execution.runRequest()) } catch (e) { show(e.name, e.message) }`,
  ],
  [
    'execution.runRequest: a response',
    `const r = await pm.execution.runRequest("some-id", { variables: { a: "x", n: 1.5, yes: true, none: null, o: { k: [1] } } }); show(r.code, r.status, r.headers.get("x-run"), r.json()); pm.test("to", () => pm.expect(r).to.have.status(201)); show((await pm.execution.runRequest("other")).text())`,
  ],
  [
    'execution.runRequest: options that say nothing',
    `for (const options of [undefined, null, {}, { variables: {} }, { variables: null }]) show((await pm.execution.runRequest("id", options)).json())`,
  ],
  [
    'execution.runRequest: skipped and failed',
    `const p = pm.execution.runRequest("skipped"); show(p instanceof Promise, await p); try { await pm.execution.runRequest("fails") } catch (e) { show(e.message) }`,
  ],
  [
    'execution.runRequest: several at once, and then',
    `show((await Promise.all(["a", "b"].map((id) => pm.execution.runRequest(id)))).map((r) => r.json().id)); pm.execution.runRequest("late").then((r) => { pm.environment.set("late", r.json().id); show(pm.environment.get("late")) })`,
  ],
  [
    'execution.location',
    `show(pm.execution.location, pm.execution.location.current, pm.execution.location.length)`,
  ],
  [
    'execution.location of a request',
    `const { location } = pm.execution; show(location, location.current, location.length, Object.keys(location), "current" in location, location === pm.execution.location); location.current = "x"; show(location.current)`,
    { location: { path: ['Shop', 'Orders', 'Get order'], owner: 'Get order' } },
  ],
  [
    'execution.location of a folder',
    `show(pm.execution.location, pm.execution.location.current)`,
    { location: { path: ['Shop', 'Orders', 'Get order'], owner: 'Orders' } },
  ],
  [
    'vault: denied',
    `for (const [name, ...args] of [["get", "a"], ["set", "a", 1], ["unset", "a"]]) await pm.vault[name](...args).then(() => show("granted"), (e) => show(name, e instanceof Error, e.name, e.message))`,
  ],
  [
    'vault: get, set, unset',
    // What crosses to Postman's own vault as undefined comes back as null.
    `const got = async (name) => (await pm.vault.get(name)) ?? "none"; const done = async (promise) => (await promise) ?? "done"; show(await got("key"), await got("none"), await got()); show(await done(pm.vault.set("key", "new")), await done(pm.vault.set("more", 5)), await done(pm.vault.set("yes", true)), await done(pm.vault.set("nothing", null))); show(await got("key"), await got("more"), await got("yes"), await got("nothing")); show(await done(pm.vault.unset("key")), await done(pm.vault.unset("none"))); show(await got("key")); pm.vault.get("more").then((v) => show("then", v))`,
    { vault: { key: 's3cret', other: 'o' } },
  ],
  [
    'vault: is no scope of pm.variables',
    `show(pm.variables.get("key"), pm.variables.has("key"), pm.variables.replaceIn("{{key}}"), Object.keys(pm.vault), pm.vault.get("key") instanceof Promise)`,
    { vault: { key: 's3cret' } },
  ],
  [
    'execution.skipRequest in a test',
    `show(typeof pm.execution.skipRequest); try { pm.execution.skipRequest(); show("after") } catch (e) { show(e.name, e.message) }`,
  ],
  [
    'request.body: urlencoded',
    `const b = pm.request.body; show(b.mode, b.raw); b.update({mode: "urlencoded", urlencoded: [{key: "a", value: "1 2"}, {key: "b", value: "x", disabled: true}]}); show(b.mode, b.urlencoded.count(), b.urlencoded.get("a"), b.urlencoded.has("b"), b.toString(), b.isEmpty()); b.urlencoded.add({key: "c", value: "&"}); b.urlencoded.remove("a"); show(b.urlencoded.map((p) => p.key), b.toString(), b.raw)`,
    form,
  ],
  [
    'request.body: urlencoded as text',
    `const b = pm.request.body; b.update({mode: "urlencoded", urlencoded: "a=1&b=2%203"}); show(b.urlencoded.all(), b.toString())`,
    form,
  ],
  [
    'request.body: formdata',
    `const b = pm.request.body; b.update({mode: "formdata", formdata: [{key: "a", value: "1", type: "text"}, {key: "f", value: "g", type: "text"}]}); show(b.mode, b.formdata.count(), b.formdata.get("a"), b.formdata.toJSON(), b.toString(), b.isEmpty()); b.formdata.add({key: "n", value: "3"}); show(b.formdata.toObject(), b.formdata.map((p) => p.key), b.formdata.one("a").value)`,
    form,
  ],
  [
    'request.body: graphql',
    `const b = pm.request.body; b.update({mode: "graphql", graphql: {query: "{a}", variables: "{}"}}); show(b.mode, b.graphql, b.isEmpty(), b.toJSON())`,
    form,
  ],
  [
    'request.body: raw',
    `const b = pm.request.body; b.update("text"); show(b.mode, b.raw, b.toString()); b.update({mode: "raw", raw: ""}); show(b.isEmpty(), b.toString()); b.raw = "z"; show(b.toString(), b.isEmpty());`,
    form,
  ],
  [
    'request.body: replaced',
    `pm.request.body = {mode: "raw", raw: "new", options: {raw: {language: "json"}}}; show(pm.request.body.mode, pm.request.body.raw, pm.request.body.options)`,
    form,
  ],
  [
    'request.update',
    `pm.request.update({url: "http://n.example/p?q=1", method: "PATCH", header: [{key: "A", value: "b"}], body: {mode: "raw", raw: "x"}}); show(pm.request.method, pm.request.url.toString(), pm.request.headers.toObject(), pm.request.body.raw)`,
    form,
  ],
  [
    'request.update with a text',
    `pm.request.update("http://n.example/"); show(pm.request.method, pm.request.url.toString(), pm.request.headers.count())`,
    form,
  ],
  [
    'request.auth and authorizeUsing',
    `show(pm.request.auth); pm.request.authorizeUsing("bearer", [{key: "token", value: "t"}]); show(pm.request.auth.type, pm.request.auth.toJSON ? pm.request.auth.toJSON() : pm.request.auth); pm.request.authorizeUsing({type: "basic", basic: [{key: "username", value: "u"}, {key: "password", value: "p"}]}); show(pm.request.auth.type); pm.request.authorizeUsing(null); show(pm.request.auth)`,
    form,
  ],
  [
    'request.auth: parameters',
    `pm.request.authorizeUsing("bearer", [{key: "token", value: "t"}]); show(pm.request.auth.parameters().toObject(), pm.request.auth.bearer.get("token"))`,
    form,
  ],
  ['request.size', `show(pm.request.size())`, form],
  [
    'request.forEachHeader and getHeaders',
    `pm.request.forEachHeader((h, r) => show(h.key, h.value, r === pm.request)); show(pm.request.getHeaders({ignoreCase: true}), pm.request.getHeaders({enabled: true, multiValue: true}), pm.request.getHeaders({sanitizeKeys: true}))`,
    form,
  ],
  [
    'request.removeHeader',
    `pm.request.removeHeader("x-a"); show(pm.request.headers.map((h) => h.key + h.value)); pm.request.removeHeader("X-A", {ignoreCase: true}); show(pm.request.headers.count())`,
    form,
  ],
  [
    'request.addHeader of a text',
    `pm.request.addHeader("K: v"); pm.request.headers.add("L:w"); show(pm.request.headers.get("K"), pm.request.headers.get("l")); pm.request.upsertHeader({key: "K", value: "2"}); pm.request.upsertHeader(); show(pm.request.headers.get("k"))`,
    form,
  ],
  [
    'request.addQueryParams and removeQueryParams',
    `pm.request.addQueryParams([{key: "m", value: "1"}, {key: "n", value: null}]); pm.request.addQueryParams({key: "o", value: "2"}); show(pm.request.url.getQueryString()); pm.request.removeQueryParams(["m", "x"]); show(pm.request.url.getQueryString()); pm.request.removeQueryParams([{key: "n"}]); show(pm.request.url.query.toObject())`,
    form,
  ],
  [
    'request.url: update and parts',
    `const u = pm.request.url; show(u.variables.count(), u.variables.toObject(), u.getPath(true), u.getHost(), u.getRemote(true), u.getPathWithQuery()); u.update("http://z.example/y"); show(u.toString(), u.query.count()); u.addQueryParams("a=b"); u.removeQueryParams("a"); show(u.toString(), u.toJSON())`,
    form,
  ],
  [
    'request.url: parts set',
    `pm.request.url.host = ["q", "example"]; pm.request.url.path = ["1", "2"]; pm.request.url.protocol = "http"; pm.request.url.port = "99"; pm.request.url.hash = "h"; show(pm.request.url.toString())`,
    form,
  ],
  [
    'request.url.query: changed',
    `pm.request.url.query.upsert({key: "x", value: "9"}); pm.request.url.query.add("k=l"); pm.request.url.query.remove((q) => q.key === "y"); show(pm.request.url.toString(), pm.request.url.query.map((q) => [q.key, q.value])); pm.request.url.query.clear(); show(pm.request.url.toString())`,
    form,
  ],
  [
    'property list: finding',
    `const l = pm.request.headers; show(l.indexOf("X-A"), l.idx(9), l.one("nope"), l.has(l.idx(0)), l.members.length, l.upsert({key: "X-A", value: "3"}), l.upsert({key: "New", value: "1"}), l.upsert(null), l.get("x-a"), l.reduce((s, h) => s + h.value, ""), l.filter((h) => h.key === "New").length, l.find((h) => h.value === "3").key); l.remove(l.idx(0)); show(l.count()); l.remove("nope"); l.remove(null); show(l.count());`,
    form,
  ],
  [
    'property list: query',
    `const l = pm.request.url.query; l.populate("q=1&r=2"); show(l.count(), l.toObject(), l.toObject(true, true, true)); l.repopulate([{key: "a", value: "1"}, {key: "a", value: "2"}]); show(l.get("a"), l.toObject(), l.toObject(false, true, true), l.has("a", "1"), l.has("a", "3"), l.toString()); l.insert({key: "b", value: "0"}, l.idx(0)); l.insertAfter({key: "c", value: "5"}, "b"); show(l.toString()); l.each((p, i) => show(p.key, i)); show(l.map((p) => p.key, {}))`,
    form,
  ],
  [
    'environment.set: kinds of values',
    `pm.environment.set("a", {b: 1}); pm.environment.set("n", null); pm.environment.set("u", undefined); pm.environment.set("", 1); show(pm.environment.get("a"), pm.environment.get("n"), pm.environment.get("u"), pm.environment.has("u"), pm.environment.toObject()); pm.environment.set("t", "5", "number"); show(pm.environment.get("t"), typeof pm.environment.get("t")); show(pm.environment.toJSON().values.map((v) => v.key))`,
    withVariables,
  ],
  [
    'values of scopes',
    `show(pm.environment.values.members.length, pm.variables.values === undefined, pm.collectionVariables.values.count(), pm.globals.values.count())`,
    withVariables,
  ],
  [
    'iterationData: set and unset',
    `show(pm.iterationData.get("d"), pm.iterationData.has("d"), pm.iterationData.has("zz"), pm.iterationData.toObject(), typeof pm.iterationData.set, typeof pm.iterationData.unset); pm.iterationData.set && pm.iterationData.set("d", 9); show(pm.iterationData.get("d")); pm.iterationData.unset("d"); show(pm.iterationData.get("d"), pm.variables.get("d"))`,
    withVariables,
  ],
  [
    'variables: toObject and clear',
    `show(pm.variables.toObject()); pm.variables.clear && pm.variables.clear(); show(pm.variables.get("v"), pm.variables.get("e"))`,
    withVariables,
  ],
  [
    'response: details, size, dataURI, mime',
    `show(typeof pm.response.id, pm.response.details(), pm.response.reason(), pm.response.size(), pm.response.dataURI().slice(0, 40)); try { pm.response.mime() } catch (e) { show(e.name, e.message) } show(pm.response.jsonp === undefined)`,
  ],
  [
    'response: details of 404',
    `show(pm.response.details(), pm.response.reason(), pm.response.status)`,
    { code: 404, status: 'Not Found' },
  ],
  ['response: details of a status that has none', `show(pm.response.details())`, { code: 299, status: '' }],
  ['response.jsonp', `show(pm.response.jsonp())`, { body: 'cb({"a":1})' }],
  [
    'response.json, strict',
    `try { show(pm.response.json(undefined, true)) } catch (e) { show(e.name, e.message) }`,
    { body: '{"a":1,"a":2}' },
  ],
  [
    'response: a byte order mark',
    `show(pm.response.json(), pm.response.text().length)`,
    { body: '﻿{"a":1}' },
  ],
  [
    'response: encoding and contentInfo',
    `show(pm.response.encoding(), pm.response.contentInfo())`,
    {
      headers: [
        ['Content-Encoding', 'gzip'],
        ['Content-Disposition', 'attachment; filename="x.zip"'],
        ['Content-Type', 'application/zip'],
      ],
    },
  ],
  [
    'console',
    `console.log("a", 1); show(["log","info","warn","error","debug","clear"].map((n) => typeof console[n]))`,
  ],
  [
    'test.index',
    `show(pm.test.index()); pm.test("a", () => {}); show(pm.test.index()); pm.test.skip("b"); show(pm.test.index())`,
  ],
  [
    'expect.fail',
    `pm.test("a", () => pm.expect.fail()); pm.test("b", () => pm.expect.fail("msg")); pm.test("c", () => pm.expect.fail(1, 2, "m")); pm.test("d", () => pm.expect.fail(1, 2))`,
  ],
  [
    'response: types of members',
    `show(["code","status","headers","cookies","responseTime","responseSize","id","stream","text","json","jsonp","reason","details","size","encoding","contentInfo","mime","dataURI","to"].map((n) => n + ":" + typeof (() => { try { return pm.response[n] } catch { return "threw" } })()))`,
  ],
  [
    'setNextRequest: arguments',
    `pm.execution.setNextRequest(); pm.execution.setNextRequest(5); pm.execution.setNextRequest(null); show("ok")`,
  ],
  ['sendRequest', `show(typeof pm.sendRequest, pm.sendRequest.length)`],
  [
    'visualizer: arguments',
    `for (const f of [() => pm.visualizer.set(), () => pm.visualizer.set(""), () => pm.visualizer.set("x", {}, 5), () => pm.visualizer.set("x", null, null), () => pm.visualizer.clear()]) try { show(f()) } catch (e) { show(e.name, e.message) }`,
  ],
  [
    'response.to.have: messages',
    `pm.test("a", () => pm.response.to.have.statusCodeClass(2)); pm.test("b", () => pm.response.to.have.statusCode(404)); pm.test("c", () => pm.response.to.have.statusReason("NO")); pm.test("d", () => pm.response.to.have.responseTime.above(50)); pm.test("e", () => pm.response.to.have.responseTime.below(5)); pm.test("f", () => pm.response.to.have.responseTime.within(1, 2)); pm.test("g", () => pm.response.to.have.responseSize.above(1e9)); pm.test("h", () => pm.response.to.have.responseTime(12)); pm.test("i", () => pm.response.to.have.responseSize(3))`,
  ],
  [
    'request.to.have',
    `pm.test("a", () => pm.request.to.have.header("X-A")); pm.test("b", () => pm.request.to.have.header("nope")); pm.test("e", () => pm.request.to.have.header("X-A", "9")); pm.test("f", () => pm.request.to.not.have.header("X-A"))`,
    form,
  ],
  [
    'jsonSchema',
    `const s = {type: "object", required: ["zz"], properties: {id: {type: "string"}}}; pm.test("a", () => pm.response.to.have.jsonSchema(s)); pm.test("b", () => pm.response.to.not.have.jsonSchema(s)); pm.test("c", () => pm.expect({zz: 1}).to.have.jsonSchema(s)); pm.test("d", () => pm.response.to.have.jsonSchema(s, {allErrors: true}))`,
  ],
  [
    'jsonBody',
    `pm.test("a", () => pm.response.to.have.jsonBody("nested.deep.list[1].x", 2)); pm.test("b", () => pm.response.to.have.jsonBody("nested.nope")); pm.test("c", () => pm.response.to.have.jsonBody("id", 8)); pm.test("d", () => pm.response.to.have.jsonBody({id: 7})); pm.test("e", () => pm.response.to.have.jsonBody()); pm.test("f", () => pm.response.to.not.have.jsonBody("id"))`,
  ],
  [
    'Blob, File, AbortController, Event',
    `show(new Blob(["ab"]).size, new File(["x"], "f.txt").name, typeof new AbortController().signal.aborted, new Event("e").type); const ac = new AbortController(); ac.signal.addEventListener("abort", () => show("aborted")); ac.abort(); show(ac.signal.aborted, new TextDecoder().encoding, typeof crypto.subtle.digest)`,
  ],
  [
    'Intl',
    `show(typeof Intl.DateTimeFormat, typeof Intl.NumberFormat, new Intl.NumberFormat("en-US").format(1234.5))`,
  ],
  [
    'atob and btoa: errors',
    `show(atob(" aG k="), btoa("")); for (const f of [() => atob("a"), () => btoa("\\u1234"), () => atob()]) try { show(f()) } catch (e) { show(e.name) }`,
  ],
  [
    'URLSearchParams',
    `const p = new URLSearchParams("?a=1&b=2&a=3"); p.append("c", "x y"); p.delete("b"); p.set("a", "9"); p.sort(); show(p.toString(), p.has("c"), p.getAll("a"), [...p.keys()], p.size); p.forEach((v, k) => show(k, v))`,
  ],
  [
    'legacy responseCode',
    `show(responseCode.code, responseCode.name, responseCode.detail, responseCookies, Object.keys(request).sort(), iteration, typeof data); responseCode.detail = "mine"; show(responseCode.detail)`,
  ],
  [
    'legacy request.data',
    `show(request.data, request.method)`,
    {
      phase: 'test',
      request: { method: 'POST', url: 'http://x/', headers: [['Content-Type', 'text/plain']], body: 'abc' },
    },
  ],
  ['postman.getResponseCookie', `show(postman.getResponseCookie("nope"))`],
];

describeCompared('members of pm', cases);
