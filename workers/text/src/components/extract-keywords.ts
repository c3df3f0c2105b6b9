import { defineComponent, success } from "../component.ts";
import { chosenLanguage, languageField } from "../language/language-choice.ts";
import { sentences } from "../language/sentences.ts";
import { LANGUAGES, stopWords } from "../language/stop-words.ts";
import { type Word, words } from "../language/words.ts";
import { array, choice, integer, number, object, string, withDefault } from "../schema.ts";

export const keywordSchema = object(
  { phrase: string(), score: number(), count: integer() },
  { extra: "ignore", description: "A phrase in lower case, its weight, and how often it occurs" },
);

interface Phrase {
  readonly words: readonly string[];
  count: number;
}

export const extractKeywords = defineComponent({
  name: "extract_keywords",
  description:
    "Finds the phrases a text is about (RAKE): runs of words between stop words and punctuation, weighted by how often and in how long phrases their words occur.",
  input: object({
    text: string(),
    limit: withDefault(integer({ minimum: 1, maximum: 1_000, description: "Phrases to return" }), 10),
    max_words: withDefault(integer({ minimum: 1, maximum: 10, description: "Longest phrase" }), 3),
    min_count: withDefault(integer({ minimum: 1, description: "Phrases that occur less often are left out" }), 1),
    language: languageField,
  }),
  output: object({ keywords: array(keywordSchema), language: choice(LANGUAGES) }),
  run({ text, limit, max_words, min_count, language: choice }) {
    const language = chosenLanguage(choice, words(text));
    const stop = stopWords(language);
    const phrases = new Map<string, Phrase>();
    for (const sentence of sentences(text)) {
      for (const run of contentRuns(sentence.text, stop)) {
        if (run.length <= max_words) count(phrases, run);
      }
    }
    const degrees = wordDegrees(phrases.values());
    const keywords = [...phrases]
      .filter(([, { count }]) => count >= min_count)
      .map(([phrase, { words, count }]) => ({ phrase, score: round(phraseScore(words, count, degrees)), count }))
      .sort((a, b) => b.score - a.score || b.count - a.count || (a.phrase < b.phrase ? -1 : 1))
      .slice(0, limit);
    return success({ keywords, language });
  },
});

/** Maximal runs of words that are neither stop words, nor numbers, nor parted by punctuation. */
function contentRuns(sentence: string, stop: ReadonlySet<string>): Word[][] {
  const runs: Word[][] = [];
  let open: Word[] = [];
  let previousEnd = 0;
  for (const word of words(sentence)) {
    const between = sentence.slice(previousEnd, word.start);
    const carriesMeaning =
      !stop.has(word.key) && /\p{L}/u.test(word.key) && (word.key.length > 1 || !/\p{Script=Latin}/u.test(word.key));
    if (open.length > 0 && (!carriesMeaning || /[^\s\-‐'’]/.test(between))) {
      runs.push(open);
      open = [];
    }
    if (carriesMeaning) open.push(word);
    previousEnd = word.end;
  }
  return open.length > 0 ? [...runs, open] : runs;
}

function count(phrases: Map<string, Phrase>, run: readonly Word[]): void {
  const keys = run.map(({ key }) => key);
  const phrase = keys.join(" ");
  const known = phrases.get(phrase);
  if (known === undefined) phrases.set(phrase, { words: keys, count: 1 });
  else known.count += 1;
}

/** RAKE's degree: how many words stand in the phrases a word is part of. Frequent words and words of long phrases weigh more. */
function wordDegrees(phrases: Iterable<Phrase>): ReadonlyMap<string, number> {
  const degrees = new Map<string, number>();
  for (const { words, count } of phrases) {
    for (const word of words) degrees.set(word, (degrees.get(word) ?? 0) + words.length * count);
  }
  return degrees;
}

/** Plain RAKE prefers long phrases that occur once: the root of the length and the logarithm of the count even that out. */
function phraseScore(words: readonly string[], count: number, degrees: ReadonlyMap<string, number>): number {
  const sum = words.reduce((total, word) => total + (degrees.get(word) ?? 0), 0);
  return (sum / Math.sqrt(words.length)) * (1 + Math.log(count));
}

function round(score: number): number {
  return Math.round(score * 1_000) / 1_000;
}
