import fs from 'node:fs';
import path from 'node:path';
import { VayuError } from '../model/errors.js';
import { isProcessAlive } from './process-alive.js';
import { dataDirNotWritable, makeDataDir } from '../store/folder.js';

/** Holds the process id and nothing else, as clients read it. */
const fileName = 'vayu.lock';
/** What else there is to say of that process; counts only where it names the same one. */
const factsSuffix = '.json';

export interface DataDirLock {
  /** Adds what is known once the daemon listens, for those who look for it. */
  describe(facts: Record<string, unknown>): void;
  release(): void;
}

/** What says that a process lives on as the one that took a lock, though another may have its number by now. */
function processStamp(pid: number): string | undefined {
  try {
    // Field 22: when it began, in clock ticks since the boot. The name before it may hold spaces and brackets.
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function isAlive(pid: number, stamp: unknown): boolean {
  if (!isProcessAlive(pid)) return false;
  const now = processStamp(pid);
  return typeof stamp !== 'string' || now === undefined || now === stamp;
}

interface LockFacts {
  pid?: unknown;
  stamp?: unknown;
  url?: unknown;
}

function readFacts(file: string): LockFacts {
  try {
    return JSON.parse(fs.readFileSync(file + factsSuffix, 'utf8')) as LockFacts;
  } catch {
    return {};
  }
}

/** Who holds the lock in `held`, which was `file` when it was taken; undefined where that process is gone. */
function holderOf(held: string, file = held): LockFacts | undefined {
  let text: string;
  try {
    text = fs.readFileSync(held, 'utf8').trim();
  } catch {
    return undefined;
  }
  if (!/^\d+$/.test(text)) return undefined;
  const pid = Number(text);
  const facts = readFacts(file);
  const known: LockFacts = facts.pid === pid ? facts : { pid };
  return isAlive(pid, known.stamp) ? known : undefined;
}

function taken(folder: string, holder: LockFacts): VayuError {
  const where = typeof holder.url === 'string' ? ` and listens on ${holder.url}` : '';
  return new VayuError(
    'already_running',
    `A daemon with process id ${String(holder.pid)} uses ${folder}${where}. Stop it or choose another --data-dir.`,
    { folder, pid: holder.pid, ...(where === '' ? {} : { url: holder.url }) },
  );
}

/** Moves a stale lock away; where another daemon put its own in its place meanwhile, that one is put back. */
function removeStale(file: string, folder: string): void {
  const stale = `${file}.stale.${process.pid}`;
  try {
    fs.renameSync(file, stale);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = holderOf(stale, file);
  if (moved !== undefined) fs.linkSync(stale, file);
  fs.rmSync(stale, { force: true });
  if (moved !== undefined) throw taken(folder, moved);
}

/**
 * Makes this process the only daemon of the data directory, or throws `already_running`. A lock whose process is gone is taken over; the
 * directory is made where it does not exist.
 */
export function lockDataDir(folder: string): DataDirLock {
  const file = path.join(folder, fileName);
  const facts: Record<string, unknown> = {
    pid: process.pid,
    stamp: processStamp(process.pid),
    startedAt: Date.now(),
  };
  try {
    makeDataDir(folder);
    for (let attempt = 0; ; attempt++) {
      try {
        // Written aside and linked into place: whoever finds the lock finds it whole.
        const aside = `${file}.${process.pid}`;
        fs.writeFileSync(aside, `${process.pid}\n`, { mode: 0o600 });
        try {
          fs.linkSync(aside, file);
        } finally {
          fs.rmSync(aside, { force: true });
        }
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 3) throw error;
        const holder = holderOf(file);
        if (holder !== undefined) throw taken(folder, holder);
        removeStale(file, folder);
      }
    }
  } catch (error) {
    if (error instanceof VayuError) throw error;
    throw dataDirNotWritable(folder, error);
  }
  const describe = (more: Record<string, unknown>): void => {
    const aside = `${file}.${process.pid}`;
    fs.writeFileSync(aside, JSON.stringify({ ...facts, ...more }), { mode: 0o600 });
    fs.renameSync(aside, file + factsSuffix);
  };
  try {
    describe({});
  } catch (error) {
    fs.rmSync(file, { force: true });
    throw dataDirNotWritable(folder, error);
  }
  return {
    describe,
    release: () => {
      if (holderOf(file)?.pid !== process.pid) return;
      fs.rmSync(file + factsSuffix, { force: true });
      fs.rmSync(file, { force: true });
    },
  };
}
