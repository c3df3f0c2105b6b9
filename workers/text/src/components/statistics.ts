import { defineComponent, success } from "../component.ts";
import { graphemeCount } from "../language/graphemes.ts";
import { chosenLanguage, languageField } from "../language/language-choice.ts";
import { paragraphs } from "../language/paragraphs.ts";
import { sentences } from "../language/sentences.ts";
import { LANGUAGES, type Language, stopWords } from "../language/stop-words.ts";
import { syllableCount } from "../language/syllables.ts";
import { wordCounts, words } from "../language/words.ts";
import { array, choice, integer, nullable, number, object, string, withDefault } from "../schema.ts";

export const statistics = defineComponent({
  name: "statistics",
  description: "Counts characters, words, sentences and paragraphs; reading time, readability and the commonest words.",
  input: object({
    text: string(),
    top_words: withDefault(
      integer({ minimum: 0, maximum: 1_000, description: "Commonest words to list, stop words left out" }),
      10,
    ),
    words_per_minute: withDefault(integer({ minimum: 1, maximum: 10_000, description: "Reading speed" }), 230),
    language: languageField,
  }),
  output: object({
    characters: integer({ description: "As a reader counts them" }),
    words: integer(),
    distinct_words: integer(),
    sentences: integer(),
    paragraphs: integer(),
    words_per_sentence: number(),
    reading_seconds: integer(),
    reading_ease: nullable(
      number({ description: "Flesch reading ease, about 0 (hard) to 100 (easy); null unless English or German" }),
    ),
    top_words: array(object({ word: string(), count: integer() })),
    language: choice(LANGUAGES),
  }),
  run({ text, top_words, words_per_minute, language: choice }) {
    const found = words(text);
    const language = chosenLanguage(choice, found);
    const counts = wordCounts(found);
    const sentenceCount = sentences(text).length;
    const syllables = found.reduce((sum, { key }) => sum + syllableCount(key, language), 0);
    const stop = stopWords(language);
    return success({
      characters: graphemeCount(text),
      words: found.length,
      distinct_words: counts.size,
      sentences: sentenceCount,
      paragraphs: paragraphs(text).length,
      words_per_sentence: sentenceCount === 0 ? 0 : tenth(found.length / sentenceCount),
      reading_seconds: Math.round((found.length / words_per_minute) * 60),
      reading_ease: readingEase(found.length, sentenceCount, syllables, language),
      top_words: Array.from(counts, ([word, count]) => ({ word, count }))
        .filter(({ word }) => word.length > 1 && /\p{L}/u.test(word) && !stop.has(word))
        .sort((a, b) => b.count - a.count || (a.word < b.word ? -1 : 1))
        .slice(0, top_words),
      language,
    });
  },
});

/** Flesch's formula for English, Amstad's for German; other languages have none we trust. */
function readingEase(words: number, sentences: number, syllables: number, language: Language): number | null {
  if (words === 0 || sentences === 0) return null;
  const sentenceLength = words / sentences;
  const wordLength = syllables / words;
  if (language === "en") return tenth(206.835 - 1.015 * sentenceLength - 84.6 * wordLength);
  if (language === "de") return tenth(180 - sentenceLength - 58.5 * wordLength);
  return null;
}

function tenth(value: number): number {
  return Math.round(value * 10) / 10;
}
