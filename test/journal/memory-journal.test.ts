import { expect, test } from "vitest";
import { MemoryJournal } from "../../src/journal/memory-journal.ts";
import { entry, journalContract } from "./journal-contract.ts";

journalContract("memory", (body) => {
  const journal = new MemoryJournal();
  body(() => journal);
});

test("refuses a gap", () => {
  const journal = new MemoryJournal();
  expect(() => journal.append([entry(2)])).toThrow(RangeError);
  expect(journal.exists()).toBe(false);
});
