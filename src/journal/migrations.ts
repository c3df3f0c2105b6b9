import type { SqlDatabase } from "./sql-database.ts";

/** Append-only: a migration that has been released is never changed. The first makes as little as a short run needs. */
const MIGRATIONS: readonly (readonly string[])[] = [
  ["CREATE TABLE journal (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, event TEXT NOT NULL, value TEXT, blob TEXT)"],
];

/** What there is of the journal's tables; 0: nothing yet. */
export function schemaVersion(sql: SqlDatabase): number {
  const tables = new Set(Array.from(sql.exec<{ name: string }>(TABLES), ({ name }) => name));
  if (!tables.has("journal")) return 0;
  // The platform refuses `PRAGMA user_version`. Without a table for the version it is the first.
  if (!tables.has("journal_version")) return 1;
  const [row] = sql.exec<{ version: number }>("SELECT version FROM journal_version");
  return row?.version ?? 1;
}

const TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('journal', 'journal_version')";

/** Brings the tables up to date. */
export function migrate(sql: SqlDatabase, version: number): void {
  if (version >= MIGRATIONS.length) return;
  for (const statements of MIGRATIONS.slice(version)) for (const statement of statements) sql.exec(statement);
  if (MIGRATIONS.length === 1) return;
  sql.exec("CREATE TABLE IF NOT EXISTS journal_version (version INTEGER NOT NULL)");
  sql.exec("DELETE FROM journal_version");
  sql.exec("INSERT INTO journal_version (version) VALUES (?)", MIGRATIONS.length);
}
