import type { Prng } from "../simulation/prng.ts";

/** Inputs stay below this, so that time tells of the code and not of the size. */
export const MAX_CHARACTERS = 24_000;

const TREACHEROUS = [
  "\0",
  "\t",
  "\r\n",
  "\u2028",
  "\ufeff",
  "\ud800",
  "😀",
  "e\u0301",
  "---\n",
  "...\n",
  "&a ",
  "*a",
  "<<: *a\n",
  "!!binary ",
  "!!js/function ",
  "? ",
  "- ",
  ": ",
  "|\n",
  ">-\n",
  "{",
  "}",
  "[",
  "]",
  '"',
  "'",
  "#",
  "%",
  "\\",
  "\\u0000",
  "$",
  "{{",
  "}}",
  "${X:-",
  "null",
  "~",
  "1e999",
  "-0",
  "0x7f",
  "9007199254740993",
  ".inf",
  ".nan",
  "__proto__",
  "constructor",
  "toString",
] as const;

/** One to six small harms done to a text. `others`: texts to take pieces from. */
export function mutateText(prng: Prng, text: string, others: readonly string[]): string {
  let mutated = text;
  for (let harm = prng.between(1, 6); harm > 0; harm--) mutated = mutateOnce(prng, mutated, others);
  return mutated.slice(0, MAX_CHARACTERS);
}

function mutateOnce(prng: Prng, text: string, others: readonly string[]): string {
  const at = prng.between(0, text.length);
  const length = prng.between(1, prng.chance(0.3) ? 200 : 8);
  const [before, piece, after] = [text.slice(0, at), text.slice(at, at + length), text.slice(at + length)];
  switch (prng.weighted({ insert: 4, cut: 3, double: 2, repeat: 0.5, swap: 2, splice: 2, end: 1, lines: 2, flip: 2 })) {
    case "insert":
      return before + prng.pick(TREACHEROUS) + piece + after;
    case "cut":
      return before + after;
    case "double":
      return before + piece + piece + after;
    case "repeat":
      return (
        before + (prng.chance(0.5) ? piece.slice(0, 4) : prng.pick(TREACHEROUS)).repeat(prng.between(2, 1_500)) + after
      );
    case "swap":
      return before + after.slice(0, length) + piece + after.slice(length);
    case "splice": {
      const other = prng.pick(others);
      const from = prng.between(0, other.length);
      return before + other.slice(from, from + prng.between(1, 300)) + after;
    }
    case "end":
      return before;
    case "lines": {
      const lines = text.split("\n");
      const moved = lines.splice(prng.between(0, lines.length - 1), prng.between(1, 3));
      lines.splice(prng.between(0, lines.length), 0, ...moved.map((line) => " ".repeat(prng.between(0, 3)) + line));
      return lines.join("\n");
    }
    case "flip":
      return before + String.fromCharCode(prng.between(0, prng.chance(0.8) ? 127 : 0xffff)) + piece.slice(1) + after;
  }
}

/** Cuts bytes into chunks at random places, inside characters too; now and then (short ones) one byte each. */
export function cutBytes(prng: Prng, bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const longest = prng.pick([Math.ceil(bytes.length / 2_000), 7, 64, 4_096, Math.max(1, bytes.length)]);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + prng.between(Math.min(longest, Math.ceil(bytes.length / 4_000)), longest);
    chunks.push(bytes.slice(at, end));
    at = end;
  }
  return chunks;
}
