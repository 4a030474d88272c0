import type { Database } from 'better-sqlite3';
import { CollectionRepository } from './collections.js';
import { openDatabase } from './database.js';
import { EnvironmentRepository } from './environments.js';
import { GlobalsRepository } from './globals.js';
import { HistogramRepository } from './histograms.js';
import { MetricRepository } from './metrics.js';
import { RequestRepository } from './requests.js';
import { ResultRepository } from './results.js';
import { RunRepository, type RunRecord } from './runs.js';
import { SettingRepository } from './settings.js';

export interface StoreOptions {
  /** Path of the database, or `:memory:` for one that ends with the process. */
  file: string;
  /** How long a statement waits for another process's lock, in ms. Default 500, and 5000 while the file is opened. */
  busyTimeoutMs?: number;
}

/** Everything that is kept, in one SQLite database. One connection; used from the JavaScript thread that opened it. */
export class Store {
  readonly collections: CollectionRepository;
  readonly requests: RequestRepository;
  readonly environments: EnvironmentRepository;
  readonly globals: GlobalsRepository;
  readonly settings: SettingRepository;
  readonly runs: RunRepository;
  readonly metrics: MetricRepository;
  readonly results: ResultRepository;
  readonly histograms: HistogramRepository;
  /** What happened to the file when it was opened, for people. */
  readonly notices: readonly string[];
  readonly #database: Database;

  constructor(database: Database, notices: readonly string[]) {
    this.#database = database;
    this.notices = notices;
    this.collections = new CollectionRepository(database);
    this.requests = new RequestRepository(database);
    this.environments = new EnvironmentRepository(database);
    this.globals = new GlobalsRepository(database);
    this.settings = new SettingRepository(database);
    this.runs = new RunRepository(database);
    this.metrics = new MetricRepository(database);
    this.results = new ResultRepository(database);
    this.histograms = new HistogramRepository(database);
  }

  /** Runs `work` in one transaction: all of its writes are kept or, where it throws, none. May be nested. */
  transaction<T>(work: () => T): T {
    return this.#database.transaction(work)();
  }

  /** To be called once when a process begins: runs of a former one that never ended become `failed`. */
  markInterruptedRuns(): RunRecord[] {
    return this.runs.markInterrupted();
  }

  /** Moves the write-ahead log into the database file. */
  checkpoint(): void {
    this.#database.pragma('wal_checkpoint(TRUNCATE)');
  }

  close(): void {
    if (this.#database.open) this.#database.close();
  }
}

export function openStore(options: StoreOptions): Store {
  const { file, ...settings } = options;
  const { database, notices } = openDatabase(file, settings);
  return new Store(database, notices);
}
