// The native code for Windows x64, compiled with MinGW-w64 on another system: in build/windows.
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ensureQuickjsSource } from './quickjs-source.mjs';
import { buildJobs, findProgram, projectRoot, run, StepError } from './shell.mjs';

const directory = path.join(projectRoot, 'build', 'windows');
const compilers = ['x86_64-w64-mingw32-g++-posix', 'x86_64-w64-mingw32-g++'];
const toolchain = path.join(projectRoot, 'cmake', 'mingw.cmake');
const advice = 'The compiler or CMake said why above.';
const googleTest = '/usr/src/googletest';

/** What a build needs and this system lacks, in words. */
export function lacksForWindows() {
  return [
    ['a MinGW-w64 compiler', compilers.some((name) => findProgram(name) !== undefined)],
    ['Ninja', findProgram('ninja') !== undefined],
  ].flatMap(([name, found]) => (found ? [] : [name]));
}

/** Likewise, for the tests. */
export function lacksForWindowsTests() {
  return [
    ['zlib for MinGW-w64', existsSync('/usr/x86_64-w64-mingw32/include/zlib.h')],
    ["GoogleTest's source", existsSync(path.join(googleTest, 'CMakeLists.txt'))],
  ].flatMap(([name, found]) => (found ? [] : [name]));
}

/** Whether there is a libcurl for Windows to link with: from vcpkg, or in the folder that VAYU_WINDOWS_LIBRARIES names. */
export function hasWindowsLibraries() {
  return Boolean(process.env.VCPKG_ROOT ?? process.env.VAYU_WINDOWS_LIBRARIES);
}

/** Builds the addon and returns its file. Needs {@link hasWindowsLibraries}. */
export async function buildWindowsAddon() {
  await configure({ CMAKE_BUILD_TYPE: 'Release' });
  compile(['vayu']);
  const addon = path.join(directory, 'vayu.node');
  run('x86_64-w64-mingw32-strip', ['--strip-unneeded', addon]);
  return addon;
}

/**
 * Compiles all native code, links the addon where there is a libcurl for it, and links the tests of cmake/tests-windows.cmake.
 * Returns their programs, and the addon's file or undefined.
 */
export async function buildForWindowsTests() {
  await configure({
    // Neither link-time optimisation nor -O3: what counts here is what the compiler and Windows' rules say.
    CMAKE_BUILD_TYPE: 'RelWithDebInfo',
    CMAKE_CXX_FLAGS_RELWITHDEBINFO: '-O1',
    CMAKE_C_FLAGS_RELWITHDEBINFO: '-O1',
    VAYU_BUILD_TESTS: 'ON',
    VAYU_GTEST_SOURCE_DIR: googleTest,
  });
  const tests = testTargets();
  compile(['vayu_core', ...(hasWindowsLibraries() ? ['vayu'] : addonObjects()), ...tests]);
  return {
    programs: tests.map((name) => path.join(directory, `${name}.exe`)),
    addon: hasWindowsLibraries() ? path.join(directory, 'vayu.node') : undefined,
  };
}

async function configure(settings) {
  mkdirSync(directory, { recursive: true });
  const apiHeaders = createRequire(import.meta.url).resolve('node-api-headers/package.json');
  const defines = {
    CMAKE_TOOLCHAIN_FILE: toolchain,
    CMAKE_JS_INC: path.join(path.dirname(apiHeaders), 'include'),
    VAYU_QUICKJS_SOURCE_DIR: await ensureQuickjsSource(),
    ZLIB_USE_STATIC_LIBS: 'ON',
    VAYU_NODE: process.execPath,
    ...libraries(),
    ...settings,
  };
  const args = Object.entries(defines).map(([name, value]) => `-D${name}=${value}`);
  run('cmake', ['-S', '.', '-B', directory, '-G', 'Ninja', ...args], { advice });
}

function compile(targets) {
  run('cmake', ['--build', directory, '--parallel', buildJobs(), '--target', ...targets], { advice });
}

/** Where CMake is to find libcurl and what goes with it. */
function libraries() {
  const { VCPKG_ROOT: vcpkg, VAYU_WINDOWS_LIBRARIES: prefix } = process.env;
  if (vcpkg) {
    return {
      CMAKE_TOOLCHAIN_FILE: path.join(vcpkg, 'scripts', 'buildsystems', 'vcpkg.cmake'),
      VCPKG_CHAINLOAD_TOOLCHAIN_FILE: toolchain,
      VCPKG_TARGET_TRIPLET: 'x64-mingw-static',
      // It copies DLLs, of which there are none, with PowerShell.
      VCPKG_APPLOCAL_DEPS: 'OFF',
    };
  }
  if (prefix) return { CMAKE_FIND_ROOT_PATH: path.resolve(prefix), CMAKE_PREFIX_PATH: '/' };
  return headersOnly();
}

/** This system's headers of libcurl and nghttp2, which are the same everywhere, and libraries that hold nothing: no test calls them. */
function headersOnly() {
  const headers = path.join(directory, 'headers');
  const archive = path.join(directory, 'libnothing.a');
  rmSync(archive, { force: true });
  run('x86_64-w64-mingw32-ar', ['cr', archive], { quiet: true });
  linkHeaders(headers, 'curl');
  return {
    CURL_NO_CURL_CMAKE: 'ON',
    CURL_INCLUDE_DIR: headers,
    CURL_LIBRARY: archive,
    ...(linkHeaders(headers, 'nghttp2')
      ? { VAYU_NGHTTP2_INCLUDE: headers, VAYU_NGHTTP2_LIBRARY: archive }
      : {}),
  };
}

/** Puts this system's headers of one library, and nothing else of it, into the folder `headers`. Returns whether it has them. */
function linkHeaders(headers, name) {
  mkdirSync(headers, { recursive: true });
  const ofArchitecture = readdirSync('/usr/include')
    .filter((entry) => entry.includes('-linux-'))
    .map((entry) => `/usr/include/${entry}`);
  const found = ['/usr/include', ...ofArchitecture, '/usr/local/include']
    .map((root) => path.join(root, name))
    .find((folder) => existsSync(folder));
  const link = path.join(headers, name);
  rmSync(link, { force: true });
  if (found !== undefined) symlinkSync(found, link);
  return found !== undefined;
}

function addonObjects() {
  return readdirSync(path.join(projectRoot, 'native', 'addon'))
    .filter((name) => name.endsWith('.cc'))
    .map((name) => `CMakeFiles/vayu.dir/native/addon/${name}.obj`);
}

/** The programs of cmake/tests-windows.cmake. */
function testTargets() {
  const listed = run('cmake', ['--build', directory, '--target', 'help'], { quiet: true });
  const names = [...listed.matchAll(/^(\w+_test):/gm)].map(([, name]) => name);
  if (names.length === 0) throw new StepError('CMake names no test program for Windows.');
  return names;
}
