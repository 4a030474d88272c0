import { isUtf8 } from 'node:buffer';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { buffer as readStream } from 'node:stream/consumers';
import { CliError } from '../cli-error.js';
import type { RequestOptions } from '../options/request-options.js';
import { readBytesInput, readJsonInput, readTextInput } from './files.js';
import { variablesOf, vaultOf, type BodyInput, type RequestTexts } from './request-input.js';
import { classifyTarget } from './target.js';

export interface TargetInput {
  /** The document of a file or of standard input, or `{url}`. */
  document: Record<string, unknown>;
  /** For messages and for the name of the run: the URL or the file. */
  name: string;
}

/** What the argument of `run` or `load` names, read and known to be an object. */
export async function readTarget(argument: string): Promise<TargetInput> {
  const target = classifyTarget(argument, existsSync);
  if (target.kind === 'url') return { document: { url: target.url }, name: target.url };
  const path = target.kind === 'stdin' ? '-' : target.path;
  const name = target.kind === 'stdin' ? 'standard input' : target.path;
  const document = await readJsonInput(path);
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    const got = Array.isArray(document) ? 'an array' : JSON.stringify(document);
    throw new CliError(`${name}: expected an object that describes a request, got ${got}`, 2, 'invalid_json');
  }
  return { document: document as Record<string, unknown>, name };
}

/** Reads the files that the options name. */
export async function readRequestTexts(options: RequestOptions): Promise<RequestTexts> {
  const texts: RequestTexts = {};
  const body = await readBody(options);
  if (body !== undefined) texts.body = body;
  if (options.script !== undefined) texts.script = await readTextInput(options.script);
  if (options.preScript !== undefined) texts.preScript = await readTextInput(options.preScript);
  if (options.env !== undefined)
    texts.environment = variablesOf(await readJsonInput(options.env), options.env);
  if (options.vaultFile !== undefined)
    texts.vault = vaultOf(await readJsonInput(options.vaultFile), options.vaultFile);
  return texts;
}

async function readBody(options: RequestOptions): Promise<BodyInput | undefined> {
  const parts = options.data ?? [];
  if (options.dataFile !== undefined) {
    if (parts.length > 0)
      throw new CliError('--data-file: cannot be used together with --data; a request has one body');
    return readBodyFile(options.dataFile);
  }
  if (parts.length === 0) return undefined;
  const [first] = parts;
  if (parts.length === 1 && first?.startsWith('@') === true) return readBodyFile(first.slice(1));
  const texts = await Promise.all(
    parts.map((part) => (part.startsWith('@') ? readTextInput(part.slice(1)) : Promise.resolve(part))),
  );
  return { kind: 'text', text: texts.join('&') };
}

/** Text stays text, so that templates in it are resolved; bytes are left to be sent from the file. */
async function readBodyFile(path: string): Promise<BodyInput> {
  if (path === '-') return { kind: 'text', text: (await readStream(process.stdin)).toString('utf8') };
  const bytes = await readBytesInput(path);
  return isUtf8(bytes)
    ? { kind: 'text', text: bytes.toString('utf8') }
    : { kind: 'file', path: resolve(path) };
}
