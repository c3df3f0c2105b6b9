import { defineComponent, success } from "../component.ts";
import { chosenLanguage, languageField } from "../language/language-choice.ts";
import { oneLine } from "../language/one-line.ts";
import { rankSentences } from "../language/sentence-rank.ts";
import { sentences } from "../language/sentences.ts";
import { LANGUAGES } from "../language/stop-words.ts";
import { words } from "../language/words.ts";
import { array, choice, integer, number, object, string, withDefault } from "../schema.ts";

export const summarize = defineComponent({
  name: "summarize",
  description:
    "Extractive summary (LexRank): the sentences most central to the text, in their original order and wording.",
  input: object({
    text: string(),
    sentences: withDefault(integer({ minimum: 1, maximum: 1_000, description: "Sentences to keep" }), 3),
    language: languageField,
  }),
  output: object({
    summary: string({ description: "The kept sentences, a space between them, line breaks made spaces" }),
    sentences: array(object({ index: integer(), text: string(), score: number(), start: integer(), end: integer() })),
    source_sentences: integer(),
    compression: number({ description: "Length of the summary as a share of the text's, 0 to 1" }),
    language: choice(LANGUAGES),
  }),
  run({ text, sentences: limit, language: choice }) {
    const language = chosenLanguage(choice, words(text));
    const found = sentences(text);
    const scores = rankSentences(found, language);
    const kept = found
      .map(({ text, start, end }, index) => ({
        index,
        text,
        score: Math.round((scores[index] ?? 0) * 1_000) / 1_000,
        start,
        end,
      }))
      .sort((a, b) => (scores[b.index] ?? 0) - (scores[a.index] ?? 0) || a.index - b.index)
      .slice(0, limit)
      .sort((a, b) => a.index - b.index);
    const summary = kept.map(({ text }) => oneLine(text)).join(" ");
    return success({
      summary,
      sentences: kept,
      source_sentences: found.length,
      compression: text.length === 0 ? 0 : Math.min(1, Math.round((summary.length / text.length) * 1_000) / 1_000),
      language,
    });
  },
});
