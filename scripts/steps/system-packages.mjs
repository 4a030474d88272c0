// What the project needs from the operating system: found by looking for the programs and headers themselves, so that it does not
// matter how they were installed; installed by apt where that can be done, else named for the user to install.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { findProgram, run, say, StepError, succeeds } from './shell.mjs';

/**
 * `names` are the packages per system. `found` says whether the need is met. `optional` needs do not stop the set-up where it cannot
 * install them.
 */
const needs = {
  build: [
    need('C++20 compiler', () => hasProgram('c++', 'g++', 'clang++'), {
      debian: ['g++'],
      fedora: ['gcc-c++'],
      alpine: ['g++'],
      arch: ['gcc'],
      brew: [],
    }),
    need('CMake', () => hasProgram('cmake'), { debian: ['cmake'] }),
    need('make', () => hasProgram('make'), { debian: ['make'], brew: [] }),
    need('Python 3 (for node-gyp)', () => hasProgram('python3', 'python'), {
      debian: ['python3'],
      brew: ['python'],
      arch: ['python'],
    }),
    need('xz', () => hasProgram('xz'), {
      debian: ['xz-utils'],
      fedora: ['xz'],
      alpine: ['xz'],
      arch: ['xz'],
      brew: ['xz'],
    }),
    need('libcurl headers', () => process.env.VCPKG_ROOT !== undefined || hasHeader('curl/curl.h'), {
      debian: ['libcurl4-openssl-dev'],
      fedora: ['libcurl-devel'],
      alpine: ['curl-dev'],
      arch: ['curl'],
      brew: ['curl'],
    }),
    // Without them libcurl's transfers carry HTTP/2 under load, at several times the cost.
    need(
      'nghttp2 headers',
      () => process.env.VCPKG_ROOT !== undefined || hasHeader('nghttp2/nghttp2.h'),
      {
        debian: ['libnghttp2-dev'],
        fedora: ['libnghttp2-devel'],
        alpine: ['nghttp2-dev'],
        arch: ['libnghttp2'],
        brew: ['libnghttp2'],
      },
      { optional: true },
    ),
    need(
      'OpenSSL headers',
      () => process.env.VCPKG_ROOT !== undefined || hasHeader('openssl/ssl.h'),
      {
        debian: ['libssl-dev'],
        fedora: ['openssl-devel'],
        alpine: ['openssl-dev'],
        arch: ['openssl'],
        brew: ['openssl@3'],
      },
      { optional: true },
    ),
  ],
  test: [
    need('GoogleTest', () => hasHeader('gtest/gtest.h'), {
      debian: ['libgtest-dev'],
      fedora: ['gtest-devel'],
      alpine: ['gtest-dev'],
      arch: ['gtest'],
      brew: ['googletest'],
    }),
    need('nginx', () => hasProgram('nginx'), {
      debian: ['nginx-light'],
      fedora: ['nginx'],
      alpine: ['nginx'],
      arch: ['nginx'],
      brew: ['nginx'],
    }),
    need('openssl', () => hasProgram('openssl'), { debian: ['openssl'] }),
    need(
      'Chromium',
      () => hasProgram('chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'),
      {
        debian: ['chromium-headless-shell'],
        fedora: ['chromium-headless'],
        alpine: ['chromium'],
        arch: ['chromium'],
        brew: ['chromium'],
      },
      { optional: true },
    ),
    need(
      'clang-format',
      () => hasProgram('clang-format'),
      {
        debian: ['clang-format'],
        fedora: ['clang-tools-extra'],
        alpine: ['clang-extra-tools'],
        arch: ['clang'],
        brew: ['clang-format'],
      },
      { optional: true },
    ),
    need(
      'clang-tidy',
      () => hasProgram('clang-tidy'),
      {
        debian: ['clang-tidy'],
        fedora: ['clang-tools-extra'],
        alpine: ['clang-extra-tools'],
        arch: ['clang'],
        brew: ['llvm'],
      },
      { optional: true },
    ),
    need(
      'clang with libFuzzer',
      hasLibFuzzer,
      {
        debian: debianClang,
        fedora: ['clang', 'compiler-rt'],
        alpine: ['clang', 'compiler-rt'],
        arch: ['clang', 'compiler-rt'],
        brew: ['llvm'],
      },
      { optional: true },
    ),
  ],
  bench: [
    need('nginx', () => hasProgram('nginx'), {
      debian: ['nginx-light'],
      fedora: ['nginx'],
      alpine: ['nginx'],
      arch: ['nginx'],
      brew: ['nginx'],
    }),
    need('openssl', () => hasProgram('openssl'), { debian: ['openssl'] }),
    need('wrk', () => hasProgram('wrk'), { debian: ['wrk'] }, { optional: true }),
    need(
      'h2load',
      () => hasProgram('h2load'),
      {
        debian: ['nghttp2-client'],
        fedora: ['nghttp2'],
        alpine: ['nghttp2'],
        arch: ['nghttp2'],
        brew: ['nghttp2'],
      },
      { optional: true },
    ),
    need(
      'ab',
      () => hasProgram('ab'),
      {
        debian: ['apache2-utils'],
        fedora: ['httpd-tools'],
        alpine: ['apache2-utils'],
        arch: ['apache'],
        brew: ['httpd'],
      },
      { optional: true },
    ),
    need('hey', () => hasProgram('hey'), { debian: ['hey'] }, { optional: true }),
  ],
};

function need(title, found, names, { optional = false } = {}) {
  return { title, found, names, optional };
}

function hasProgram(...names) {
  return names.some((name) => findProgram(name) !== undefined);
}

function hasHeader(name) {
  const folders = [
    '/usr/include',
    '/usr/local/include',
    '/opt/homebrew/include',
    '/opt/homebrew/opt/curl/include',
    '/opt/homebrew/opt/openssl@3/include',
  ];
  if (process.platform === 'darwin') folders.push(...macSdkIncludes());
  if (existsSync('/usr/include')) {
    for (const entry of readdirSync('/usr/include')) {
      if (entry.includes('-linux-')) folders.push(`/usr/include/${entry}`);
    }
  }
  return folders.some((folder) => existsSync(`${folder}/${name}`));
}

function macSdkIncludes() {
  try {
    return [`${run('xcrun', ['--show-sdk-path'], { quiet: true }).trim()}/usr/include`];
  } catch {
    return [];
  }
}

function hasLibFuzzer() {
  if (!hasProgram('clang++')) return false;
  const folders = existsSync('/usr/lib')
    ? readdirSync('/usr/lib').filter((name) => name.startsWith('llvm'))
    : [];
  for (const folder of folders) {
    const clang = `/usr/lib/${folder}/lib/clang`;
    if (!existsSync(clang)) continue;
    for (const version of readdirSync(clang)) {
      const runtime = `${clang}/${version}/lib/linux`;
      if (existsSync(runtime) && readdirSync(runtime).some((file) => file.startsWith('libclang_rt.fuzzer-')))
        return true;
    }
  }
  return process.platform === 'darwin';
}

/** clang's sanitizer runtimes are in a package named after clang's major version. */
function debianClang() {
  const depends = run('apt-cache', ['depends', 'clang'], { quiet: true });
  const major = /Depends: clang-(\d+)/.exec(depends)?.[1];
  return major ? ['clang', `libclang-rt-${major}-dev`] : ['clang'];
}

/** `debian` (and its kin), `fedora`, `alpine`, `arch`, `brew` or undefined. */
function systemFamily() {
  if (process.platform === 'darwin') return 'brew';
  if (process.platform !== 'linux' || !existsSync('/etc/os-release')) return undefined;
  const release = readFileSync('/etc/os-release', 'utf8');
  const ids = [/^ID=(.*)$/m, /^ID_LIKE=(.*)$/m].flatMap((pattern) =>
    (pattern.exec(release)?.[1] ?? '').replaceAll('"', '').split(' '),
  );
  const families = {
    debian: 'debian',
    ubuntu: 'debian',
    fedora: 'fedora',
    rhel: 'fedora',
    alpine: 'alpine',
    arch: 'arch',
  };
  return ids.map((id) => families[id]).find((family) => family !== undefined);
}

const installCommands = {
  debian: 'apt-get install',
  fedora: 'dnf install',
  alpine: 'apk add',
  arch: 'pacman -S',
  brew: 'brew install',
};

/** Makes sure that the needs of the groups (`build`, `test`, `bench`) are met. */
export function ensureSystemPackages(groups) {
  const missing = [
    ...new Map(groups.flatMap((group) => needs[group]).map((item) => [item.title, item])).values(),
  ].filter((item) => !item.found());
  if (missing.length === 0) return;
  const family = systemFamily();
  if (family === 'debian' && canInstall()) {
    installWithApt(missing);
    const still = missing.filter((item) => !item.found() && !item.optional);
    if (still.length === 0) return;
    throw new StepError(
      `Still missing after installing: ${titles(still)}.`,
      'Install them by hand and run this again.',
    );
  }
  const required = missing.filter((item) => !item.optional);
  if (required.length === 0) {
    say(`Not here, and not needed to go on: ${titles(missing)}`);
    return;
  }
  throw new StepError(`Missing on this system: ${titles(required)}.`, adviceFor(family, missing));
}

function titles(items) {
  return items.map((item) => item.title).join(', ');
}

function canInstall() {
  return findProgram('apt-get') !== undefined && (isRoot() || succeeds('sudo', ['-n', 'true']));
}

function isRoot() {
  return process.getuid?.() === 0;
}

function packagesFor(family, items) {
  return [...new Set(items.flatMap((item) => namesFor(family, item)))];
}

function namesFor(family, item) {
  const names = item.names[family] ?? item.names.debian ?? [];
  return typeof names === 'function' ? names() : names;
}

function adviceFor(family, items) {
  if (family === undefined) {
    return [
      'Install them with what your system offers, or build with vcpkg (set VCPKG_ROOT; see docs), and run this again.',
    ];
  }
  const advice = [];
  const packages = packagesFor(family, items);
  if (family === 'brew' && items.some((item) => item.title === 'C++20 compiler'))
    advice.push('xcode-select --install');
  if (packages.length > 0)
    advice.push(`${family === 'brew' ? '' : 'sudo '}${installCommands[family]} ${packages.join(' ')}`);
  return ['Install them and run this again:', ...advice.map((line) => `  ${line}`)];
}

function installWithApt(items) {
  let listsAreFresh = false;
  const refresh = () => {
    if (listsAreFresh) return;
    apt(['update', '-qq']);
    listsAreFresh = true;
  };
  say(`Installing ${titles(items)}`);
  if (!succeeds('apt-cache', ['show', 'cmake'])) refresh();
  const required = items.filter((item) => !item.optional);
  const optional = items.filter((item) => item.optional);
  if (required.length > 0) {
    const packages = packagesFor('debian', required);
    try {
      apt(installArguments(packages));
    } catch (error) {
      if (listsAreFresh) throw error;
      refresh();
      apt(installArguments(packages));
    }
  }
  // One by one: a package that a release does not have must not keep the others away.
  for (const item of optional) {
    try {
      apt(installArguments(packagesFor('debian', [item])));
    } catch {
      try {
        refresh();
        apt(installArguments(packagesFor('debian', [item])));
      } catch {
        say(`${item.title} could not be installed; what needs it is skipped`);
      }
    }
  }
}

function installArguments(packages) {
  return ['install', '-y', '-qq', '--no-install-recommends', ...packages];
}

function apt(args) {
  // RUNLEVEL=1 keeps packages of servers from starting them.
  const settings = ['DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1'];
  const command = ['env', ...settings, 'apt-get', ...args];
  const [program, ...rest] = isRoot() ? command : ['sudo', '-n', ...command];
  run(program, rest, { quiet: true, advice: 'apt-get said why above; once it is mended, run this again.' });
}
