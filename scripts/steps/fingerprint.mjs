// Whether a build is newer than what it is made of: a hash over the content of its inputs, kept beside its output.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from './shell.mjs';

/** Hash over files and folders (relative to the project) and any further strings the build depends on. */
export function fingerprint(inputs, { skip = () => false, extra = [] } = {}) {
  const hash = createHash('sha256');
  for (const text of extra) hash.update(`${text}\0`);
  for (const input of inputs) addPath(hash, input, skip);
  return hash.digest('hex');
}

function addPath(hash, relative, skip) {
  const absolute = path.join(projectRoot, relative);
  if (skip(relative) || !existsSync(absolute)) return;
  if (statSync(absolute).isDirectory()) {
    for (const name of readdirSync(absolute).sort()) addPath(hash, `${relative}/${name}`, skip);
    return;
  }
  hash.update(`${relative}\0`);
  hash.update(readFileSync(absolute));
}

export function isFresh(stampFile, print, outputs) {
  const stamp = path.join(projectRoot, stampFile);
  return (
    existsSync(stamp) &&
    readFileSync(stamp, 'utf8') === print &&
    outputs.every((output) => existsSync(path.join(projectRoot, output)))
  );
}

export function writeStamp(stampFile, print) {
  const stamp = path.join(projectRoot, stampFile);
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, print);
}
