// node_modules as package-lock.json says. Install scripts run for better-sqlite3 only: it is the one package that must be built.
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { buildJobs, cacheDirectory, npmCommand, projectRoot, runNpm, say, StepError } from './shell.mjs';

export function ensureNpmPackages({ force = false } = {}) {
  const modules = path.join(projectRoot, 'node_modules');
  if (force || !existsSync(modules)) {
    say('Installing npm packages');
    installPackages(['ci']);
  } else if (!matchesLock(modules)) {
    say('Updating npm packages');
    installPackages(['install', '--no-save']);
  }
}

/**
 * Begins to build better-sqlite3 where no binary of it works here. Most of it is one file, which takes one core about a minute: build
 * something else beside it. The function returned waits for the end and throws a StepError if the build failed.
 */
export function beginSqliteBuild() {
  if (sqliteWorks()) return () => Promise.resolve();
  say('Building better-sqlite3 (about a minute where no prebuilt binary can be had)');
  // Into a file: nobody may be reading while other steps run.
  mkdirSync(cacheDirectory, { recursive: true });
  const log = path.join(cacheDirectory, 'better-sqlite3.log');
  const output = openSync(log, 'w');
  const [command, args] = npmCommand([
    'rebuild',
    'better-sqlite3',
    '--ignore-scripts=false',
    '--no-audit',
    '--no-fund',
  ]);
  const child = spawn(command, args, {
    cwd: projectRoot,
    stdio: ['ignore', output, output],
    env: { ...process.env, JOBS: buildJobs() },
  });
  closeSync(output);
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (status, signal) => resolve(signal ?? status));
  });
  // Nobody waits for it where another step fails.
  child.unref();
  const end = () => child.kill();
  process.once('exit', end);
  return async () => {
    child.ref();
    const outcome = await ended;
    process.off('exit', end);
    if (outcome === 0) return;
    process.stderr.write(readFileSync(log, 'utf8'));
    throw new StepError(
      `better-sqlite3 could not be built (${outcome}).`,
      'It needs a C++ compiler, make and Python 3.',
    );
  };
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
