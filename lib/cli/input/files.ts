import { readFile } from 'node:fs/promises';
import { text as readAll } from 'node:stream/consumers';
import { CliError } from '../cli-error.js';
import { locateJsonFault } from '../../model/json-position.js';

/** A file's text, or standard input's for `-`. */
export async function readTextInput(path: string): Promise<string> {
  if (path === '-') return stripByteOrderMark(await readAll(process.stdin));
  try {
    return stripByteOrderMark(await readFile(path, 'utf8'));
  } catch (error) {
    throw new CliError(describeFileFault('read', path, error), 2, 'file_not_readable');
  }
}

export async function readBytesInput(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new CliError(describeFileFault('read', path, error), 2, 'file_not_readable');
  }
}

export async function readJsonInput(path: string): Promise<unknown> {
  const text = await readTextInput(path);
  return parseJson(text, path === '-' ? 'standard input' : path);
}

/** `source` is named in the message. */
export function parseJson(text: string, source: string): unknown {
  if (text.trim() === '')
    throw new CliError(`${source}: is empty; expected a JSON document`, 2, 'invalid_json');
  try {
    return JSON.parse(text);
  } catch (error) {
    const fault = locateJsonFault(text);
    const where = fault === undefined ? source : `${source}:${fault.line}:${fault.column}`;
    const what = fault?.message ?? (error instanceof Error ? error.message : String(error));
    throw new CliError(`${where}: JSON syntax error: ${what}`, 2, 'invalid_json');
  }
}

/** One line for a failed file operation, with what to do where that is known. */
export function describeFileFault(verb: 'read' | 'write', path: string, error: unknown): string {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  switch (code) {
    case 'ENOENT':
      return verb === 'read' ? `${path}: no such file` : `${path}: its folder does not exist`;
    case 'EISDIR':
      return `${path}: is a folder, not a file`;
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return `${path}: no permission to ${verb} it`;
    case 'ENOTDIR':
      return `${path}: a part of this path is a file, not a folder`;
    default:
      return `${path}: cannot ${verb} it (${code ?? (error instanceof Error ? error.message : String(error))})`;
  }
}

function stripByteOrderMark(text: string): string {
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}
