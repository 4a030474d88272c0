import { accessSync, constants, statSync, writeFileSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { CliError } from './cli-error.js';
import { describeFileFault } from './input/files.js';

export const resultFormats = ['json', 'csv', 'xml'] as const;
export type ResultFormat = (typeof resultFormats)[number];

export interface ResultFile {
  path: string;
  format: ResultFormat;
}

/** The files of `--out`, checked before anything runs, so that a long run does not end in a file that cannot be written. */
export function checkResultFiles(paths: readonly string[] | undefined): ResultFile[] {
  return (paths ?? []).map((path) => {
    const ending = extname(path).slice(1).toLowerCase();
    const format = resultFormats.find((one) => one === ending);
    if (format === undefined) {
      throw new CliError(
        `--out: expected a file that ends in .json, .csv or .xml, got ${JSON.stringify(path)}`,
      );
    }
    try {
      accessSync(dirname(resolve(path)), constants.W_OK);
      const existing = statSync(path, { throwIfNoEntry: false });
      if (existing?.isDirectory() === true) throw Object.assign(new Error('is a folder'), { code: 'EISDIR' });
      if (existing !== undefined) accessSync(path, constants.W_OK);
    } catch (error) {
      throw new CliError(`--out: ${describeFileFault('write', path, error)}`);
    }
    return { path, format };
  });
}

export function writeResultFiles(
  files: readonly ResultFile[],
  render: Record<ResultFormat, () => string>,
): void {
  for (const { path, format } of files) {
    try {
      writeFileSync(path, render[format]());
    } catch (error) {
      throw new CliError(`--out: ${describeFileFault('write', path, error)}`);
    }
  }
}
