/* eslint-disable @typescript-eslint/no-unsafe-assignment, @typescript-eslint/no-unsafe-member-access -- answers are JSON that the asserts look into */
import assert from 'node:assert/strict';
import type { Api, Json, Target } from './support.js';

/** Saves a resource and answers its id. */
export const saved = async (api: Api, route: string, body: object): Promise<string> =>
  (await api.call('POST', route, body)).body.id as string;

/** Requests whose URL starts so. */
export const arrivals = (target: Target, start: string): Target['requests'] =>
  target.requests.filter(({ url }) => url.startsWith(start));

/** Sends a request whose script is `code`, and answers what came of it. */
export async function execute(api: Api, target: Target, code: string, more: object = {}): Promise<Json> {
  const { status, body } = await api.call('POST', '/request', {
    url: `${target.url}/root`,
    preRequestScript: code,
    ...more,
  });
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}

/** The lines of the console. */
export const said = (body: Json): string[] =>
  (body.console as { message: string }[]).map(({ message }) => message);

/** Code that tells what a call came to. */
export const telling = (call: string): string =>
  `await ${call}.then((r) => console.log(r === null ? 'null' : r.code + ' ' + r.text()), (e) => console.log(e.name, e.message))`;
