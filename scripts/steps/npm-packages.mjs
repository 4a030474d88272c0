// node_modules as package-lock.json says. Install scripts run for better-sqlite3 only: it is the one package that must be built.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { buildJobs, projectRoot, runNpm, say } from './shell.mjs';

export function ensureNpmPackages({ force = false } = {}) {
  const modules = path.join(projectRoot, 'node_modules');
  if (force || !existsSync(modules)) {
    say('Installing npm packages');
    installPackages(['ci']);
  } else if (!matchesLock(modules)) {
    say('Updating npm packages');
    installPackages(['install', '--no-save']);
  }
  if (!sqliteWorks()) {
    say('Building better-sqlite3 (about a minute where no prebuilt binary can be had)');
    runNpm(['rebuild', 'better-sqlite3', '--ignore-scripts=false', '--no-audit', '--no-fund'], {
      quiet: true,
      env: { npm_config_jobs: buildJobs(), JOBS: buildJobs() },
      advice: 'It needs a C++ compiler, make and Python 3.',
    });
  }
}

function installPackages(args) {
  runNpm([...args, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    quiet: true,
    advice: 'npm said why above. Is the registry reachable? Then `npm ci --ignore-scripts` shows the same.',
  });
}

/** npm writes what it installed to node_modules/.package-lock.json. */
function matchesLock(modules) {
  const installedFile = path.join(modules, '.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const wanted = JSON.parse(readFileSync(path.join(projectRoot, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  return Object.entries(wanted).every(([name, entry]) => {
    if (name === '' || entry.link) return true;
    const found = installed[name];
    // Optional packages are those of other platforms.
    if (found === undefined) return entry.optional === true;
    return found.version === entry.version;
  });
}

function sqliteWorks() {
  try {
    const Database = createRequire(path.join(projectRoot, 'package.json'))('better-sqlite3');
    new Database(':memory:').close();
    return true;
  } catch {
    return false;
  }
}
