import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { execute, output } from "./execute.ts";

const texts = async (input: object): Promise<string[]> =>
  (await output("chunk", input)).chunks.map((chunk: { text: string }) => chunk.text);

describe("chunk", () => {
  test.each([
    ["sentences", { text: "One. Two. Three. Four. Five.", size: 2 }, ["One. Two.", "Three. Four.", "Five."]],
    [
      "overlapping sentences",
      { text: "One. Two. Three. Four.", size: 2, overlap: 1 },
      ["One. Two.", "Two. Three.", "Three. Four."],
    ],
    ["paragraphs", { text: "a\nb\n\nc\n\n\n\nd", unit: "paragraphs", size: 1 }, ["a\nb", "c", "d"]],
    ["two paragraphs keep the gap between them", { text: "a\n\nb\n\nc", unit: "paragraphs", size: 2 }, ["a\n\nb", "c"]],
    ["paragraphs of a Windows file", { text: "a\r\n\r\nb", unit: "paragraphs", size: 1 }, ["a", "b"]],
    ["characters", { text: "abcdefg", unit: "characters", size: 3 }, ["abc", "def", "g"]],
    ["overlapping characters", { text: "abcdef", unit: "characters", size: 4, overlap: 2 }, ["abcd", "cdef"]],
    ["an emoji with modifiers is one character", { text: "a👨‍👩‍👧b", unit: "characters", size: 2 }, ["a👨‍👩‍👧", "b"]],
    [
      "a letter with a combining accent is one character",
      { text: "e\u0301x", unit: "characters", size: 1 },
      ["e\u0301", "x"],
    ],
    ["a size larger than the text", { text: "One. Two.", size: 100 }, ["One. Two."]],
    ["nothing", { text: "" }, []],
    ["only white space", { text: " \n\n \t" }, []],
  ])("cuts %s", async (_, input, expected) => {
    expect(await texts(input)).toEqual(expected);
  });

  test("numbers the chunks and says where in the text they stand", async () => {
    const text = "  Größe zählt. Ja!\n\nNächster Absatz. Ende.";
    const { chunks, count } = await output("chunk", { text, size: 1 });
    expect(count).toBe(4);
    expect(chunks.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2, 3]);
    for (const chunk of chunks) expect(text.slice(chunk.start, chunk.end)).toBe(chunk.text);
  });

  test("keeps the id of a chunk that an edit elsewhere leaves alone, and tells equal chunks apart", async () => {
    const ids = async (text: string) =>
      (await output("chunk", { text, size: 1 })).chunks.map(({ id }: { id: string }) => id);
    const [one, two, again] = await ids("One. Two. One.");
    expect(one).toMatch(/^[0-9a-f]{16}$/);
    expect(again).toBe(`${one}-2`);
    expect(await ids("Zero! Two.")).toContain(two);
  });

  test("refuses an overlap that would never get on", async () => {
    expect(await execute("chunk", { text: "x", size: 2, overlap: 2 })).toEqual({
      kind: "invalid_input",
      faults: [{ pointer: "/overlap", message: "must be smaller than size (2), not 2" }],
    });
  });

  test("character chunks without overlap, joined, are the text; sentence chunks lose only white space", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "binary", maxLength: 200 }),
        fc.integer({ min: 1, max: 20 }),
        async (text, size) => {
          expect((await texts({ text, unit: "characters", size })).join("")).toBe(text);
          const visible = (parts: readonly string[]) => parts.join("").replace(/\s+/g, "");
          expect(visible(await texts({ text, size }))).toBe(visible([text]));
        },
      ),
      { numRuns: 200 },
    );
  });
});
