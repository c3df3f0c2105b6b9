import type { D1Database } from "@cloudflare/workers-types";

/**
 * The index database's schema, as an append-only list: a released entry is never edited, only followed by another.
 * Each entry runs in one transaction together with the row that records it, so it is applied wholly and once,
 * whichever isolate comes first.
 */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    // The columns beside `summary` are read out of it; `summary` is null in a tombstone. Only indexed columns cost rows written.
    `CREATE TABLE runs (
      ns TEXT NOT NULL,
      run_id TEXT NOT NULL,
      version INTEGER NOT NULL,
      created_at INTEGER NOT NULL,
      deleted_at INTEGER,
      summary TEXT,
      status TEXT GENERATED ALWAYS AS (summary ->> '$.status') VIRTUAL,
      flow_id TEXT GENERATED ALWAYS AS (summary ->> '$.flowId') VIRTUAL,
      flow_name TEXT GENERATED ALWAYS AS (summary ->> '$.flowName') VIRTUAL,
      root_run_id TEXT GENERATED ALWAYS AS (summary ->> '$.rootRunId') VIRTUAL,
      parent_run_id TEXT GENERATED ALWAYS AS (summary ->> '$.parentRunId') VIRTUAL,
      PRIMARY KEY (ns, run_id)
    ) WITHOUT ROWID`,
    "CREATE INDEX runs_by_time ON runs (ns, created_at, run_id) WHERE summary IS NOT NULL",
    "CREATE INDEX roots_by_time ON runs (ns, created_at, run_id) WHERE summary IS NOT NULL AND parent_run_id IS NULL",
    "CREATE INDEX roots_by_status ON runs (ns, status, created_at, run_id) WHERE summary IS NOT NULL AND parent_run_id IS NULL",
    "CREATE INDEX roots_by_flow_id ON runs (ns, flow_id, created_at, run_id) WHERE summary IS NOT NULL AND parent_run_id IS NULL",
    "CREATE INDEX roots_by_flow_name ON runs (ns, flow_name, created_at, run_id) WHERE summary IS NOT NULL AND parent_run_id IS NULL",
    "CREATE INDEX runs_by_root ON runs (ns, root_run_id, created_at, run_id) WHERE summary IS NOT NULL",
    "CREATE INDEX runs_by_parent ON runs (ns, parent_run_id, created_at, run_id) WHERE summary IS NOT NULL AND parent_run_id IS NOT NULL",
    "CREATE INDEX runs_deleted ON runs (deleted_at) WHERE deleted_at IS NOT NULL",
    `CREATE TABLE run_labels (
      ns TEXT NOT NULL,
      key TEXT NOT NULL,
      value TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      run_id TEXT NOT NULL,
      PRIMARY KEY (ns, key, value, created_at, run_id)
    ) WITHOUT ROWID`,
    `CREATE TABLE flows (
      ns TEXT NOT NULL,
      flow_id TEXT NOT NULL,
      name TEXT,
      description TEXT,
      version TEXT,
      stored_at INTEGER NOT NULL,
      PRIMARY KEY (ns, flow_id)
    ) WITHOUT ROWID`,
    "CREATE INDEX flows_by_time ON flows (ns, stored_at, flow_id)",
    "CREATE INDEX flows_by_name ON flows (ns, name, stored_at, flow_id)",
  ],
  [
    `CREATE TABLE tokens (
      id TEXT PRIMARY KEY,
      ns TEXT NOT NULL,
      hash TEXT NOT NULL,
      name TEXT NOT NULL,
      scopes TEXT NOT NULL,
      allow_components TEXT,
      created_at INTEGER NOT NULL,
      created_by TEXT NOT NULL,
      expires_at INTEGER,
      revoked_at INTEGER,
      last_used_at INTEGER
    ) WITHOUT ROWID`,
    "CREATE INDEX tokens_by_time ON tokens (created_at, id)",
    "CREATE INDEX tokens_by_namespace ON tokens (ns, created_at, id)",
  ],
  [
    `CREATE TABLE triggers (
      ns TEXT NOT NULL,
      name TEXT NOT NULL,
      type TEXT NOT NULL,
      document TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      updated_at INTEGER NOT NULL,
      PRIMARY KEY (ns, name)
    ) WITHOUT ROWID`,
  ],
];

const applied = new WeakMap<D1Database, Promise<void>>();

/** Brings the schema up to date, once per isolate and database. A failure is not remembered: the next caller tries again. */
export function ensureIndexSchema(db: D1Database): Promise<void> {
  const known = applied.get(db);
  if (known) return known;
  const running = migrate(db);
  applied.set(db, running);
  running.catch(() => applied.delete(db));
  return running;
}

async function migrate(db: D1Database): Promise<void> {
  await db.prepare("CREATE TABLE IF NOT EXISTS index_migrations (version INTEGER PRIMARY KEY)").run();
  for (let version = (await appliedVersion(db)) + 1; version <= MIGRATIONS.length; version++) {
    const record = db.prepare("INSERT INTO index_migrations (version) VALUES (?)").bind(version);
    const changes = (MIGRATIONS[version - 1] ?? []).map((sql) => db.prepare(sql));
    try {
      // The record goes first: of two isolates at work, the later one fails on it and changes nothing.
      await db.batch([record, ...changes]);
    } catch (error) {
      if ((await appliedVersion(db)) < version) throw error;
    }
  }
}

async function appliedVersion(db: D1Database): Promise<number> {
  return (
    (await db.prepare("SELECT max(version) AS version FROM index_migrations").first<number | null>("version")) ?? 0
  );
}
