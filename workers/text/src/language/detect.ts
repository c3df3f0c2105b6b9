import { LANGUAGES, type Language, stopWords } from "./stop-words.ts";
import type { Word } from "./words.ts";

/** A language by its ISO 639-1 code: one we know words of, or one that its script gives away. */
export interface LanguageScore {
  readonly language: string;
  /** 0 to 1; the scores of a text add up to 1. */
  readonly score: number;
}

/** Scripts that (for practical purposes) belong to one language. Japanese comes before Chinese: its text mixes both. */
const SCRIPTS: readonly (readonly [language: string, letters: RegExp])[] = [
  ["ja", /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
  ["ko", /\p{Script=Hangul}/u],
  ["zh", /\p{Script=Han}/u],
  ["ru", /\p{Script=Cyrillic}/u],
  ["el", /\p{Script=Greek}/u],
  ["ar", /\p{Script=Arabic}/u],
  ["he", /\p{Script=Hebrew}/u],
  ["hi", /\p{Script=Devanagari}/u],
  ["th", /\p{Script=Thai}/u],
];
const LATIN = /\p{Script=Latin}/u;

/** Enough words to tell, however long the text is. */
const SAMPLE = 4_000;

/**
 * Languages by how much of the text speaks for them, best first. Empty if nothing does. Latin-script text is told by its stop
 * words: a word common to several languages speaks for each of them in part.
 */
export function rankLanguages(found: readonly Word[]): LanguageScore[] {
  const votes = new Map<string, number>();
  const vote = (language: string, weight: number) => votes.set(language, (votes.get(language) ?? 0) + weight);
  const sample = found.slice(0, SAMPLE);
  const japanese = sample.some(({ key }) => SCRIPTS[0]?.[1].test(key));
  for (const { key } of sample) {
    if (LATIN.test(key)) {
      const speaking = LANGUAGES.filter((language) => stopWords(language).has(key));
      for (const language of speaking) vote(language, 1 / speaking.length);
    } else {
      const script = SCRIPTS.find(([, letters]) => letters.test(key))?.[0];
      if (script !== undefined) vote(script === "zh" && japanese ? "ja" : script, 1);
    }
  }
  const total = [...votes.values()].reduce((sum, weight) => sum + weight, 0);
  return Array.from(votes, ([language, weight]) => ({ language, score: weight / total })).sort(
    (a, b) => b.score - a.score || a.language.localeCompare(b.language),
  );
}

/** The likeliest language whose stop words we know; English when nothing tells. */
export function dominantLanguage(found: readonly Word[]): Language {
  const ranked = rankLanguages(found);
  return LANGUAGES.find((known) => known === ranked[0]?.language) ?? "en";
}
