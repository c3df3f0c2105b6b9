/**
 * How central each sentence is to its text: LexRank. Sentences are nodes, the cosine of their TF-IDF vectors is the weight
 * of the edge between two of them, and a random walk over the graph gives the scores.
 */
import { type Language, stopWords } from "./stop-words.ts";
import type { TextSpan } from "./text-span.ts";
import { wordCounts, words } from "./words.ts";

/** The graph is quadratic in sentences: of a longer text only those nearest to its centre are ranked. */
const MAX_RANKED = 400;
const DAMPING = 0.85;
const ITERATIONS = 40;
const CONVERGED = 1e-6;

type Vector = ReadonlyMap<string, number>;

/** Scores by sentence, the best is 1; sentences without content words, or too far from the centre of a long text, get 0. */
export function rankSentences(sentences: readonly TextSpan[], language: Language): number[] {
  const vectors = tfIdfVectors(sentences, language);
  const ranked = nearestToCentre(vectors);
  const walk = randomWalk(ranked.map((index) => vectors[index] ?? new Map()));
  const best = Math.max(...walk, Number.MIN_VALUE);
  const scores = sentences.map(() => 0);
  for (const [position, index] of ranked.entries()) scores[index] = (walk[position] ?? 0) / best;
  return scores;
}

/** Unit vectors. */
function tfIdfVectors(sentences: readonly TextSpan[], language: Language): Vector[] {
  const stop = stopWords(language);
  const counts = sentences.map(({ text }) =>
    wordCounts(words(text).filter(({ key }) => key.length > 1 && !stop.has(key))),
  );
  const occursIn = new Map<string, number>();
  for (const terms of counts) for (const term of terms.keys()) occursIn.set(term, (occursIn.get(term) ?? 0) + 1);
  return counts.map((terms) => {
    const weights = Array.from(
      terms,
      ([term, count]) => [term, count * Math.log(1 + sentences.length / (occursIn.get(term) ?? 1))] as const,
    );
    const length = Math.sqrt(weights.reduce((sum, [, weight]) => sum + weight * weight, 0));
    return new Map(weights.map(([term, weight]) => [term, weight / length]));
  });
}

/** Indices in order of the text. */
function nearestToCentre(vectors: readonly Vector[]): number[] {
  const filled = vectors.flatMap((vector, index) => (vector.size > 0 ? [index] : []));
  if (filled.length <= MAX_RANKED) return filled;
  const centre = new Map<string, number>();
  for (const vector of vectors) for (const [term, weight] of vector) centre.set(term, (centre.get(term) ?? 0) + weight);
  const nearness = vectors.map((vector) => cosine(vector, centre));
  return filled
    .sort((a, b) => (nearness[b] ?? 0) - (nearness[a] ?? 0) || a - b)
    .slice(0, MAX_RANKED)
    .sort((a, b) => a - b);
}

function randomWalk(vectors: readonly Vector[]): number[] {
  const edges = vectors.map((vector, from) => vectors.map((other, to) => (from === to ? 0 : cosine(vector, other))));
  const outgoing = edges.map((row) => row.reduce((sum, weight) => sum + weight, 0));
  let scores = vectors.map(() => 1);
  for (let round = 0; round < ITERATIONS; round += 1) {
    const next = vectors.map((_, to) => {
      let incoming = 0;
      for (const [from, score] of scores.entries()) {
        const weight = edges[from]?.[to] ?? 0;
        if (weight > 0) incoming += (score * weight) / (outgoing[from] ?? 1);
      }
      return 1 - DAMPING + DAMPING * incoming;
    });
    const moved = next.reduce((most, score, index) => Math.max(most, Math.abs(score - (scores[index] ?? 0))), 0);
    scores = next;
    if (moved < CONVERGED) break;
  }
  return scores;
}

/** The scalar product: the vectors of sentences have length 1. */
function cosine(a: Vector, b: Vector): number {
  const [small, large] = a.size <= b.size ? [a, b] : [b, a];
  let sum = 0;
  for (const [term, weight] of small) sum += weight * (large.get(term) ?? 0);
  return sum;
}
