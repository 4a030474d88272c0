import fs from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { VayuError } from '../model/errors.js';
import { dataDirNotWritable, makeDataDir } from './folder.js';
import { migrations, type Migration } from './migrations.js';

/** Written into the file's header (`VAYU`), so that another program's database is not taken for ours. */
const applicationId = 0x56415955;
/** Files up to this size are read through for damage at every start; above it, it would cost more than a start may take. */
const checkedBytes = 16 * 1024 * 1024;
const openingTimeoutMs = 5000;
/** Short, because all of the process waits with the statement; what could not be written is tried again or told to whoever asked. */
const defaultBusyTimeoutMs = 500;

export interface DatabaseOptions {
  /** How long a statement waits for another process's lock, in ms. Default 500, and 5000 while the file is opened. */
  busyTimeoutMs?: number;
  /** Steps to the present schema. Default: {@link migrations}. */
  steps?: readonly Migration[];
}

export interface OpenedDatabase {
  database: Database.Database;
  /** What happened to the file on the way, for people: migrated, moved aside. */
  notices: string[];
}

/** Opens and migrates the database; a damaged file is moved aside and a new one begun. */
export function openDatabase(file: string, options: DatabaseOptions = {}): OpenedDatabase {
  const settings: OpeningSettings = {
    openingTimeoutMs: options.busyTimeoutMs ?? openingTimeoutMs,
    busyTimeoutMs: options.busyTimeoutMs ?? defaultBusyTimeoutMs,
    steps: options.steps ?? migrations,
  };
  if (file === ':memory:') {
    const database = new Database(file);
    configure(database);
    migrate(database, file, settings.steps, []);
    return { database, notices: [] };
  }
  makeDataDir(path.dirname(file));
  const notices: string[] = [];
  try {
    return { database: openFile(file, settings, notices), notices };
  } catch (error) {
    if (!isDamage(error)) throw describeOpenError(error, file);
    notices.push(moveAside(file, error));
  }
  try {
    return { database: openFile(file, settings, notices), notices };
  } catch (error) {
    throw describeOpenError(error, file);
  }
}

interface OpeningSettings extends Required<DatabaseOptions> {
  openingTimeoutMs: number;
}

function openFile(file: string, settings: OpeningSettings, notices: string[]): Database.Database {
  const existed = fs.existsSync(file) && fs.statSync(file).size > 0;
  // Saved requests hold credentials; the log and the index beside the file get the mode of the file.
  if (!existed) fs.closeSync(fs.openSync(file, 'a', 0o600));
  const database = new Database(file, { timeout: settings.openingTimeoutMs });
  try {
    // Before anything is written: a file that is refused stays byte for byte as it was.
    checkOwner(database, file, settings.steps.at(-1)?.version ?? 0);
    if (existed) checkDamage(database, file);
    configure(database);
    migrate(database, file, settings.steps, notices);
    database.pragma(`busy_timeout = ${settings.busyTimeoutMs}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function checkOwner(database: Database.Database, file: string, schemaVersion: number): void {
  const version = database.pragma('user_version', { simple: true }) as number;
  const owner = database.pragma('application_id', { simple: true }) as number;
  const tables = database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() as number;
  if (owner !== applicationId && tables > 0) {
    throw new VayuError(
      'database_foreign',
      `${file} is a database of another program; it was left as it is.`,
      { file },
    );
  }
  if (version > schemaVersion) {
    throw new VayuError(
      'schema_too_new',
      `${file} has schema version ${version}, this program knows up to ${schemaVersion}; it was left as it is. Update vayu-engine or choose another --data-dir.`,
      { file, version, known: schemaVersion },
    );
  }
}

function checkDamage(database: Database.Database, file: string): void {
  if (fs.statSync(file).size > checkedBytes) return;
  const verdict = database.pragma('quick_check(1)', { simple: true }) as string;
  if (verdict !== 'ok') throw new Database.SqliteError(verdict, 'SQLITE_CORRUPT');
}

function configure(database: Database.Database): void {
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
  database.pragma('foreign_keys = ON');
}

function migrate(
  database: Database.Database,
  file: string,
  steps: readonly Migration[],
  notices: string[],
): void {
  let version = database.pragma('user_version', { simple: true }) as number;
  for (const step of steps) {
    if (step.version <= version) continue;
    if (version > 0) {
      const backup = `${file}.v${version}.bak`;
      fs.rmSync(backup, { force: true });
      database.prepare('VACUUM INTO ?').run(backup);
      notices.push(
        `Migrated ${file} from schema version ${version} to ${step.version}; the file as it was is ${backup}.`,
      );
    }
    database
      .transaction(() => {
        database.exec(step.sql);
        database.pragma(`application_id = ${applicationId}`);
        database.pragma(`user_version = ${step.version}`);
      })
      .immediate();
    version = step.version;
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code);
}

function moveAside(file: string, cause: unknown): string {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const aside = `${file}.damaged-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`;
  for (const suffix of ['', '-wal', '-shm']) {
    if (fs.existsSync(file + suffix)) fs.renameSync(file + suffix, aside + suffix);
  }
  return `${file} is damaged (${reason}); it was moved to ${aside} and a new database was begun.`;
}

function describeOpenError(error: unknown, file: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  if (error.code.startsWith('SQLITE_BUSY') || error.code.startsWith('SQLITE_LOCKED')) {
    return new VayuError(
      'database_locked',
      `${file} is locked by another process; end it or choose another --data-dir.`,
      { file },
      { cause: error },
    );
  }
  if (/^SQLITE_(CANTOPEN|READONLY|PERM|IOERR|FULL)/.test(error.code))
    return dataDirNotWritable(path.dirname(file), error);
  return error;
}
