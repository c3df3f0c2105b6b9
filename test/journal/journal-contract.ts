/** What every `Journal` does, run on each adapter. */
import { describe, expect, test } from "vitest";
import type { Journal, JournalEntry, StoredValue } from "../../src/core/ports/journal.ts";
import type { BlobId } from "../../src/protocol/ids.ts";

/** Opens the same storage again, as a new life of its object does. */
export type Open = () => Journal;
/** Runs `body` where the storage can be reached; each call has an empty storage of its own. */
export type WithStorage = (body: (open: Open) => void) => Promise<void> | void;

const MEGABYTE = 1024 * 1024;

export function entry(seq: number, value?: StoredValue): JournalEntry {
  return {
    seq,
    at: 1_700_000_000_000 + seq,
    event: { kind: "item_added", run: 0, item: seq },
    ...(value && { value }),
  };
}

function text(json: unknown): StoredValue {
  return { kind: "text", text: JSON.stringify(json) };
}

function entries(from: number, count: number, valueOf?: (seq: number) => StoredValue): JournalEntry[] {
  return Array.from({ length: count }, (_, index) => entry(from + index, valueOf?.(from + index)));
}

function readAll(journal: Journal): readonly JournalEntry[] {
  return journal.read(0, Number.MAX_SAFE_INTEGER, true);
}

export function journalContract(name: string, withStorage: WithStorage): void {
  const given = (title: string, body: (open: Open) => void) => test(title, async () => withStorage(body));

  describe(`Journal contract: ${name}`, () => {
    given("A11 does not exist before the first append, and reading does not make it", (open) => {
      const journal = open();
      expect(journal.exists()).toBe(false);
      expect(readAll(journal)).toEqual([]);
      expect(journal.readValue(1)).toBeUndefined();
      expect(journal.latestSnapshot()).toBeUndefined();
      journal.append([]);
      expect(open().exists()).toBe(false);
    });

    given("A2 gives back what was appended, in order, to a later life too", (open) => {
      const written = [
        entry(1, text({ a: 1 })),
        entry(2),
        entry(3, { kind: "blob", blob: "b".repeat(64) as BlobId, bytes: 3 * MEGABYTE }),
      ];
      open().append(written);
      expect(open().exists()).toBe(true);
      expect(readAll(open())).toEqual(written);
      expect([1, 2, 3, 4].map((seq) => open().readValue(seq))).toEqual([
        written[0]?.value,
        undefined,
        written[2]?.value,
        undefined,
      ]);
    });

    given("A2 leaves the values out unless they are asked for", (open) => {
      open().append([entry(1, text("large")), entry(2)]);
      expect(open().read(0, 10, false)).toEqual([entry(1), entry(2)]);
    });

    given("A2 reads in pages", (open) => {
      open().append(entries(1, 10));
      expect(open().read(3, 4, true)).toEqual(entries(4, 4));
      expect(open().read(8, 4, true)).toEqual(entries(9, 2));
      expect(open().read(10, 4, true)).toEqual([]);
    });

    given("A2 appends all of a block or nothing of it", (open) => {
      const journal = open();
      journal.append([entry(1, text("first"))]);
      expect(() => journal.append([entry(2), entry(3), entry(3)])).toThrow();
      expect(() =>
        journal.append([entry(2, text("x".repeat(150_000))), entry(3, text("y".repeat(150_000))), entry(1)]),
      ).toThrow();
      expect(() => journal.append([entry(1, text("other"))])).toThrow();
      expect(() => journal.append([...entries(2, 8), entry(1)])).toThrow();
      expect(readAll(journal)).toEqual([entry(1, text("first"))]);
      journal.append([entry(2)]);
      expect(readAll(open())).toEqual([entry(1, text("first")), entry(2)]);
    });

    given("A2 does not exist after a first append that failed, and takes the next one", (open) => {
      const journal = open();
      expect(() => journal.append([entry(1), entry(1)])).toThrow();
      expect(journal.exists()).toBe(false);
      expect(readAll(journal)).toEqual([]);
      journal.append([entry(1)]);
      expect(readAll(open())).toEqual([entry(1)]);
    });

    const texts = [
      "null",
      "1",
      "1.0",
      "12345678901234567890",
      '"plain"',
      '"\\u0000\\u0001"',
      '"\\ud800 half a pair"',
      JSON.stringify("half \udfff"),
      JSON.stringify("\u0000"),
      JSON.stringify("😀 \u2028 ' \" \\ é \t\n"),
      '{ "spaced" : [ ] }',
      JSON.stringify({ ["__proto__"]: 1, "10": 2, a: 3 }),
    ];
    given("A2 keeps the text of a value to the letter, alone and in a block", (open) => {
      const journal = open();
      for (const [index, value] of texts.entries()) journal.append([entry(index + 1, { kind: "text", text: value })]);
      journal.append(texts.map((value, index) => entry(texts.length + index + 1, { kind: "text", text: value })));
      expect(readAll(open()).map(({ value }) => value?.kind === "text" && value.text)).toEqual([...texts, ...texts]);
    });

    given("A2 keeps what an event says to the letter", (open) => {
      const odd = {
        kind: "run_created",
        labels: { "😀\u0000\ud800": "'\"\\", ["__proto__"]: "x" },
      } as unknown as JournalEntry["event"];
      open().append([1, 2].map((seq) => ({ seq, at: 1, event: odd })));
      open().append([{ seq: 3, at: 1, event: odd }]);
      expect(readAll(open()).map(({ event }) => JSON.stringify(event))).toEqual(Array(3).fill(JSON.stringify(odd)));
    });

    given("A2 takes values of a megabyte, several in a block", (open) => {
      const written = entries(1, 4, (seq) => text(String(seq).repeat(MEGABYTE)));
      open().append(written);
      expect(open().readValue(3)).toEqual(written[2]?.value);
      expect(readAll(open())).toEqual(written);
    });

    given("A2 takes 40,000 entries in a block: the items of a large run", (open) => {
      open().append(entries(1, 40_000, text));
      expect(open().read(39_999, 10, true)).toEqual([entry(40_000, text(40_000))]);
      open().append(entries(40_001, 5_000));
      expect(open().read(0, 100_000, false)).toHaveLength(45_000);
    });

    given("A2 keeps the latest snapshot, however large, to the letter", (open) => {
      open().append(entries(1, 3));
      open().saveSnapshot(2, "first");
      expect(open().latestSnapshot()).toEqual({ seq: 2, text: "first" });
      // A character of two code units lies across every place where one could cut.
      for (const snapshot of [`${"😀".repeat(700_000)}end`, `a${"😀".repeat(700_000)}`, "é".repeat(3 * MEGABYTE), ""]) {
        open().saveSnapshot(3, snapshot);
        const latest = open().latestSnapshot();
        expect(latest?.seq).toBe(3);
        expect(latest?.text === snapshot).toBe(true);
      }
    });
  });
}
