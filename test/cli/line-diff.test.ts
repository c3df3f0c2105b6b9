import { expect, test } from "vitest";
import { lineDiff } from "../../src/cli/testing/line-diff.ts";

const shown = (before: string, after: string) =>
  lineDiff(before, after).map((line) => ({ same: " ", removed: "-", added: "+" })[line.kind] + line.text);

test.each([
  ["a\nb\nc", "a\nb\nc", [" a", " b", " c"]],
  ["a\nb\nc", "a\nc", [" a", "-b", " c"]],
  ["a\nc", "a\nb\nc", [" a", "+b", " c"]],
  ["a\nx\nc", "a\ny\nc", [" a", "-x", "+y", " c"]],
  ["", "a", ["-", "+a"]],
])("%j to %j", (before, after, lines) => {
  expect(shown(before, after)).toEqual(lines);
});

test("texts too long to compare are shown one after the other", () => {
  const long = Array.from({ length: 3000 }, (_, i) => String(i)).join("\n");
  const lines = lineDiff(long, `${long}\nmore`);
  expect(lines).toHaveLength(6001);
  expect(lines.at(-1)).toEqual({ kind: "added", text: "more" });
});
