import type { SqlDatabase } from "./sql-database.ts";

/** Append-only: a migration that has been released is never changed. */
const MIGRATIONS: readonly (readonly string[])[] = [
  [
    "CREATE TABLE journal (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, event TEXT NOT NULL, value TEXT, blob TEXT)",
    "CREATE TABLE snapshot (seq INTEGER NOT NULL, chunk INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (seq, chunk))",
  ],
];

/** Brings the tables up to date. The platform refuses `PRAGMA user_version`, hence a table for the version. */
export function migrate(sql: SqlDatabase): void {
  sql.exec("CREATE TABLE IF NOT EXISTS journal_version (version INTEGER NOT NULL)");
  const [row] = sql.exec<{ version: number }>("SELECT version FROM journal_version");
  const version = row?.version ?? 0;
  if (version === MIGRATIONS.length) return;
  for (const statements of MIGRATIONS.slice(version)) for (const statement of statements) sql.exec(statement);
  sql.exec(
    row ? "UPDATE journal_version SET version = ?" : "INSERT INTO journal_version (version) VALUES (?)",
    MIGRATIONS.length,
  );
}
