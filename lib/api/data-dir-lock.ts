import fs from 'node:fs';
import path from 'node:path';
import { VayuError } from '../model/errors.js';
import { isProcessAlive } from './process-alive.js';
import { dataDirNotWritable, makeDataDir } from '../store/folder.js';

const fileName = 'vayu.lock';

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

function readLock(file: string): LockFacts | undefined {
  try {
    const text = fs.readFileSync(file, 'utf8').trim();
    return /^\d+$/.test(text) ? { pid: Number(text) } : (JSON.parse(text) as LockFacts);
  } catch {
    return undefined;
  }
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
  const moved = readLock(stale);
  const alive = moved !== undefined && typeof moved.pid === 'number' && isAlive(moved.pid, moved.stamp);
  if (alive) fs.linkSync(stale, file);
  fs.rmSync(stale, { force: true });
  if (alive) throw taken(folder, moved);
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
        fs.writeFileSync(aside, JSON.stringify(facts), { mode: 0o600 });
        try {
          fs.linkSync(aside, file);
        } finally {
          fs.rmSync(aside, { force: true });
        }
        break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 3) throw error;
        const holder = readLock(file);
        if (holder !== undefined && typeof holder.pid === 'number' && isAlive(holder.pid, holder.stamp)) {
          throw taken(folder, holder);
        }
        removeStale(file, folder);
      }
    }
  } catch (error) {
    if (error instanceof VayuError) throw error;
    throw dataDirNotWritable(folder, error);
  }
  return {
    describe: (more) => {
      const aside = `${file}.${process.pid}`;
      fs.writeFileSync(aside, JSON.stringify({ ...facts, ...more }), { mode: 0o600 });
      fs.renameSync(aside, file);
    },
    release: () => {
      if (readLock(file)?.pid === process.pid) fs.rmSync(file, { force: true });
    },
  };
}
