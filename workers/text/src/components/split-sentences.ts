import { defineComponent, success } from "../component.ts";
import { sentences } from "../language/sentences.ts";
import { array, integer, object, string } from "../schema.ts";

export const splitSentences = defineComponent({
  name: "split_sentences",
  description: "Splits a text into its sentences. Abbreviations, initials and hard-wrapped lines do not end one.",
  input: object({ text: string() }),
  output: object({
    sentences: array(object({ text: string(), start: integer(), end: integer() })),
    count: integer(),
  }),
  run({ text }) {
    const found = sentences(text).map(({ text, start, end }) => ({ text, start, end }));
    return success({ sentences: found, count: found.length });
  },
});
