import type { Situation } from './compare.js';

/** Put before a script: logs values so that text and what JSON has no word for can be told apart. */
export const show =
  'const show = (...values) => console.log(...values.map((value) => value === undefined ? "undefined" : JSON.stringify(value)));\n';

/** A pre-request script's POST with a body, repeated headers and a URL of every part. */
export const form: Situation = {
  phase: 'prerequest',
  request: {
    method: 'POST',
    url: 'https://example.com:8443/a/:id/b?x=1&y=&z#frag',
    headers: [
      ['Content-Type', 'text/plain'],
      ['X-A', '1'],
      ['x-a', '2'],
    ],
    body: 'raw body',
  },
};
