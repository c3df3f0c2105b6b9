import { defineComponent, success } from "../component.ts";
import { array, choice, integer, number, object, optional, string, withDefault } from "../schema.ts";
import { keywordSchema } from "./extract-keywords.ts";

const analysisSchema = object(
  {
    keywords: withDefault(array(keywordSchema), []),
    summary: optional(string()),
    weight: withDefault(number({ minimum: 0, description: "How much this piece counts, for example its length" }), 1),
  },
  { extra: "ignore" },
);

/** What `/builtin/map` gives for each item; a failed or skipped item has no `result`. */
const itemSchema = object(
  { outcome: choice(["success", "failed", "skipped"]), result: optional(analysisSchema) },
  { extra: "ignore" },
);

interface MergedKeyword {
  phrase: string;
  score: number;
  count: number;
  pieces: number;
}

export const mergeAnalyses = defineComponent({
  name: "merge_analyses",
  description:
    "Puts the analyses of a text's pieces together, as a map over its chunks gives them: keywords (what several pieces speak of weighs more), distinct summaries in order. Failed pieces are counted and left out.",
  input: object({
    results: array(itemSchema, { description: "The `results` of a map" }),
    limit: withDefault(integer({ minimum: 1, maximum: 1_000, description: "Keywords to return" }), 10),
  }),
  output: object({
    keywords: array(object({ phrase: string(), score: number(), count: integer(), pieces: integer() })),
    summaries: array(string()),
    text: string({ description: "The summaries, one paragraph each" }),
    merged: integer(),
    left_out: integer(),
  }),
  run({ results, limit }) {
    const analyses = results.flatMap(({ outcome, result }) =>
      outcome === "success" && result !== undefined ? [result] : [],
    );
    const total = analyses.reduce((sum, { weight }) => sum + weight, 0);
    const merged = new Map<string, MergedKeyword>();
    for (const { keywords, weight } of analyses) {
      const share = total > 0 ? weight / total : 0;
      for (const { phrase, score, count } of keywords) {
        const known = merged.get(phrase) ?? { phrase, score: 0, count: 0, pieces: 0 };
        merged.set(phrase, {
          phrase,
          score: known.score + score * share,
          count: known.count + count,
          pieces: known.pieces + 1,
        });
      }
    }
    // Overlapping pieces may have chosen the same sentence.
    const summaries = distinct(
      analyses.flatMap(({ summary }) => (summary === undefined || summary === "" ? [] : [summary])),
    );
    return success({
      keywords: [...merged.values()]
        .map(({ phrase, score, count, pieces }) => ({
          phrase,
          score: Math.round(score * (1 + Math.log(pieces)) * 1_000) / 1_000,
          count,
          pieces,
        }))
        .sort((a, b) => b.score - a.score || b.count - a.count || (a.phrase < b.phrase ? -1 : 1))
        .slice(0, limit),
      summaries,
      text: summaries.join("\n\n"),
      merged: analyses.length,
      left_out: results.length - analyses.length,
    });
  },
});

function distinct(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
