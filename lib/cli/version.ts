import { readFileSync } from 'node:fs';

/** Of the package: the same path from lib/cli and from dist/cli. */
const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

export const version = manifest.version;
