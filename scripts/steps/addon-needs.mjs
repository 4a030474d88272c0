// What a built addon asks of the machine that loads it, and what is wrong with that. Knows Linux and macOS.
import path from 'node:path';
import { run } from './shell.mjs';

/** What Node looks for in it. */
const entryPoint = /^(napi_register_module_v\d+|node_api_module_get_api_version_v\d+)$/;
/** Functions of Node-API that version 8 has not, or whose use not every host allows. */
const unwantedOfNode = /^(node_api_\w+|napi_create_external_(array)?buffer)$/;
const ofNode = /^(napi_|node_api_)/;
/** Libraries that each Linux has. */
const ofEveryLinux = /^(lib(c|m|dl|rt|pthread)\.so|libc\.musl-|ld-(linux|musl)-)/;
/** Libraries that a dynamic build may ask for besides: the compiler's own and those that the engine itself calls. */
const ofDynamicBuild = /^lib(stdc\+\+|gcc_s|curl|ssl|crypto|z|brotlidec|zstd|nghttp2)\.so/;

/**
 * Reads an addon for Linux: `libraries` that it names, whether libcurl is inside (`isStatic`), the `exported` symbols, the symbols
 * `asked` of other files, and the newest `glibc` that a symbol is of (`2.28`; undefined on musl).
 */
function readElf(file) {
  const dynamic = run('readelf', ['--dynamic', '--wide', file], { quiet: true });
  const libraries = [...dynamic.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map(([, name]) => name);
  const versions = run('readelf', ['--version-info', '--wide', file], { quiet: true });
  return {
    libraries,
    isStatic: !libraries.some((name) => name.startsWith('libcurl')),
    searchPath: /\((?:RPATH|RUNPATH)\).*\[(.*)\]/.exec(dynamic)?.[1],
    exported: symbolsOf(file, '--defined-only'),
    asked: symbolsOf(file, '--undefined-only'),
    glibc: [...versions.matchAll(/Name: GLIBC_([\d.]+)/g)]
      .map(([, version]) => version)
      .sort(byVersion)
      .at(-1),
  };
}

/** Dynamic symbols without their versions. What is weak may stay without a definition, so it is left out of those that are asked for. */
function symbolsOf(file, which) {
  return run('nm', ['--dynamic', which, file], { quiet: true })
    .split('\n')
    .map((line) => /(\S) (\S+)$/.exec(line))
    .filter((match) => match !== null && !(which === '--undefined-only' && /[wv]/i.test(match[1])))
    .map(([, , name]) => name.replace(/@.*/, ''));
}

function byVersion(a, b) {
  return a.localeCompare(b, 'en', { numeric: true });
}

function elfObjections(file, newestGlibc) {
  const addon = readElf(file);
  const allowed = addon.isStatic ? [ofEveryLinux] : [ofEveryLinux, ofDynamicBuild];
  // ldd would do but for musl's, which fails for want of Node-API.
  const named = addon.libraries.map((name) => ({
    name,
    found: run('cc', [`-print-file-name=${name}`], { quiet: true }).trim(),
  }));
  const present = named.filter(({ found }) => path.isAbsolute(found));
  const offered = new Set(present.flatMap(({ found }) => symbolsOf(found, '--defined-only')));
  return [
    ...each(
      'this machine lacks',
      named.filter((library) => !present.includes(library)).map(({ name }) => name),
    ),
    ...each(
      'it needs the library',
      addon.libraries.filter((name) => !allowed.some((known) => known.test(name))),
    ),
    ...each(
      'it exports',
      addon.exported.filter((name) => !entryPoint.test(name)),
    ),
    ...(addon.exported.some((name) => entryPoint.test(name)) ? [] : ['it exports no entry point']),
    ...each(
      'it asks Node for',
      addon.asked.filter((name) => unwantedOfNode.test(name)),
    ),
    // The linker lets a shared library ask for anything, and Node offers its own OpenSSL, nghttp2, zlib and brotli.
    ...each(
      'none of its libraries has',
      addon.asked.filter((name) => !ofNode.test(name) && !offered.has(name)),
    ),
    ...(addon.isStatic && addon.searchPath !== undefined
      ? [`it looks for libraries in ${addon.searchPath}`]
      : []),
    ...(newestGlibc !== undefined && addon.glibc !== undefined && byVersion(addon.glibc, newestGlibc) > 0
      ? [`it needs glibc ${addon.glibc}, not ${newestGlibc}`]
      : []),
  ];
}

function machObjections(file) {
  const libraries = run('otool', ['-L', file], { quiet: true })
    .split('\n')
    .map((line) => /^\t(\S+) \(/.exec(line)?.[1])
    .filter((name) => name !== undefined && path.basename(name) !== 'vayu.node');
  const symbols = run('nm', ['-m', file], { quiet: true }).split('\n');
  const names = (pattern) =>
    symbols.map((line) => pattern.exec(line)?.[1]).filter((name) => name !== undefined);
  const isStatic = !libraries.some((name) => name.includes('libcurl'));
  return [
    ...each(
      'it needs the library',
      libraries.filter((name) => isStatic && !/^\/(usr\/lib|System\/Library)\//.test(name)),
    ),
    ...each(
      'it exports',
      names(/^[\da-f]+ \(.*\) (?:weak )?external _(\S+)/).filter((name) => !entryPoint.test(name)),
    ),
    ...each(
      'none of its libraries has',
      names(/external _(\S+) \(dynamically looked up\)/).filter((name) => !ofNode.test(name)),
    ),
  ];
}

function each(problem, names) {
  return names.length === 0 ? [] : [`${problem} ${names.join(', ')}`];
}

/**
 * What is wrong with an addon built on this machine, in words; empty where nothing is. Where libcurl is inside it must need nothing that
 * a machine with Node may lack. `newestGlibc` is the newest version of glibc that it may need, as in `2.28`.
 */
export function objectionsToAddon(file, { newestGlibc } = {}) {
  if (process.platform === 'linux') return elfObjections(file, newestGlibc);
  return process.platform === 'darwin' ? machObjections(file) : [];
}

/** One line about an addon built on this machine. */
export function describeAddon(file) {
  if (process.platform !== 'linux') return path.basename(file);
  const { isStatic, libraries, glibc } = readElf(file);
  const kind = isStatic
    ? 'libcurl and its TLS library are inside'
    : 'libcurl is linked dynamically: users need it';
  return `${kind}; needs ${libraries.join(', ')}${glibc === undefined ? '' : ` and glibc ${glibc}`}`;
}
