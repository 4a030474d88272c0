// QuickJS's C source in .cache/quickjs-<version>, from the first place that has it. It is never committed.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cacheDirectory, findProgram, projectRoot, run, say, StepError } from './shell.mjs';

const version = '2025-04-26';
const official = {
  url: `https://bellard.org/quickjs/quickjs-${version}.tar.xz`,
  sha256: '2f20074c25166ef6f781f381c50d57b502cb85d470d639abccebbef7954c83bf',
};
/** The same release as Debian packs it. */
const debian = {
  suite: 'trixie',
  sha256: 'ec81da5b3249ed648dbc7df4a1654988910e66a118d9b71cb63534216efcfbbe',
};
const knownSums = [official.sha256, debian.sha256];
const advice = [
  'Give it one of these and run this again:',
  `  VAYU_QUICKJS_TARBALL=<file>        ${official.url}`,
  '  VAYU_QUICKJS_SOURCE_DIR=<folder>   an unpacked source with quickjs.c',
];

/** Returns the folder that holds quickjs.c, or undefined where vcpkg brings QuickJS and the source is not wanted all the same. */
export async function ensureQuickjsSource({ evenWithVcpkg = false } = {}) {
  const given = process.env.VAYU_QUICKJS_SOURCE_DIR;
  if (given) {
    if (existsSync(path.join(given, 'quickjs.c'))) return path.resolve(given);
    throw new StepError(
      `VAYU_QUICKJS_SOURCE_DIR is ${given}, where there is no quickjs.c.`,
      'Name the folder that holds quickjs.c, or unset it.',
    );
  }
  if (process.env.VCPKG_ROOT && !evenWithVcpkg) return undefined;
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

/** Through the machine's own apt, with a temporary copy of its sources that names the release that has QuickJS. */
function fetchFromDebian() {
  const mirrors = findProgram('apt-get') === undefined ? [] : debianMirrors();
  if (mirrors.length === 0) throw new StepError("QuickJS's source could not be fetched.", advice);
  const folder = mkdtempSync(path.join(tmpdir(), 'vayu-quickjs-'));
  try {
    const sources = path.join(folder, 'quickjs.sources');
    writeFileSync(sources, mirrors.map(sourceStanza).join('\n'));
    for (const name of ['lists/partial', 'cache/archives/partial'])
      mkdirSync(path.join(folder, name), { recursive: true });
    const options = [
      `Dir::Etc::sourcelist=${sources}`,
      'Dir::Etc::sourceparts=/dev/null',
      `Dir::State::lists=${folder}/lists`,
      `Dir::Cache=${folder}/cache`,
      'APT::Sandbox::User=root',
    ].flatMap((option) => ['-o', option]);
    // A mirror without the release makes `update` fail although another has it.
    let failure;
    try {
      run('apt-get', [...options, '-qq', 'update'], { quiet: true });
    } catch (error) {
      failure = error;
    }
    try {
      run('apt-get', [...options, '-qq', 'source', '--download-only', 'quickjs'], {
        cwd: folder,
        quiet: true,
      });
    } catch (error) {
      throw new StepError(`QuickJS's source could not be fetched: ${(failure ?? error).message}`, advice);
    }
    const tarball = readdirSync(folder).find((name) => name.endsWith('.orig.tar.xz'));
    if (!tarball) throw new StepError("Debian's source package of QuickJS holds no tarball.", advice);
    return unpack(path.join(folder, tarball));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function sourceStanza({ uri, signedBy }) {
  return `Types: deb-src\nURIs: ${uri}\nSuites: ${debian.suite}\nComponents: main\nSigned-By: ${signedBy}\n`;
}

/** The mirrors of Debian's main archive that this machine uses. */
function debianMirrors() {
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  if (!existsSync(keyring)) return [];
  const folder = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : []),
  ].filter((file) => existsSync(file) && /\.(list|sources)$/.test(file));
  const uris = new Set(
    files.flatMap((file) =>
      file.endsWith('.list')
        ? oneLineUris(readFileSync(file, 'utf8'))
        : stanzaUris(readFileSync(file, 'utf8')),
    ),
  );
  return [...uris].map((uri) => ({ uri, signedBy: keyring }));
}

function oneLineUris(text) {
  return [...text.matchAll(/^\s*deb(?:-src)?\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)/gm)]
    .filter(([, uri, suite]) => isDebianArchive(uri, suite))
    .map(([, uri]) => uri);
}

function stanzaUris(text) {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name) =>
      (new RegExp(`^${name}:\\s*(.*)$`, 'im').exec(stanza)?.[1] ?? '').split(/\s+/).filter(Boolean);
    return field('URIs').filter((uri) => field('Suites').some((suite) => isDebianArchive(uri, suite)));
  });
}

function isDebianArchive(uri, suite) {
  return /debian\/?$/.test(uri) && !/security/.test(`${uri} ${suite}`);
}
