import path from 'node:path';
import { VayuError } from '../model/errors.js';
import { loadAddon } from './addon.js';
import { decodeVariables } from './normalize.js';
import type { DataRows, Variables } from './types.js';

/**
 * Opens rows for the iterations of a load plan: a CSV file with a header line, a JSON file with an array of objects, or such an array. A file
 * is read once from end to end and afterwards row by row as iterations need them, so it must stay as it is while a run uses it. Throws a
 * {@link VayuError} `bad_request` that says which row is wrong.
 */
export async function openData(source: string | readonly Record<string, unknown>[]): Promise<DataRows> {
  const addon = loadAddon();
  const isFile = typeof source === 'string';
  try {
    return isFile
      ? await addon.openData(path.resolve(source), '')
      : await addon.openData(undefined, JSON.stringify(source));
  } catch (error) {
    throw new VayuError(
      'bad_request',
      `data: ${isFile ? JSON.stringify(source) : 'the rows'} cannot be used: ${(error as Error).message}`,
    );
  }
}

/** One row, from 0. Throws `bad_request` where the file is not what it was. */
export function readRow(data: DataRows, row: number): Variables {
  try {
    return decodeVariables(loadAddon().readRow(data.handle, row));
  } catch (error) {
    throw new VayuError('bad_request', `data: row ${row + 1}: ${(error as Error).message}`);
  }
}
