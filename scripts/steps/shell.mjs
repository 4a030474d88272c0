// What every set-up step needs: where the project is, how to say what happens, how to run a command, how to fail with advice.
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const projectRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
export const cacheDirectory = path.join(projectRoot, '.cache');

/** A failure that tells the user what to do; printed without a stack. */
export class StepError extends Error {
  constructor(message, advice = []) {
    super(message);
    this.advice = [advice].flat();
  }
}

export function say(text) {
  process.stdout.write(`▸ ${text}\n`);
}

/** Runs `main` and ends the process with 1 and the advice when it throws a StepError. */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    process.stderr.write(`\n✗ ${error.message}\n${error.advice.map((line) => `  ${line}\n`).join('')}`);
    process.exitCode = 1;
  }
}

/** True when the module is what `node` was started with. */
export function isMain(importMetaUrl) {
  return process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(importMetaUrl);
}

/**
 * Runs a command to its end with its output on ours. `quiet` keeps the output back and shows it only on failure.
 * Returns what it printed (quiet) and throws a StepError when it fails.
 */
export function run(command, args, { cwd = projectRoot, env, quiet = false, advice } = {}) {
  const result = spawnSync(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: quiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 256 << 20,
  });
  if (result.error) {
    throw new StepError(
      `Could not run ${command}: ${result.error.message}`,
      advice ?? `Is ${command} installed?`,
    );
  }
  if (result.status !== 0) {
    if (quiet) process.stderr.write(`${result.stdout}${result.stderr}`);
    throw new StepError(endOf(command, args, result.status, result.signal), advice);
  }
  return quiet ? result.stdout : '';
}

function endOf(command, args, status, signal) {
  const end = signal ? `was ended by ${signal}` : `ended with exit code ${status}`;
  return `\`${[command, ...args].join(' ')}\` ${end}.`;
}

/**
 * Runs commands side by side, each `[command, args, advice]`. What one prints comes as a whole when it has ended. All of them run to their
 * ends; a StepError names those that failed.
 */
export async function runTogether(commands) {
  const failures = await Promise.all(commands.map(outcomeOf));
  const failed = failures.filter((failure) => failure !== undefined);
  if (failed.length > 0)
    throw new StepError(
      failed.map(({ message }) => message).join(' '),
      failed.flatMap(({ advice }) => advice ?? []),
    );
}

function outcomeOf([command, args, advice]) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: projectRoot, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    child.stdout.on('data', (data) => output.push(data));
    child.stderr.on('data', (data) => output.push(data));
    child.once('error', (error) =>
      resolve({ message: `Could not run ${command}: ${error.message}.`, advice }),
    );
    child.once('close', (status, signal) => {
      process.stdout.write(Buffer.concat(output));
      resolve(status === 0 ? undefined : { message: endOf(command, args, status, signal), advice });
    });
  });
}

/**
 * npm as a command and its arguments: the npm that runs us, where one does (on Windows `npm` itself is a batch file, which cannot be
 * spawned).
 */
export function npmCommand(args) {
  const program = process.env.npm_execpath;
  return program?.endsWith('.js') ? [process.execPath, [program, ...args]] : ['npm', args];
}

export function runNpm(args, options) {
  return run(...npmCommand(args), options);
}

/** Whether the command succeeds; nothing is printed. */
export function succeeds(command, args) {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

/** Absolute path of a program on PATH, or undefined. */
export function findProgram(name) {
  const names = process.platform === 'win32' ? [`${name}.exe`, `${name}.cmd`] : [name];
  // Servers live in sbin, which is not on every user's PATH.
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin'];
  for (const folder of folders) {
    for (const candidate of names) {
      const file = path.join(folder, candidate);
      try {
        accessSync(file, constants.X_OK);
        if (statSync(file).isFile()) return file;
      } catch {
        // Not here.
      }
    }
  }
  return undefined;
}

/** Jobs of a parallel build; CMAKE_BUILD_PARALLEL_LEVEL overrides. */
export function buildJobs() {
  return String(process.env.CMAKE_BUILD_PARALLEL_LEVEL ?? availableParallelism());
}

/** Runs `work` while no other process of this checkout holds the lock of that name. */
export async function withLock(name, work) {
  mkdirSync(cacheDirectory, { recursive: true });
  const file = path.join(cacheDirectory, `${name}.lock`);
  for (let told = false; ;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = readLockOwner(file);
    if (owner === undefined || !isAlive(owner)) {
      rmSync(file, { force: true });
      continue;
    }
    if (!told) say(`Waiting for another ${name} of this checkout (process ${owner})`);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function readLockOwner(file) {
  try {
    const pid = Number(readFileSync(file, 'utf8'));
    return Number.isInteger(pid) && pid > 0 ? pid : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
