import { statSync } from 'node:fs';
import path from 'node:path';
import { openData } from '../engine/data.js';
import type { DataRows } from '../engine/types.js';
import { VayuError } from '../model/errors.js';
import type { RunConfig } from '../model/run-config.js';

const fileOf = (file: string, baseDir: string | undefined): string =>
  path.resolve(baseDir ?? process.cwd(), file);

/** Throws `bad_request` where a run's data file is not there. */
export function checkDataFile(data: RunConfig['data'], baseDir: string | undefined): void {
  if (typeof data !== 'string') return;
  const file = fileOf(data, baseDir);
  if (statSync(file, { throwIfNoEntry: false })?.isFile() === true) return;
  throw new VayuError('bad_request', `data: there is no file ${JSON.stringify(file)}`);
}

/** The rows of a run, if it has any. Throws `bad_request` where they cannot be used. */
export async function openRunData(
  data: RunConfig['data'],
  baseDir: string | undefined,
): Promise<DataRows | undefined> {
  if (data === undefined) return undefined;
  return openData(typeof data === 'string' ? fileOf(data, baseDir) : data);
}
