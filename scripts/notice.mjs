// Writes NOTICE: what the package depends on and what it ships inside itself, with licences.
//   node scripts/notice.mjs          writes it
//   node scripts/notice.mjs --check  fails when it is out of date or a licence is not one of those we accept
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isMain, projectRoot, runMain, say, StepError } from './steps/shell.mjs';
import { sourceFiles } from './steps/source-files.mjs';

const accepted = new Set([
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'Unlicense',
  'CC0-1.0',
  'Python-2.0',
  'Public Domain',
  'Zlib',
]);

/** What the LICENSE files of packages say whose package.json does not. */
const readFromText = { 'css-select': 'BSD-2-Clause', domutils: 'BSD-2-Clause' };

/** Native libraries: QuickJS is compiled in, the others are linked (statically in prebuilds made with vcpkg). */
const native = [
  ['QuickJS', 'MIT'],
  ['libcurl', 'curl (MIT-like)'],
  ['OpenSSL', 'Apache-2.0'],
  ['nghttp2', 'MIT'],
  ['brotli', 'MIT'],
  ['zstd', 'BSD-3-Clause'],
  ['zlib', 'Zlib'],
  ['node-addon-api', 'MIT'],
];

const read = (file) => readFileSync(path.join(projectRoot, file), 'utf8');

export function noticeText() {
  const manifest = JSON.parse(read('package.json'));
  const locked = JSON.parse(read('package-lock.json')).packages;
  const runtime = closure(Object.keys(manifest.dependencies), locked);
  const programs = closure(
    namedIn(
      manifest,
      sourceFiles(['lib'], ['.ts']).filter((file) => !file.startsWith('lib/scripting/')),
      'from ',
    ),
    locked,
  );
  const scripting = closure(
    namedIn(manifest, [
      'scripts/build-scripting.mjs',
      ...sourceFiles(['lib/scripting/src'], ['.ts', '.js', '.cjs', '.mjs']),
    ]),
    locked,
  );
  const bundled = [
    ...new Map([...programs, ...scripting].map((entry) => [entry.location, entry])).values(),
  ].sort((a, b) => a.location.localeCompare(b.location));
  const problems = [...runtime, ...bundled]
    .filter((entry) => !isAccepted(entry.license))
    .map(({ name, license }) => `${name}: ${license}`);
  const text = [
    `${manifest.name} is under the ${manifest.license} licence. It uses the following.`,
    section(
      'Native libraries',
      native.map(([name, license]) => `${name}: ${license}`),
    ),
    section('npm packages that npm installs beside it', runtime.map(oneLine)),
    section('npm packages that are bundled into the programs and the library', programs.map(oneLine)),
    section('npm packages that are bundled into the addon for scripts', scripting.map(oneLine)),
    'Licences of the bundled packages',
    ...groupedTexts(bundled),
  ].join('\n\n');
  return { text: `${text.trimEnd()}\n`, problems };
}

function section(title, lines) {
  return `${title}\n${'='.repeat(title.length)}\n${lines.map((line) => `- ${line}`).join('\n')}`;
}

/** Each licence text once, under the packages that bring it. */
function groupedTexts(entries) {
  const names = new Map();
  for (const entry of entries) {
    const text = licenseText(entry);
    names.set(text, [...(names.get(text) ?? []), `${entry.name} ${entry.version}`]);
  }
  return [...names].map(([text, group]) => `${'-'.repeat(72)}\n${group.join(', ')}\n\n${text}`);
}

function oneLine({ name, version, license }) {
  return `${name} ${version}: ${license}`;
}

function isAccepted(license) {
  return license
    .replace(/[()]/g, '')
    .split(/ OR /i)
    .some((choice) => choice.split(/ AND /i).every((part) => accepted.has(part.trim())));
}

/** Development dependencies that the files name, after `before`. */
function namedIn(manifest, files, before = '') {
  const sources = files.map(read).join('\n');
  return Object.keys(manifest.devDependencies).filter(
    (name) => name !== 'esbuild' && new RegExp(`${before}['"]${name}(/[^'"]*)?['"]`).test(sources),
  );
}

/** The packages and all that they need, from package-lock.json. */
function closure(names, locked) {
  const found = new Map();
  const queue = names.map((name) => [name, '']);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const location = locate(next[0], next[1], locked);
    if (location === undefined || found.has(location)) continue;
    const entry = locked[location];
    const name = location.replace(/^.*node_modules\//, '');
    const license =
      readFromText[name] ?? (typeof entry.license === 'string' ? entry.license : manifestLicense(location));
    found.set(location, {
      name: location.replace(/^.*node_modules\//, ''),
      version: entry.version,
      license,
      location,
    });
    for (const needed of Object.keys(entry.dependencies ?? {})) queue.push([needed, location]);
  }
  return [...found.values()].sort((a, b) => a.location.localeCompare(b.location));
}

/** Where Node would find the package from a folder: the nearest node_modules upwards. */
function locate(name, from, locked) {
  for (
    let folder = from;
    ;
    folder = folder.includes('node_modules/')
      ? folder.slice(0, folder.lastIndexOf('node_modules/')).replace(/\/$/, '')
      : ''
  ) {
    const location = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`;
    if (location in locked) return location;
    if (folder === '') return undefined;
  }
}

function manifestLicense(location) {
  const file = path.join(location, 'package.json');
  if (!existsSync(path.join(projectRoot, file))) return 'unknown';
  const { license, licenses } = JSON.parse(read(file));
  const stated = [license ?? licenses ?? 'unknown'].flat();
  return stated.map((one) => one.type ?? one).join(' OR ');
}

function licenseText({ location, license }) {
  const folder = path.join(projectRoot, location);
  const file =
    existsSync(folder) && readdirSync(folder).find((name) => /^(licen[cs]e|copying)(\.|-|$)/i.test(name));
  return file
    ? readFileSync(path.join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim()
    : `Licence: ${license} (the package brings no text).`;
}

if (isMain(import.meta.url)) {
  await runMain(() => {
    const { text, problems } = noticeText();
    if (problems.length > 0) throw new StepError('Licences that need a look:', problems);
    const file = path.join(projectRoot, 'NOTICE');
    if (!process.argv.includes('--check')) writeFileSync(file, text);
    else if (!existsSync(file) || readFileSync(file, 'utf8') !== text)
      throw new StepError('NOTICE is out of date.', 'Run `node scripts/notice.mjs`.');
    say('NOTICE is up to date');
  });
}
