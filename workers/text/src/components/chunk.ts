import { defineComponent, invalidInput, success } from "../component.ts";
import { graphemeBoundaries } from "../language/graphemes.ts";
import { paragraphs } from "../language/paragraphs.ts";
import { sentences } from "../language/sentences.ts";
import { type TextSpan, trimmedSpan } from "../language/text-span.ts";
import { array, choice, integer, object, string, withDefault } from "../schema.ts";

const chunkSchema = object({
  id: string({ description: "Made from the content: a chunk that an edit elsewhere leaves alone keeps its id" }),
  index: integer(),
  text: string(),
  start: integer({ description: "UTF-16 offset into the text: text.slice(start, end) is the chunk" }),
  end: integer(),
});

export const chunk = defineComponent({
  name: "chunk",
  description: "Cuts a text into pieces of so many paragraphs, sentences or characters, overlapping if asked for.",
  input: object({
    text: string(),
    unit: withDefault(choice(["paragraphs", "sentences", "characters"]), "sentences"),
    size: withDefault(integer({ minimum: 1, maximum: 1_000_000, description: "Units per chunk" }), 5),
    overlap: withDefault(integer({ minimum: 0, description: "Units that a chunk repeats from the one before it" }), 0),
  }),
  output: object({ chunks: array(chunkSchema), count: integer() }),
  async run({ text, unit, size, overlap }) {
    if (overlap >= size) return invalidInput("/overlap", `must be smaller than size (${size}), not ${overlap}`);
    const spans =
      unit === "characters"
        ? characterSpans(text, size, overlap)
        : groupSpans(text, unitsOf(text, unit), size, overlap);
    const ids = await contentIds(spans.map((span) => span.text));
    const chunks = spans.map(({ text, start, end }, index) => ({ id: ids[index] ?? "", index, text, start, end }));
    return success({ chunks, count: chunks.length });
  },
});

function unitsOf(text: string, unit: "paragraphs" | "sentences"): TextSpan[] {
  return unit === "paragraphs" ? paragraphs(text) : sentences(text);
}

function groupSpans(text: string, units: readonly TextSpan[], size: number, overlap: number): TextSpan[] {
  return windows(units.length, size, overlap).flatMap(({ from, to }) => {
    const first = units[from];
    const last = units[to - 1];
    const span = first && last && trimmedSpan(text, first.start, last.end);
    return span === undefined ? [] : [span];
  });
}

/** Exact, white space included: without overlap the chunks joined are the text. */
function characterSpans(text: string, size: number, overlap: number): TextSpan[] {
  const boundaries = graphemeBoundaries(text);
  return windows(boundaries.length - 1, size, overlap).map(({ from, to }) => {
    const start = boundaries[from] ?? 0;
    const end = boundaries[to] ?? text.length;
    return { text: text.slice(start, end), start, end };
  });
}

/** Ranges over `count` units that cover all of them; the last may be short, and none only repeats the one before it. */
function windows(count: number, size: number, overlap: number): { from: number; to: number }[] {
  const ranges: { from: number; to: number }[] = [];
  for (let from = 0; from < count; from += size - overlap) {
    ranges.push({ from, to: Math.min(from + size, count) });
    if (from + size >= count) break;
  }
  return ranges;
}

/** Sixteen hex digits of the content's SHA-256; the second chunk with the same content gets `-2` behind it, and so on. */
async function contentIds(texts: readonly string[]): Promise<string[]> {
  const hashes = await Promise.all(texts.map(shortHash));
  const seen = new Map<string, number>();
  return hashes.map((hash) => {
    const times = (seen.get(hash) ?? 0) + 1;
    seen.set(hash, times);
    return times === 1 ? hash : `${hash}-${times}`;
  });
}

async function shortHash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest, 0, 8), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
