// Bundles lib/scripting and the libraries that scripts can require into one generated C++ file.
// usage: node scripts/build-scripting.mjs --out <directory>
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const source = join(root, 'lib/scripting/src');
/** Resolves as Postman's collection library does, which brings a faker of its own. */
const ofCollection = createRequire(createRequire(join(root, 'package.json')).resolve('postman-collection'));

/** Bundles with an entry of their own under lib/scripting/src. */
const ownEntries = {
  core: 'core/index.ts',
  xml2json: 'libraries/bundles/xml2json.cjs',
  uuid: 'libraries/bundles/uuid.cjs',
  'crypto-js': 'libraries/bundles/crypto-js.cjs',
  'csv-parse': 'libraries/bundles/csv-parse.cjs',
  faker: 'libraries/bundles/faker.cjs',
  'liquid-json': 'libraries/bundles/liquid-json.cjs',
  timers: 'libraries/bundles/timers.cjs',
  atob: 'libraries/bundles/atob.cjs',
  btoa: 'libraries/bundles/btoa.cjs',
};

/** Bundles that are an npm package as it comes. */
const packages = {
  chai: 'chai',
  lodash: 'lodash',
  moment: 'moment',
  cheerio: 'cheerio',
  ajv: 'ajv',
  tv4: 'tv4',
  xml2js: 'xml2js',
  'postman-collection': 'postman-collection',
  backbone: 'backbone',
  'http-reasons': 'http-reasons',
  buffer: 'buffer/',
  path: 'path-browserify',
  assert: 'assert/',
  util: 'util/',
  url: 'url/',
  punycode: 'punycode/',
  querystring: 'querystring-es3',
  string_decoder: 'string_decoder/',
  stream: 'stream-browserify',
  events: 'events/',
};

/**
 * Node's own modules inside of packages (`timers` is the sandbox's), and the packages that package.json overrides because cheerio 0.22,
 * which is Postman's, asks for versions with known weaknesses.
 */
const alias = {
  '@faker-js/faker/locale/en': ofCollection.resolve('@faker-js/faker/locale/en'),
  assert: 'assert/',
  buffer: 'buffer/',
  events: 'events/',
  'http-reasons': ofCollection.resolve('http-reasons'),
  'lodash.pick': 'lodash/pick',
  'nth-check': join(source, 'libraries/bundles/nth-check.cjs'),
  'nth-check-today': createRequire(join(root, 'package.json')).resolve('nth-check'),
  path: 'path-browserify',
  process: 'process/browser',
  punycode: 'punycode/',
  querystring: 'querystring-es3',
  stream: 'stream-browserify',
  string_decoder: 'string_decoder/',
  timers: join(source, 'libraries/bundles/timers.cjs'),
  url: 'url/',
  util: 'util/',
};

/** What packages written for Node ask of it. */
const processShim =
  '{env:{},argv:[],browser:true,platform:"browser",version:"",versions:{},cwd:function(){return"/"},on:function(){},emitWarning:function(){},' +
  'nextTick:function(f){var a=[].slice.call(arguments,1);queueMicrotask(function(){f.apply(null,a)})}}';

async function bundle(name) {
  const own = ownEntries[name];
  const result = await build({
    ...(own
      ? { entryPoints: [join(source, own)] }
      : {
          stdin: {
            contents: `module.exports = require(${JSON.stringify(packages[name])});`,
            resolveDir: root,
            loader: 'js',
          },
        }),
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'browser',
    mainFields: ['browser', 'main', 'module'],
    target: 'es2022',
    charset: 'ascii',
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: 'none',
    logLevel: 'error',
    tsconfigRaw: '{}',
    absWorkingDir: root,
    define: name === 'core' ? {} : { global: '__scope', globalThis: '__scope' },
    alias,
  });
  // Each bundle is a function of the native bridge that returns the module.
  const shims = name === 'core' ? '' : `var __scope=(function(){return this})(),process=${processShim};`;
  return `(function(__native){var module={exports:{}},exports=module.exports;${shims}${result.outputFiles[0].text};return module.exports})`;
}

/** A C++ string literal, split because compilers limit the length of one. */
function literal(text) {
  const escaped = text
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
    .replaceAll('\t', '\\t')
    .replaceAll('?', '\\?')
    // UTF-8 in octal: three digits, so that a digit behind it stays its own.
    .replace(/[^\x20-\x7e]/gu, (char) =>
      [...Buffer.from(char)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join(''),
    );
  const pieces = [];
  for (let at = 0; at < escaped.length;) {
    let end = Math.min(at + 8000, escaped.length);
    // Not inside of an escape.
    while (end < escaped.length && escaped.slice(end - 4, end + 1).includes('\\')) --end;
    pieces.push(`"${escaped.slice(at, end)}"`);
    at = end;
  }
  return pieces.join('\n');
}

const { values } = parseArgs({ options: { out: { type: 'string' } } });
if (values.out === undefined) {
  console.error('usage: build-scripting.mjs --out <directory>');
  process.exit(2);
}

const names = [...Object.keys(ownEntries), ...Object.keys(packages)];
const bundles = await Promise.all(names.map(async (name) => ({ name, code: await bundle(name) })));
const text = `// Generated by scripts/build-scripting.mjs. Do not edit.
#include "script/bundles.h"

namespace vayu {
namespace {
${bundles.map(({ code }, i) => `const char kBundle${i}[] =\n${literal(code)};`).join('\n')}
const ScriptBundle kBundles[] = {
${bundles.map(({ name, code }, i) => `    {"${name}", {kBundle${i}, ${Buffer.byteLength(code)}}},`).join('\n')}
};
}  // namespace

std::span<const ScriptBundle> scriptBundles() { return kBundles; }

}  // namespace vayu
`;
mkdirSync(values.out, { recursive: true });
const file = join(values.out, 'script_bundles.cc');
if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
