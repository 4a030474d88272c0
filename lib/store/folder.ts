import fs from 'node:fs';
import path from 'node:path';
import { VayuError } from '../model/errors.js';

/**
 * Makes a data directory, for its owner alone, where it does not exist; throws `data_dir_not_writable`. Level by level, as Node's recursive
 * mkdir never returns below folders such as /proc.
 */
export function makeDataDir(folder: string): void {
  const missing: string[] = [];
  let existing = path.resolve(folder);
  while (!fs.existsSync(existing) && path.dirname(existing) !== existing) {
    missing.unshift(existing);
    existing = path.dirname(existing);
  }
  try {
    for (const level of missing) fs.mkdirSync(level, { mode: 0o700 });
    fs.accessSync(folder, fs.constants.W_OK);
    if (!fs.statSync(folder).isDirectory()) throw new Error(`${folder} is a file`);
  } catch (error) {
    throw dataDirNotWritable(folder, error);
  }
}

export function dataDirNotWritable(folder: string, cause: unknown): VayuError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new VayuError(
    'data_dir_not_writable',
    `The data directory ${folder} cannot be written: ${reason}. Choose another with --data-dir.`,
    { folder },
    { cause },
  );
}
