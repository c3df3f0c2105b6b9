import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { SqliteJournal } from "../../../src/journal/sqlite-journal.ts";
import { entry, journalContract } from "../../journal/journal-contract.ts";

let objects = 0;

function inObject<Result>(body: (storage: DurableObjectStorage) => Result | Promise<Result>): Promise<Result> {
  return runInDurableObject(env.RUNS.getByName(`journal-contract/${objects++}`), (_, state) => body(state.storage));
}

function open(storage: DurableObjectStorage): SqliteJournal {
  return new SqliteJournal(storage.sql, (block) => storage.transactionSync(block));
}

function tables(storage: DurableObjectStorage): string[] {
  return storage.sql
    .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\' ORDER BY name")
    .toArray()
    .map(({ name }) => name);
}

journalContract("Durable Object", (body) => inObject((storage) => body(() => open(storage))));

test("A11 reading a journal that does not exist creates no table, and neither does an append that failed", async () => {
  await inObject((storage) => {
    const journal = open(storage);
    journal.read(0, 10, true);
    journal.readValue(1);
    journal.latestSnapshot();
    expect(tables(storage)).toEqual([]);
    expect(() => journal.append([entry(1), entry(1)])).toThrow();
    expect(tables(storage)).toEqual([]);
  });
});

test("starts anew when its storage was erased and it was told so", async () => {
  await inObject(async (storage) => {
    const journal = open(storage);
    journal.append([entry(1), entry(2)]);
    await storage.deleteAll();
    journal.forget();
    expect(journal.exists()).toBe(false);
    journal.append([entry(1)]);
    expect(journal.read(0, 10, false)).toEqual([entry(1)]);
  });
});
