import { defineComponent, success } from "../component.ts";
import { rankLanguages } from "../language/detect.ts";
import { words } from "../language/words.ts";
import { array, nullable, number, object, string } from "../schema.ts";

export const detectLanguage = defineComponent({
  name: "detect_language",
  description:
    "Tells the language of a text by its script and its commonest words: en, de, fr, es, it, pt, nl and ten scripts' languages.",
  input: object({ text: string() }),
  output: object({
    language: nullable(string({ description: "ISO 639-1 code; null when nothing in the text tells" })),
    confidence: number({ description: "Share of the telling words that speak for the language, 0 to 1" }),
    candidates: array(object({ language: string(), score: number() }), { description: "Best first, at most five" }),
  }),
  run({ text }) {
    const candidates = rankLanguages(words(text))
      .slice(0, 5)
      .map(({ language, score }) => ({ language, score: Math.round(score * 1_000) / 1_000 }));
    const best = candidates[0];
    return success({ language: best?.language ?? null, confidence: best?.score ?? 0, candidates });
  },
});
