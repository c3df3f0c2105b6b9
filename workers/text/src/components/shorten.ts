import { defineComponent, success } from "../component.ts";
import { graphemeBoundaries, graphemeCount } from "../language/graphemes.ts";
import { chosenLanguage, languageField } from "../language/language-choice.ts";
import { oneLine } from "../language/one-line.ts";
import { rankSentences } from "../language/sentence-rank.ts";
import { sentences } from "../language/sentences.ts";
import { words } from "../language/words.ts";
import { boolean, integer, nullable, object, string } from "../schema.ts";

const ELLIPSIS = "…";

export const shorten = defineComponent({
  name: "shorten",
  description:
    "One round of shortening: leaves out the sentence least central to the text, or cuts the last one at a word. Repeat until `done`.",
  input: object({
    text: string(),
    max_characters: integer({ minimum: 1, description: "Length to come under, in characters as a reader counts them" }),
    language: languageField,
  }),
  output: object({
    text: string(),
    characters: integer(),
    done: boolean({ description: "Whether the text now fits" }),
    removed: nullable(string({ description: "What this round left out; null when the text already fitted" })),
  }),
  run({ text, max_characters, language: choice }) {
    const found = sentences(text);
    if (graphemeCount(text) <= max_characters) return success({ ...measured(text, max_characters), removed: null });
    if (found.length < 2) {
      const cut = cutAtWord(text.trim(), max_characters);
      return success({
        ...measured(cut, max_characters),
        removed: text
          .trim()
          .slice(cut.length - ELLIPSIS.length)
          .trim(),
      });
    }
    const scores = rankSentences(found, chosenLanguage(choice, words(text)));
    const least = scores.lastIndexOf(Math.min(...scores));
    const rest = found.filter((_, index) => index !== least).map((sentence) => oneLine(sentence.text));
    return success({ ...measured(rest.join(" "), max_characters), removed: found[least]?.text ?? null });
  },
});

function measured(text: string, limit: number): { text: string; characters: number; done: boolean } {
  const characters = graphemeCount(text);
  return { text, characters, done: characters <= limit };
}

/** At most `limit` characters, the ellipsis included; inside a word only if the first word is already too long. */
function cutAtWord(text: string, limit: number): string {
  const room = text.slice(0, graphemeBoundaries(text)[limit - ELLIPSIS.length] ?? text.length);
  const lastGap = room.search(/\s+\S*$/);
  return (lastGap > 0 ? room.slice(0, lastGap) : room) + ELLIPSIS;
}
