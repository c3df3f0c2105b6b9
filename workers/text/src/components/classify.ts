import { defineComponent, invalidInput, success } from "../component.ts";
import { type Word, wordKey, words } from "../language/words.ts";
import { array, integer, nullable, number, object, optional, string, withDefault } from "../schema.ts";

const ruleSchema = object({
  label: string({ minLength: 1 }),
  terms: array(
    object({
      term: string({ minLength: 1, description: "Words to look for; a final * stands for any ending: pay*" }),
      weight: withDefault(number({ description: "Negative: speaks against the label" }), 1),
    }),
  ),
});

export const classify = defineComponent({
  name: "classify",
  description: "Gives a text the label whose terms speak for it most. Whole words are compared, whatever their case.",
  input: object({
    text: string(),
    rules: array(ruleSchema, { maxItems: 200 }),
    min_score: withDefault(number({ description: "A label needs at least this much" }), 1),
    default_label: optional(string({ description: "For a text that no label fits" })),
  }),
  output: object({
    label: nullable(string()),
    score: number(),
    confidence: number({ description: "Share of the label among all positive scores, 0 to 1" }),
    scores: array(
      object({ label: string(), score: number(), matched: array(object({ term: string(), count: integer() })) }),
      {
        description: "Best first, all labels",
      },
    ),
  }),
  run({ text, rules, min_score, default_label }) {
    const twice = rules.findIndex(({ label }, index) => rules.findIndex((rule) => rule.label === label) < index);
    if (twice >= 0) return invalidInput(`/rules/${twice}/label`, "is used by an earlier rule already");
    const found = words(text);
    const scores = rules
      .map(({ label, terms }) => {
        const matches = terms.map(({ term, weight }) => ({ term, weight, count: occurrences(found, term) }));
        const score = matches.reduce((sum, { weight, count }) => sum + weight * count, 0);
        return { label, score, matched: matches.flatMap(({ term, count }) => (count > 0 ? [{ term, count }] : [])) };
      })
      .sort((a, b) => b.score - a.score);
    const best = scores[0];
    if (best === undefined || best.score < min_score) {
      return success({ label: default_label ?? null, score: 0, confidence: 0, scores });
    }
    const positive = scores.reduce((sum, { score }) => sum + Math.max(score, 0), 0);
    const confidence = positive > 0 ? Math.round((best.score / positive) * 1_000) / 1_000 : 0;
    return success({ label: best.label, score: best.score, confidence, scores });
  },
});

/** How often the term's words stand one after the other. */
function occurrences(found: readonly Word[], term: string): number {
  const open = term.endsWith("*");
  const wanted = words(open ? term.slice(0, -1) : term).map(({ key }) => wordKey(key));
  const last = wanted.length - 1;
  if (last < 0) return 0;
  return found.filter((_, start) =>
    wanted.every((word, offset) => {
      const key = found[start + offset]?.key;
      return key !== undefined && (open && offset === last ? key.startsWith(word) : key === word);
    }),
  ).length;
}
