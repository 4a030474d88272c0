export interface Migration {
  version: number;
  sql: string;
}

/** Steps from an empty file to the present schema. A step that was released is never edited: a change is a new step. */
export const migrations: readonly Migration[] = [
  {
    version: 1,
    sql: `
      CREATE TABLE collections (
        id                  TEXT PRIMARY KEY,
        parent_id           TEXT REFERENCES collections (id) ON DELETE CASCADE,
        name                TEXT NOT NULL,
        description         TEXT NOT NULL DEFAULT '',
        position            REAL NOT NULL,
        variables           TEXT NOT NULL DEFAULT '{}',
        auth                TEXT,
        pre_request_script  TEXT NOT NULL DEFAULT '',
        post_request_script TEXT NOT NULL DEFAULT '',
        created_at          INTEGER NOT NULL,
        updated_at          INTEGER NOT NULL
      );
      CREATE INDEX collections_by_parent ON collections (parent_id, position);

      CREATE TABLE requests (
        id                  TEXT PRIMARY KEY,
        collection_id       TEXT REFERENCES collections (id) ON DELETE CASCADE,
        name                TEXT NOT NULL,
        description         TEXT NOT NULL DEFAULT '',
        position            REAL NOT NULL,
        method              TEXT NOT NULL,
        url                 TEXT NOT NULL,
        params              TEXT NOT NULL DEFAULT '[]',
        headers             TEXT NOT NULL DEFAULT '[]',
        body                TEXT,
        auth                TEXT,
        pre_request_script  TEXT NOT NULL DEFAULT '',
        post_request_script TEXT NOT NULL DEFAULT '',
        options             TEXT NOT NULL DEFAULT '{}',
        created_at          INTEGER NOT NULL,
        updated_at          INTEGER NOT NULL
      );
      CREATE INDEX requests_by_collection ON requests (collection_id, position);

      CREATE TABLE environments (
        id          TEXT PRIMARY KEY,
        name        TEXT NOT NULL,
        description TEXT NOT NULL DEFAULT '',
        is_active   INTEGER NOT NULL DEFAULT 0,
        variables   TEXT NOT NULL DEFAULT '{}',
        created_at  INTEGER NOT NULL,
        updated_at  INTEGER NOT NULL
      );

      CREATE TABLE globals (
        id         INTEGER PRIMARY KEY CHECK (id = 1),
        variables  TEXT NOT NULL,
        updated_at INTEGER NOT NULL
      );
      INSERT INTO globals (id, variables, updated_at) VALUES (1, '{}', 0);

      CREATE TABLE kv_store (
        key        TEXT PRIMARY KEY,
        value      TEXT NOT NULL,
        updated_at INTEGER NOT NULL
      );

      CREATE TABLE runs (
        id              TEXT PRIMARY KEY,
        request_id      TEXT REFERENCES requests (id) ON DELETE SET NULL,
        environment_id  TEXT REFERENCES environments (id) ON DELETE SET NULL,
        type            TEXT NOT NULL CHECK (type IN ('design', 'load')),
        status          TEXT NOT NULL CHECK (status IN ('pending', 'running', 'completed', 'stopped', 'failed')),
        config_snapshot TEXT NOT NULL,
        error           TEXT,
        start_time      INTEGER NOT NULL,
        end_time        INTEGER
      );
      CREATE INDEX runs_by_start ON runs (start_time, id);
      CREATE INDEX runs_by_status ON runs (status);
      CREATE INDEX runs_by_request ON runs (request_id);
      CREATE INDEX runs_by_environment ON runs (environment_id);

      CREATE TABLE reports (
        run_id TEXT PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE,
        report TEXT NOT NULL
      );

      CREATE TABLE metrics (
        id        INTEGER PRIMARY KEY AUTOINCREMENT,
        run_id    TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        timestamp INTEGER NOT NULL,
        name      TEXT NOT NULL,
        value     REAL NOT NULL,
        labels    TEXT
      );
      CREATE INDEX metrics_by_run ON metrics (run_id, id);

      CREATE TABLE results (
        id          INTEGER PRIMARY KEY AUTOINCREMENT,
        run_id      TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        timestamp   INTEGER NOT NULL,
        status_code INTEGER,
        latency_ms  REAL NOT NULL,
        error       TEXT,
        trace_data  TEXT
      );
      CREATE INDEX results_by_run ON results (run_id, id);

      CREATE TABLE histograms (
        run_id TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        second INTEGER NOT NULL,
        name   TEXT NOT NULL,
        data   BLOB NOT NULL,
        PRIMARY KEY (run_id, second, name)
      );
    `,
  },
];

export const schemaVersion = migrations.at(-1)?.version ?? 0;
