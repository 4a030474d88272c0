/** The names that scripts see, and the removal of those they must not. */

import { requireLibrary, library } from '../libraries/require.js';
import { webGlobals } from '../web/index.js';
import { scriptConsole } from './console.js';
import { native } from './native.js';
import { legacyGlobals, legacyResponseGlobals, postman } from './legacy.js';
import { timers } from './timers.js';

const removed = [
  'globalThis',
  'FinalizationRegistry',
  'Iterator',
  'navigator',
  'performance',
  'InternalError',
  'gc',
];

/** Libraries that are globals, by bundle. */
const libraryGlobals: Record<string, string> = {
  _: 'lodash',
  CryptoJS: 'crypto-js',
  cheerio: 'cheerio',
  tv4: 'tv4',
  Backbone: 'backbone',
  xml2Json: 'xml2json',
};

export function defineGlobals(scope: object): void {
  const define = (name: string, value: unknown): void => {
    Object.defineProperty(scope, name, { value, writable: true, configurable: true, enumerable: false });
  };
  const defineLazy = (name: string, get: () => unknown): void => {
    Object.defineProperty(scope, name, { get, configurable: true, enumerable: false });
  };
  // QuickJS's own keeps its state in the realm, where going back to an earlier one would repeat it.
  Math.random = native.random;
  for (const name of removed) delete (scope as Record<string, unknown>)[name];
  define('console', scriptConsole);
  define('postman', postman);
  define('require', requireLibrary);
  for (const [name, value] of Object.entries(timers)) define(name, value);
  for (const [name, value] of Object.entries(webGlobals)) define(name, value);
  for (const [name, get] of Object.entries(legacyGlobals)) defineLazy(name, get);
  for (const [name, get] of Object.entries(legacyResponseGlobals)) {
    defineLazy(name, () => (native.hasResponse() ? get() : undefined));
  }
  for (const [name, bundle] of Object.entries(libraryGlobals)) defineLazy(name, () => library(bundle));
  defineLazy('Buffer', () => (library('buffer') as { Buffer: unknown }).Buffer);
}
