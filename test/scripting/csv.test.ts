import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ScriptRunner } from './support/runner.js';
import { describeCompared, type ComparedScript } from './support/suite.js';

/** `parse` logs what comes of a text: the records, or all that a script can see of the error. */
const prelude = `const csv = require("csv-parse/lib/sync");
const parse = (text, options) => {
  try { show(csv(text, options)); } catch (error) { show(error.name, error.message, error instanceof Error, Object.keys(error)); }
};
`;

const cases: [name: string, code: string][] = [
  [
    'plain',
    String.raw`parse("a,b\n1,2\n"); parse("a,b\r\n1,2"); parse("a,b\r1,2"); parse(""); parse("\n"); parse("a,,"); parse(Buffer.from("é,b")); parse("a", null); parse("a", undefined);`,
  ],
  ['data that is no text', 'parse(undefined); parse(null); parse(5); parse(true); parse(["a,b"]);'],
  [
    'quotes',
    String.raw`parse('"a ""b""",c\n"d\ne",f'); parse("'a,b',c", { quote: "'" }); parse('"a",b', { quote: null }); parse('"a",b', { quote: "" }); parse('"a\\"b",c', { escape: "\\" }); parse('"a""b"', { escape: null });`,
  ],
  [
    'quotes out of place',
    String.raw`for (const text of ['a "b",c', 'p,q\n"a"b,c', '"a', 'x,y\n1,"2']) { parse(text); parse(text, { relax: true }); parse(text, { columns: ["p", "q"], relax: 0 }); parse(text.replace(/,/g, ";"), { delimiter: ";" }); }`,
  ],
  [
    'delimiters',
    String.raw`parse("a;b,c", { delimiter: ";" }); parse("a||b|c", { delimiter: "||" }); parse("a\tb", { delimiter: "\t" }); parse("a|b", { rowDelimiter: "|" }); parse("a|b;c", { rowDelimiter: ["|", ";"] }); parse("a\nb", { rowDelimiter: null });`,
  ],
  [
    'columns',
    String.raw`parse("a,b\n1,2\n3,4", { columns: true }); parse("1,2", { columns: ["a", "b"] }); parse("1,2,3", { columns: ["a", false, "c"] }); parse("a,b\n1,2", { columns: (names) => names.map((name) => name.toUpperCase()) }); parse("a,a,b\n1,2,3", { columns: true }); parse("a\n", { columns: () => { throw new RangeError("mine") } });`,
  ],
  [
    'values that are read as numbers and dates',
    String.raw`const text = "a,b,c,d,e,f\n1,-2.5,1e3,x,007,\n+4, 5 ,0x1f,2020-01-02,NaN,true\n"; parse(text, { auto_parse: true }); parse(text, { auto_parse: 1, auto_parse_date: true }); parse(text, { auto_parse_date: true }); parse(text, { columns: true, auto_parse: true });`,
  ],
  [
    'blanks',
    String.raw`for (const options of [{ trim: true }, { ltrim: true }, { rtrim: 1 }, {}]) { parse(' a , "b"\n\tc d\t,e \n"f "," g"', options); parse('"a" b,c', options); }`,
  ],
  [
    'from and to',
    String.raw`const text = "a\nb\n\nc\nd"; parse(text, { from: 2, to: 3 }); parse(text, { from: "3" }); parse(text, { to: 0 }); parse(text, { columns: true, to: 1 }); parse(text, { from: "x" }); parse("a\nb,c\n", { to: 1 });`,
  ],
  [
    'comments',
    String.raw`parse("# one\na,b # two\n1,2\n#three", { comment: "#" }); parse("a,b\n1,2// x\n", { comment: "//" }); parse("#a,b", { comment: "" });`,
  ],
  [
    'empty lines and values',
    String.raw`const text = "a,b\n\n , \n1,2\n\n"; parse(text); parse(text, { columns: true }); parse(text, { skip_empty_lines: true }); parse(text, { skip_empty_lines: true, skip_lines_with_empty_values: true }); parse(text, { skip_lines_with_empty_values: 1, columns: true });`,
  ],
  [
    'a byte order mark',
    String.raw`parse("\ufeffa,b\n1,2", { columns: true }); parse(Buffer.from("\ufeffa,b\n1,2"), { columns: true }); parse('\ufeff"a",b'); parse("a\n\ufeffb");`,
  ],
  [
    'numbers of columns',
    String.raw`for (const text of ["a,b\n1\n4,5\n", "a,b\n1,2,3\n4,5\n", "a,b\n1,2\n4", "a,b\n4,5,"]) for (const columns of [undefined, true, ["x", "y"]]) parse(text, { columns }); parse("a,b\n1\n4,5\n", { relax_column_count: true }); parse("a,b\n1\n4,5\n", { columns: true, relax_column_count: 1 });`,
  ],
  [
    'objects by name',
    String.raw`parse("k,v\na,1\nb,2", { columns: true, objname: "k" }); parse("a,1\nb,2", { objname: "k" }); parse("a,1", { objname: "" });`,
  ],
  [
    'raw lines',
    String.raw`parse("a,b\n1,2\n", { raw: true }); parse("1,2\n3,4", { raw: 1, columns: ["a", "b"] });`,
  ],
  ['the function itself', 'show(typeof csv, Object.keys(csv), Array.isArray(csv("a")), csv.length);'],
];

describeCompared(
  "csv-parse as Postman's",
  cases.map(([name, code]): ComparedScript => [name, prelude + code]),
);

describe('names of columns', () => {
  let runner: ScriptRunner;
  before(() => {
    runner = new ScriptRunner();
  });
  after(() => runner.close());

  it('that mean prototypes are names like others', async () => {
    const outcome = await runner.run({
      scripts: [
        {
          name: 'script',
          code: String.raw`const csv = require("csv-parse/lib/sync");
          const before = Object.getOwnPropertyNames(Object.prototype).length;
          const isPlain = (value) => Object.getPrototypeOf(value) === Object.prototype;
          for (const name of ["__proto__", "constructor", "toString"]) {
            const text = name + "," + name + ",b\npolluted,{},1\n";
            for (const duplicates of [true, false]) {
              const [row] = csv(text, { columns: true, columns_duplicates_to_array: duplicates });
              console.log(name, duplicates, isPlain(row), JSON.stringify(row[name]), JSON.stringify(row));
            }
            const cast = (value) => value === name ? name : { hit: value };
            const [row] = csv(text, { columns: true, columns_duplicates_to_array: true, cast: (value, { header }) => header ? value : cast(value) });
            console.log(name, isPlain(row), row.hit, {}.hit);
          }
          const keyed = csv("k,v\n__proto__,1", { columns: true, objname: "k" });
          console.log(isPlain(keyed), Object.keys(keyed).join(), {}.v, Object.getOwnPropertyNames(Object.prototype).length === before);`,
        },
      ],
    });
    assert.equal(outcome.error, null);
    const lines = ['__proto__', 'constructor', 'toString'].flatMap((name) => [
      `${name} true true ["polluted","{}"] {"${name}":["polluted","{}"],"b":"1"}`,
      `${name} false true "{}" {"${name}":"{}","b":"1"}`,
      `${name} true undefined undefined`,
    ]);
    assert.deepEqual(
      outcome.console.map(([, message]) => message),
      [...lines, 'true __proto__ undefined true'],
    );
  });
});
