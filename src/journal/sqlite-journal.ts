/**
 * The journal of one run tree in SQLite. Owns the tables `journal` and `snapshot`; nobody else writes them. Its table is made by
 * the first append, so that asking about a run that does not exist leaves no trace (A11). A row stays below 2 MB: the shell
 * moves larger values to the blob store before it appends.
 */

import type { Journal, JournalEntry, StoredValue } from "../core/ports/journal.ts";
import type { BlobId } from "../protocol/ids.ts";
import { migrate, schemaVersion } from "./migrations.ts";
import type { SqlDatabase, SqlValue, Transaction } from "./sql-database.ts";

/** Most runs never write a snapshot, and it can always be made again: its table comes with the first one. */
const SNAPSHOT_TABLE = `CREATE TABLE IF NOT EXISTS snapshot
  (seq INTEGER NOT NULL, chunk INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (seq, chunk))`;
/** Characters of a snapshot per row; at most 3 bytes each in UTF-8, so a row stays below 2 MB. */
const SNAPSHOT_CHUNK = 600_000;
/** Rows go in groups, one JSON parameter each; a group's characters stay below this, and so the parameter below 2 MB. */
const GROUP_CHARACTERS = 300_000;
const INSERT = "INSERT INTO journal (seq, at, event, value, blob)";
/** Up to here a parameter per column is cheaper than JSON; the platform allows 100 parameters. */
const ROWS_BY_VALUE = 4;
const INSERT_MANY = `${INSERT}
  SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)`;

type JournalRow = {
  readonly seq: number;
  readonly at: number;
  readonly event: string;
  readonly value: string | null;
  readonly blob: string | null;
};

export class SqliteJournal implements Journal {
  readonly #sql: SqlDatabase;
  readonly #transaction: Transaction;
  #ready = false;

  constructor(sql: SqlDatabase, transaction: Transaction) {
    this.#sql = sql;
    this.#transaction = transaction;
  }

  exists(): boolean {
    if (!this.#ready) {
      const version = schemaVersion(this.#sql);
      if (version === 0) return false;
      migrate(this.#sql, version);
      this.#ready = true;
    }
    return true;
  }

  /** The tables are gone: the storage was erased as a whole. */
  forget(): void {
    this.#ready = false;
  }

  append(entries: readonly JournalEntry[]): void {
    if (entries.length === 0) return;
    const groups = [...groupRows(entries)];
    const [only] = groups;
    // One statement is atomic by itself; a savepoint around it would only cost.
    if (only && groups.length === 1 && this.exists()) {
      this.#insert(only);
      return;
    }
    this.#transaction(() => {
      if (!this.exists()) migrate(this.#sql, 0);
      for (const group of groups) this.#insert(group);
    });
    // Not before: a block that fails takes the new tables with it.
    this.#ready = true;
  }

  #insert(rows: readonly SqlValue[][]): void {
    if (rows.length > ROWS_BY_VALUE) this.#sql.exec(INSERT_MANY, JSON.stringify(rows));
    else this.#sql.exec(`${INSERT} VALUES ${rows.map(() => "(?, ?, ?, ?, ?)").join(", ")}`, ...rows.flat());
  }

  read(after: number, limit: number, withValues: boolean): readonly JournalEntry[] {
    if (!this.exists()) return [];
    const columns = withValues ? "seq, at, event, value, blob" : "seq, at, event, NULL AS value, NULL AS blob";
    const rows = this.#sql.exec<JournalRow>(
      `SELECT ${columns} FROM journal WHERE seq > ? ORDER BY seq LIMIT ?`,
      after,
      limit,
    );
    return Array.from(rows, toEntry);
  }

  readValue(seq: number): StoredValue | undefined {
    if (!this.exists()) return undefined;
    const [row] = this.#sql.exec<JournalRow>("SELECT seq, at, event, value, blob FROM journal WHERE seq = ?", seq);
    return row && toEntry(row).value;
  }

  saveSnapshot(seq: number, text: string): void {
    this.#transaction(() => {
      this.#sql.exec(SNAPSHOT_TABLE);
      this.#sql.exec("DELETE FROM snapshot");
      for (const [chunk, part] of cutText(text).entries()) {
        this.#sql.exec("INSERT INTO snapshot (seq, chunk, text) VALUES (?, ?, ?)", seq, chunk, part);
      }
    });
  }

  latestSnapshot(): { readonly seq: number; readonly text: string } | undefined {
    const [table] = this.#sql.exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'snapshot'");
    if (!table) return undefined;
    const chunks = Array.from(
      this.#sql.exec<{ seq: number; text: string }>("SELECT seq, text FROM snapshot ORDER BY chunk"),
    );
    const [first] = chunks;
    return first && { seq: first.seq, text: chunks.map(({ text }) => text).join("") };
  }
}

/** Cuts nowhere inside a character of two code units: a half would not survive the way through UTF-8. */
function cutText(text: string): string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length || parts.length === 0; ) {
    const code = text.charCodeAt(at + SNAPSHOT_CHUNK - 1);
    const end = at + SNAPSHOT_CHUNK - (code >= 0xd800 && code <= 0xdbff ? 1 : 0);
    parts.push(text.slice(at, end));
    at = end;
  }
  return parts;
}

function* groupRows(entries: readonly JournalEntry[]): Generator<SqlValue[][]> {
  let group: SqlValue[][] = [];
  let characters = 0;
  for (const entry of entries) {
    const row = toRow(entry);
    const length = row.reduce<number>((sum, field) => sum + (typeof field === "string" ? field.length : 20), 0);
    if (group.length > 0 && characters + length > GROUP_CHARACTERS) {
      yield group;
      group = [];
      characters = 0;
    }
    group.push(row);
    characters += length;
  }
  if (group.length > 0) yield group;
}

/** A blob is stored as `<id>:<bytes>`. */
function toRow({ seq, at, event, value }: JournalEntry): SqlValue[] {
  const blob = value?.kind === "blob" ? `${value.blob}:${value.bytes}` : null;
  return [seq, at, JSON.stringify(event), value?.kind === "text" ? value.text : null, blob];
}

function toEntry(row: JournalRow): JournalEntry {
  const entry = { seq: row.seq, at: row.at, event: JSON.parse(row.event) };
  const value = storedValue(row);
  return value ? { ...entry, value } : entry;
}

function storedValue({ value, blob }: JournalRow): StoredValue | undefined {
  if (value !== null) return { kind: "text", text: value };
  if (blob === null) return undefined;
  const [id = "", bytes = "0"] = blob.split(":");
  return { kind: "blob", blob: id as BlobId, bytes: Number(bytes) };
}
