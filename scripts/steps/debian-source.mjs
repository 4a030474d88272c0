// Upstream source tarballs as Debian packs them, through the machine's own apt: a temporary copy of its sources names the release
// that is wanted, and nothing of the machine's settings is changed.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findProgram, run, StepError } from './shell.mjs';

const suite = 'trixie';
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Whether this machine has apt and a mirror of Debian's archive to ask. */
export function hasDebianSources() {
  return findProgram('apt-get') !== undefined && debianMirrors().length > 0;
}

/**
 * Fetches the source packages `names` and calls `use` with the file of each one's tarball, in their order; the files are gone afterwards.
 * Needs {@link hasDebianSources}. Throws a StepError, with `advice`, for what cannot be fetched.
 */
export function withDebianSources(names, advice, use) {
  const folder = mkdtempSync(path.join(tmpdir(), 'vayu-source-'));
  try {
    const options = temporaryApt(folder);
    // A mirror without the release makes `update` fail although another has it.
    let failure;
    try {
      run('apt-get', [...options, '-qq', 'update'], { quiet: true });
    } catch (error) {
      failure = error;
    }
    for (const name of names) use(fetchOne(name, path.join(folder, name), options, failure, advice));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fetchOne(name, folder, options, earlier, advice) {
  mkdirSync(folder);
  try {
    run('apt-get', [...options, '-qq', 'source', '--download-only', '--tar-only', name], {
      cwd: folder,
      quiet: true,
    });
  } catch (error) {
    throw new StepError(`${name}'s source could not be fetched: ${(earlier ?? error).message}`, advice);
  }
  const tarball = readdirSync(folder).find((file) => /\.orig\.tar\.\w+$/.test(file));
  if (!tarball) throw new StepError(`Debian's source package of ${name} holds no tarball.`, advice);
  return path.join(folder, tarball);
}

/** apt's options for sources and lists of its own in `folder`. */
function temporaryApt(folder) {
  const sources = path.join(folder, 'vayu.sources');
  writeFileSync(sources, debianMirrors().map(sourceStanza).join('\n'));
  for (const name of ['lists/partial', 'cache/archives/partial'])
    mkdirSync(path.join(folder, name), { recursive: true });
  return [
    `Dir::Etc::sourcelist=${sources}`,
    'Dir::Etc::sourceparts=/dev/null',
    `Dir::State::lists=${folder}/lists`,
    `Dir::Cache=${folder}/cache`,
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
}

function sourceStanza(uri) {
  return `Types: deb-src\nURIs: ${uri}\nSuites: ${suite}\nComponents: main\nSigned-By: ${keyring}\n`;
}

/** The mirrors of Debian's main archive that this machine uses. */
function debianMirrors() {
  if (!existsSync(keyring)) return [];
  const folder = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? readdirSync(folder).map((name) => path.join(folder, name)) : []),
  ].filter((file) => existsSync(file) && /\.(list|sources)$/.test(file));
  const uris = files.flatMap((file) => {
    const text = readFileSync(file, 'utf8');
    return file.endsWith('.list') ? oneLineUris(text) : stanzaUris(text);
  });
  return [...new Set(uris)];
}

function oneLineUris(text) {
  return [...text.matchAll(/^\s*deb(?:-src)?\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)/gm)]
    .filter(([, uri, name]) => isDebianArchive(uri, name))
    .map(([, uri]) => uri);
}

function stanzaUris(text) {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const field = (name) =>
      (new RegExp(`^${name}:\\s*(.*)$`, 'im').exec(stanza)?.[1] ?? '').split(/\s+/).filter(Boolean);
    return field('URIs').filter((uri) => field('Suites').some((name) => isDebianArchive(uri, name)));
  });
}

function isDebianArchive(uri, name) {
  return /debian\/?$/.test(uri) && !/security/.test(`${uri} ${name}`);
}
