// Writes docs/cli.md from the commands, docs/api.md from the API's description, and pictures from their figures. `--check` writes nothing and fails where they differ.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { apiReference } from './docs/api-reference.js';
import { cliReference } from './docs/cli-reference.js';
import { stallPicture } from './docs/stall-picture.js';

const check = process.argv.includes('--check');
const pages: [path: string, text: string][] = [
  ['docs/cli.md', await cliReference()],
  ['docs/api.md', await apiReference()],
  ['docs/images/stall.svg', stallPicture()],
];
for (const [path, raw] of pages) {
  const file = fileURLToPath(new URL(`../${path}`, import.meta.url));
  const text = path.endsWith('.md')
    ? await format(raw, { ...(await resolveConfig(file)), parser: 'markdown' })
    : raw;
  if (!check) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) {
    process.stderr.write(`${path} is not up to date; run npm run docs\n`);
    process.exitCode = 1;
  }
}
