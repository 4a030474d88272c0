import { createRequire } from 'node:module';
import { describeCompared, type ComparedScript } from './support/suite.js';

const names = Object.keys(
  createRequire(import.meta.url)('postman-collection/lib/superstring/dynamic-variables') as object,
);

/** What is made anew each time is compared by its kind, ciphers by what they give for a given key. */
const cases: ComparedScript[] = [
  [
    'every dynamic variable: numbers, texts or booleans',
    `const kindOf = (name) => {
      const values = Array.from({ length: 40 }, () => pm.variables.replaceIn("{{" + name + "}}"));
      if (values.some((value) => value.includes("{{"))) return "unknown";
      if (values.some((value) => value === "")) return "empty";
      if (values.every((value) => value === "true" || value === "false")) return "boolean";
      return values.every((value) => !isNaN(value)) ? "number" : "text";
    };
    for (const name of ${JSON.stringify(names)}) show(name, kindOf(name));`,
  ],
  [
    'dynamic variables of a fixed form',
    `const forms = {
      $guid: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      $randomUUID: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      $timestamp: /^\\d{10}$/,
      $isoTimestamp: /^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$/,
      $randomInt: /^\\d{1,4}$/,
      $randomAlphaNumeric: /^[0-9a-z]$/,
      $randomBoolean: /^(true|false)$/,
      $randomHexColor: /^#[0-9a-f]{6}$/,
      $randomAbbreviation: /^[A-Z]+$/i,
      $randomIP: /^\\d{1,3}(\\.\\d{1,3}){3}$/,
      $randomIPV6: /^[0-9a-f]{4}(:[0-9a-f]{4}){7}$/,
      $randomMACAddress: /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/,
      $randomPassword: /^\\w{15}$/,
      $randomLocale: /^[a-z]{2}/,
      $randomProtocol: /^https?$/,
      $randomSemver: /^\\d+\\.\\d+\\.\\d+$/,
      $randomUserAgent: /^(Mozilla|Opera)/,
      $randomColor: /^[a-z ]+$/,
      $randomLoremLines: /^\\w/,
    };
    for (const [name, form] of Object.entries(forms)) {
      const values = Array.from({ length: 20 }, () => pm.variables.replaceIn("{{" + name + "}}"));
      show(name, values.every((value) => form.test(value)));
    }`,
  ],
  [
    'ids that postman-collection gives',
    `const { Request, Item, Collection } = require("postman-collection");
    const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    const ids = [new Request("http://x").id, new Request("http://x").id, new Item({ name: "a" }).id, new Collection().id];
    show(ids.map((id) => form.test(id)), new Set(ids).size, new Item({ id: "own" }).id);`,
  ],
  [
    'ciphers of CryptoJS',
    `const { enc, mode, pad } = CryptoJS;
    const key = enc.Hex.parse("000102030405060708090a0b0c0d0e0f1011121314151617");
    const iv = enc.Hex.parse("0102030405060708090a0b0c0d0e0f10");
    for (const name of ["AES", "DES", "TripleDES", "RC4", "Rabbit"]) {
      const made = CryptoJS[name].encrypt("a secret text", key, { iv });
      show(name, made.ciphertext.toString(), CryptoJS[name].decrypt({ ciphertext: made.ciphertext }, key, { iv }).toString(enc.Utf8));
    }
    for (const padding of ["Pkcs7", "Iso97971", "ZeroPadding"]) {
      show(padding, CryptoJS.AES.encrypt("a", key, { iv, padding: pad[padding] }).ciphertext.toString());
    }
    for (const kind of ["CBC", "CFB", "CTR", "OFB", "ECB"]) {
      show(kind, CryptoJS.AES.encrypt("some text", key, { iv, mode: mode[kind] }).ciphertext.toString());
    }`,
  ],
  [
    'digests of CryptoJS',
    `for (const name of ["MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "SHA3", "RIPEMD160"]) {
      show(name, CryptoJS[name]("message").toString(), CryptoJS["Hmac" + name]("message", "key").toString());
    }
    show(CryptoJS.PBKDF2("password", "salt", { keySize: 4, iterations: 3 }).toString(), CryptoJS.EvpKDF("password", "salt", { keySize: 4, iterations: 3 }).toString());
    show(CryptoJS.PBKDF2("password", "salt", { keySize: 4 }).toString(), CryptoJS.PBKDF2("password", "salt", { hasher: CryptoJS.algo.SHA512, iterations: 2 }).toString());`,
  ],
  [
    'legacy: variables are cleared one by one and all at once',
    `postman.setGlobalVariable("a", 1); postman.setGlobalVariable("b", 2); postman.clearGlobalVariable("a"); show(pm.globals.toObject());
    postman.setEnvironmentVariable("c", 3); postman.setEnvironmentVariable("d", 4); postman.clearEnvironmentVariable("c"); show(pm.environment.toObject()); postman.clearEnvironmentVariables(); show(pm.environment.toObject());`,
  ],
  [
    'a URL read in every way',
    `const { url } = pm.request; show(url.getHost(), url.getPath(), url.getPathWithQuery(), url.getQueryString(), url.getRemote(), url.toString(), url.protocol, url.port, url.hash);`,
    { request: { method: 'GET', url: 'https://u:p@example.com:8443/a/:id/b?x=1&y=%20&x=2#part' } },
  ],
  [
    'other names of assertions',
    `const thrower = () => { throw new TypeError("bad") };
    pm.test("Throw", () => pm.expect(thrower).to.Throw(TypeError, "bad")); pm.test("throws", () => pm.expect(thrower).to.throws("good"));
    pm.test("satisfies", () => pm.expect(3).to.satisfies((n) => n > 5)); pm.test("changes", () => { const o = { n: 1 }; pm.expect(() => { o.n = 2 }).to.changes(o, "n") });
    pm.test("increases", () => { const o = { n: 1 }; pm.expect(() => { o.n = 3 }).to.increases(o, "n").by(2) }); pm.test("decreases", () => { const o = { n: 1 }; pm.expect(() => { o.n = 3 }).to.decreases(o, "n") });`,
  ],
];

describeCompared('values that are made, and other names', cases);
