import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import type { StoredValue } from "../../src/core/ports/journal.ts";
import type { SqlDatabase } from "../../src/journal/sql-database.ts";
import { SqliteJournal } from "../../src/journal/sqlite-journal.ts";
import { nodeSqliteDatabase } from "../support/node-sqlite-database.ts";
import { entry, journalContract } from "./journal-contract.ts";

function open(database: DatabaseSync): SqliteJournal {
  const { sql, transaction } = nodeSqliteDatabase(database);
  return new SqliteJournal(sql, transaction);
}

journalContract("node:sqlite", (body) => {
  const database = new DatabaseSync(":memory:");
  try {
    body(() => open(database));
  } finally {
    database.close();
  }
});

test("A11 reading a journal that does not exist creates no table", () => {
  const database = new DatabaseSync(":memory:");
  const journal = open(database);
  journal.read(0, 10, true);
  journal.readValue(1);
  journal.latestSnapshot();
  expect(database.prepare("SELECT name FROM sqlite_master").all()).toEqual([]);
  database.close();
});

test("A2 hands no parameter to the database that comes near the 2 MB it may have", () => {
  const database = new DatabaseSync(":memory:");
  const { sql, transaction } = nodeSqliteDatabase(database);
  let largest = 0;
  const watched: SqlDatabase = {
    exec(query, ...bindings) {
      for (const binding of bindings)
        if (typeof binding === "string") largest = Math.max(largest, Buffer.byteLength(binding));
      return sql.exec(query, ...bindings);
    },
  };
  const quotes: StoredValue = { kind: "text", text: JSON.stringify('"'.repeat(30)) };
  const journal = new SqliteJournal(watched, transaction);
  journal.append(Array.from({ length: 30_000 }, (_, index) => entry(index + 1, index % 2 === 0 ? quotes : undefined)));
  expect(journal.read(29_999, 2, false)).toHaveLength(1);
  expect(largest).toBeGreaterThan(100_000);
  expect(largest).toBeLessThan(1_500_000);
  database.close();
});

test("starts anew when its storage was erased and it was told so", () => {
  const database = new DatabaseSync(":memory:");
  const journal = open(database);
  journal.append([entry(1), entry(2)]);
  database.exec("DROP TABLE journal");
  journal.forget();
  expect(journal.exists()).toBe(false);
  journal.append([entry(1)]);
  expect(journal.read(0, 10, false)).toEqual([entry(1)]);
  database.close();
});
