import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, it } from 'node:test';
import { ScriptRunner } from './support/runner.js';

/** `faker.fake` of the version that Postman's collection library asks for executes what such a text holds. */
const name = 'fake.constructor(return 66 * 1010101)';
const executed = '66666666';
const template = `{{${name}}}`;

const require = createRequire(import.meta.url);
const faker = createRequire(require.resolve('postman-collection'))('@faker-js/faker/locale/en') as {
  fake(text: string): string;
};
const generators = Object.keys(require('postman-collection/lib/superstring/dynamic-variables') as object);

/** Names that are none of a dynamic variable's, though they lead to something in an object or a function. */
const names = [
  name,
  `$${name}`,
  `$randomCity(${name})`,
  `$randomCity.${name}`,
  '$randomCity.constructor(return 66 * 1010101)',
  '$randomCity.call',
  '$fake',
  '$seed',
  '$generators',
  '$constructor',
  '$toString',
  '$__proto__',
  '$hasOwnProperty',
];

describe('templates of faker', () => {
  let runner: ScriptRunner;
  before(() => {
    runner = new ScriptRunner();
  });
  after(() => runner.close());

  async function printed(code: string): Promise<unknown[]> {
    const outcome = await runner.run({
      scripts: [{ name: 'script', code }],
      variables: { environment: { stored: template } },
    });
    assert.equal(outcome.error, null);
    return outcome.console.map(([, line]) => JSON.parse(line) as unknown);
  }

  it('are executed by the library itself', () => {
    assert.equal(faker.fake(template), executed);
  });

  it('are texts like others in names and values of variables', async () => {
    const texts = [...names.map((odd) => `{{${odd}}}`), template, `{{$randomCity {{stored}}}}`];
    const [own, ofCollection, stored] = await printed(`
      const { Property, VariableScope } = require("postman-collection");
      const texts = ${JSON.stringify(texts)};
      console.log(JSON.stringify(texts.map((text) => pm.variables.replaceIn(text))));
      console.log(JSON.stringify(texts.map((text) => Property.replaceSubstitutions(text, {}))));
      const scope = new VariableScope([{ key: "stored", value: ${JSON.stringify(template)} }]);
      console.log(JSON.stringify([pm.environment.replaceIn("{{stored}}"), scope.replaceIn("{{stored}}")]));`);
    const nested = `{{$randomCity ${template}}}`;
    assert.deepEqual(own, [...texts.slice(0, -1), nested]);
    assert.deepEqual(ofCollection, texts);
    assert.deepEqual(stored, [template, template]);
  });

  it('reach no generator that would execute them, whatever a script hands to the collection library', async () => {
    const [found] = await printed(`
      const sdk = require("postman-collection");
      // The library adds its generators to the list that it is given.
      const list = [];
      sdk.Property.replaceSubstitutions("{{a}}", list);
      const results = Object.entries(list[0]).map(([name, generator]) => {
        const texts = [];
        for (const given of [${JSON.stringify(template)}, { format: ${JSON.stringify(template)} }, [${JSON.stringify(template)}]]) {
          try { texts.push(String(generator(given, given, given))); } catch (error) { texts.push(error.message); }
        }
        return [name, texts.every((text) => !text.includes(${JSON.stringify(executed)}))];
      });
      const seen = new Set();
      const ways = [[sdk, "sdk"], [list, "list"]];
      let fakes = [];
      for (const [value, way] of ways) {
        if (value === null || (typeof value !== "object" && typeof value !== "function") || seen.has(value)) continue;
        seen.add(value);
        if (value.name === "fake" || typeof value.fake === "function") fakes.push(way);
        for (const key of Reflect.ownKeys(value)) {
          const { value: member, get } = Object.getOwnPropertyDescriptor(value, key);
          ways.push([member, way + "." + String(key)], [get, way + ".get " + String(key)]);
        }
        ways.push([Object.getPrototypeOf(value), way + ".__proto__"]);
      }
      console.log(JSON.stringify({ names: results.map(([name]) => name), unharmed: results.every(([, is]) => is), fakes, many: seen.size > 500 }));`);
    assert.deepEqual(found, { names: generators, unharmed: true, fakes: [], many: true });
  });
});
