// A stand-in for vcpkg, made on Debian without it: the libraries of vcpkg.json as static archives, in vcpkg's layout and behind a
// toolchain file of vcpkg's name. With VCPKG_ROOT set to it the build goes the way that it goes in the prebuild workflow.
// OpenSSL is the archive of Debian's libssl-dev; the others are compiled, since Debian's archives are not position-independent.
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { hasDebianSources, withDebianSources } from './debian-source.mjs';
import { buildJobs, cacheDirectory, run, say, StepError } from './shell.mjs';

/** Source packages in the order of their dependencies, with where their CMakeLists.txt lies and what it is told. */
const libraries = [
  // Debian's tarball is without a file that is named to CMake and used on Windows only.
  { name: 'zlib', missing: 'win32/zlib1.rc', settings: { ZLIB_BUILD_EXAMPLES: 'OFF' } },
  { name: 'brotli', settings: { BROTLI_DISABLE_TESTS: 'ON' } },
  {
    name: 'libzstd',
    folder: 'build/cmake',
    settings: { ZSTD_BUILD_SHARED: 'OFF', ZSTD_BUILD_PROGRAMS: 'OFF' },
  },
  {
    name: 'nghttp2',
    settings: { ENABLE_LIB_ONLY: 'ON', BUILD_STATIC_LIBS: 'ON', ENABLE_DOC: 'OFF' },
  },
  {
    name: 'curl',
    // What vcpkg's port says for the features that vcpkg.json names.
    settings: {
      HTTP_ONLY: 'ON',
      CURL_CA_FALLBACK: 'ON',
      CURL_USE_OPENSSL: 'ON',
      USE_NGHTTP2: 'ON',
      CURL_BROTLI: 'ON',
      CURL_ZSTD: 'ON',
      CURL_USE_LIBPSL: 'OFF',
      CURL_USE_LIBSSH2: 'OFF',
      USE_LIBIDN2: 'OFF',
      BUILD_CURL_EXE: 'OFF',
      BUILD_LIBCURL_DOCS: 'OFF',
      BUILD_MISC_DOCS: 'OFF',
      ENABLE_CURL_MANUAL: 'OFF',
    },
  },
];

/** Makes the libraries unless they are there already. Returns what VCPKG_ROOT is to be. */
export function ensureStaticLibraries() {
  const root = path.join(cacheDirectory, 'static-libraries');
  const toolchain = path.join(root, 'scripts', 'buildsystems', 'vcpkg.cmake');
  // Written last.
  if (existsSync(toolchain)) return root;
  const advice = 'They are made on Debian, from its source packages and libssl-dev.';
  if (!hasDebianSources())
    throw new StepError('The static libraries cannot be made: there is no Debian to ask.', advice);
  rmSync(root, { recursive: true, force: true });
  const prefix = path.join(root, 'installed');
  addOpenssl(prefix, advice);
  say(`Fetching the sources of ${libraries.map(({ name }) => name).join(', ')}`);
  const waiting = [...libraries];
  withDebianSources(
    libraries.map(({ name }) => name),
    advice,
    (tarball) => build(waiting.shift(), tarball, root, prefix),
  );
  mkdirSync(path.dirname(toolchain), { recursive: true });
  writeFileSync(toolchain, 'list(PREPEND CMAKE_PREFIX_PATH "${CMAKE_CURRENT_LIST_DIR}/../../installed")\n');
  return root;
}

function addOpenssl(prefix, advice) {
  const triplet = run('cc', ['-print-multiarch'], { quiet: true }).trim();
  const headers = path.join(prefix, 'include', 'openssl');
  mkdirSync(path.join(prefix, 'lib'), { recursive: true });
  for (const name of ['libssl.a', 'libcrypto.a']) {
    const archive = path.join('/usr/lib', triplet, name);
    if (!existsSync(archive)) throw new StepError(`${archive} is missing.`, advice);
    cpSync(archive, path.join(prefix, 'lib', name));
  }
  for (const folder of ['/usr/include', `/usr/include/${triplet}`])
    cpSync(path.join(folder, 'openssl'), headers, { recursive: true });
}

function build({ name, folder = '.', missing, settings }, tarball, directory, prefix) {
  say(`Building ${name}`);
  const source = path.join(directory, 'source', name);
  const output = path.join(directory, 'build', name);
  mkdirSync(source, { recursive: true });
  run('tar', ['-xf', tarball, '--strip-components=1', '-C', source], { quiet: true });
  if (missing !== undefined) {
    mkdirSync(path.dirname(path.join(source, missing)), { recursive: true });
    writeFileSync(path.join(source, missing), '');
  }
  const defines = {
    CMAKE_BUILD_TYPE: 'Release',
    CMAKE_INSTALL_PREFIX: prefix,
    CMAKE_INSTALL_LIBDIR: 'lib',
    CMAKE_PREFIX_PATH: prefix,
    CMAKE_POSITION_INDEPENDENT_CODE: 'ON',
    CMAKE_POLICY_VERSION_MINIMUM: '3.5',
    BUILD_SHARED_LIBS: 'OFF',
    BUILD_TESTING: 'OFF',
    ...settings,
  };
  const args = Object.entries(defines).map(([key, value]) => `-D${key}=${value}`);
  run('cmake', ['-S', path.join(source, folder), '-B', output, ...args], { quiet: true });
  run('cmake', ['--build', output, '--parallel', buildJobs()], { quiet: true });
  run('cmake', ['--install', output], { quiet: true });
  // A build that makes both kinds would be linked with the wrong one.
  const archives = path.join(prefix, 'lib');
  for (const file of readdirSync(archives)) if (file.includes('.so')) rmSync(path.join(archives, file));
  rmSync(path.join(directory, 'source'), { recursive: true });
  rmSync(path.join(directory, 'build'), { recursive: true });
}
