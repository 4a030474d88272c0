// QuickJS's C source in .cache/quickjs-<version>, from the first place that has it. It is never committed.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { hasDebianSources, withDebianSources } from './debian-source.mjs';
import { cacheDirectory, projectRoot, run, say, StepError } from './shell.mjs';

const version = '2025-04-26';
const official = {
  url: `https://bellard.org/quickjs/quickjs-${version}.tar.xz`,
  sha256: '2f20074c25166ef6f781f381c50d57b502cb85d470d639abccebbef7954c83bf',
};
const sumOfDebian = 'ec81da5b3249ed648dbc7df4a1654988910e66a118d9b71cb63534216efcfbbe';
const knownSums = [official.sha256, sumOfDebian];
const advice = [
  'Give it one of these and run this again:',
  `  VAYU_QUICKJS_TARBALL=<file>        ${official.url}`,
  '  VAYU_QUICKJS_SOURCE_DIR=<folder>   an unpacked source with quickjs.c',
];

/** Returns the folder that holds quickjs.c. */
export async function ensureQuickjsSource() {
  const given = process.env.VAYU_QUICKJS_SOURCE_DIR;
  if (given) {
    if (existsSync(path.join(given, 'quickjs.c'))) return path.resolve(given);
    throw new StepError(
      `VAYU_QUICKJS_SOURCE_DIR is ${given}, where there is no quickjs.c.`,
      'Name the folder that holds quickjs.c, or unset it.',
    );
  }
  // The package that npm installs brings the source along.
  for (const folder of [
    path.join(projectRoot, 'vendor', 'quickjs'),
    path.join(cacheDirectory, `quickjs-${version}`),
  ]) {
    if (existsSync(path.join(folder, 'quickjs.c'))) return folder;
  }
  const tarball = process.env.VAYU_QUICKJS_TARBALL;
  if (tarball) {
    if (!existsSync(tarball))
      throw new StepError(`VAYU_QUICKJS_TARBALL is ${tarball}, which does not exist.`, advice);
    return unpack(tarball);
  }
  return (await fetchOfficial()) ?? fetchFromDebian();
}

function unpack(tarball) {
  const sum = createHash('sha256').update(readFileSync(tarball)).digest('hex');
  if (!knownSums.includes(sum)) {
    throw new StepError(`${tarball} is not QuickJS ${version}: its SHA-256 is ${sum}.`, [
      `It should be ${knownSums.join(' or ')}.`,
      ...advice,
    ]);
  }
  mkdirSync(cacheDirectory, { recursive: true });
  const folder = path.join(cacheDirectory, `quickjs-${version}`);
  const unpacked = mkdtempSync(path.join(cacheDirectory, 'unpack-'));
  run('tar', ['-xJf', path.resolve(tarball), '--strip-components=1', '-C', unpacked], {
    quiet: true,
    advice: 'tar needs xz to unpack it.',
  });
  rmSync(folder, { recursive: true, force: true });
  renameSync(unpacked, folder);
  return folder;
}

async function fetchOfficial() {
  const folder = mkdtempSync(path.join(tmpdir(), 'vayu-quickjs-'));
  try {
    say(`Fetching QuickJS ${version}`);
    const response = await fetch(official.url, { signal: AbortSignal.timeout(30_000) });
    if (!response.ok) throw new Error(`HTTP status ${response.status}`);
    const file = path.join(folder, 'quickjs.tar.xz');
    writeFileSync(file, Buffer.from(await response.arrayBuffer()));
    return unpack(file);
  } catch (error) {
    if (error instanceof StepError) throw error;
    say(
      `Its own site cannot be reached (${error.cause?.code ?? error.message}); trying Debian's source package`,
    );
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The same release as Debian packs it. */
function fetchFromDebian() {
  if (!hasDebianSources()) throw new StepError("QuickJS's source could not be fetched.", advice);
  let folder;
  withDebianSources(['quickjs'], advice, (tarball) => {
    folder = unpack(tarball);
  });
  return folder;
}
