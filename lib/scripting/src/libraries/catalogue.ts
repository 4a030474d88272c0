/** Module names and the bundles that hold them. '' is an empty object. */

const bundles: Record<string, string> = {
  lodash: 'lodash',
  moment: 'moment',
  uuid: 'uuid',
  cheerio: 'cheerio',
  'crypto-js': 'crypto-js',
  ajv: 'ajv',
  tv4: 'tv4',
  chai: 'chai',
  'csv-parse/lib/sync': 'csv-parse',
  'csv-parse': 'csv-parse',
  xml2js: 'xml2js',
  'postman-collection': 'postman-collection',
  backbone: 'backbone',
  atob: 'atob',
  btoa: 'btoa',
  path: 'path',
  assert: 'assert',
  buffer: 'buffer',
  util: 'util',
  url: 'url',
  punycode: 'punycode',
  querystring: 'querystring',
  string_decoder: 'string_decoder',
  stream: 'stream',
  timers: 'timers',
  events: 'events',
  fs: '',
};

/** Undefined: no such module. */
export function bundleOf(name: string): string | undefined {
  const bare = name.startsWith('node:') ? name.slice(5) : name;
  return Object.hasOwn(bundles, bare) ? bundles[bare] : undefined;
}
