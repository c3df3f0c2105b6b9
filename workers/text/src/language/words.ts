import type { TextSpan } from "./text-span.ts";

export interface Word extends TextSpan {
  /** Lower case, NFC, typographic apostrophes made straight: what words are compared by. */
  readonly key: string;
}

const segmenter = new Intl.Segmenter("en", { granularity: "word" });

/** Versions of Unicode differ in whether a stop or colon between letters parts words: here it always does ("example.org"). */
const PARTING_SIGN = /(?<=\p{L})[.:](?=\p{L})/u;

/** The words of a text in order, by Unicode's rules: also where no spaces part them. Punctuation and symbols are left out. */
export function words(text: string): Word[] {
  const found: Word[] = [];
  for (const { segment, index, isWordLike } of segmenter.segment(text)) {
    if (!isWordLike) continue;
    let start = index;
    for (const part of segment.split(PARTING_SIGN)) {
      found.push({ text: part, start, end: start + part.length, key: wordKey(part) });
      start += part.length + 1;
    }
  }
  return found;
}

/** The form under which two spellings of a word are the same. */
export function wordKey(word: string): string {
  return word.normalize("NFC").replaceAll("’", "'").toLowerCase();
}

/** How often each word occurs, by its key, in order of first occurrence. */
export function wordCounts(found: readonly Word[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { key } of found) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
