import type { Json } from "../../src/protocol/json.ts";
import type { Prng } from "../simulation/prng.ts";

const TEXTS = [
  "",
  "$",
  "$.a",
  "$.a[0].b",
  '$["a.b"]',
  "$[",
  "$..",
  "a",
  "b",
  "30s",
  "PT5M",
  "1e999",
  "__proto__",
  "constructor",
  "\0",
  "\ud800",
  "😀",
  "/builtin/noop",
  "/builtin/map",
  "/w/x",
  "http://127.0.0.1:1/",
  "x".repeat(300),
  "{{ $.input.a }} {{ $.steps.a }}",
  "{{{{",
  "\\{{",
  "retry",
  "skip",
  "useDefault",
] as const;
const NUMBERS = [0, -0, 1, -1, 1.5, 1e21, 1e-7, 2 ** 31, 2 ** 53, -(2 ** 53), 1e308, 5e-324, 255, 10_000] as const;

/** JSON made of `words` and of what programs trip over, right or wrong. */
export function hostileJson(prng: Prng, words: readonly string[], depth = 4): Json {
  const nested = depth > 0 ? 1 : 0;
  switch (prng.weighted({ text: 3, word: 2, number: 2, plain: 2, array: 2 * nested, object: 5 * nested, deep: 0.05 })) {
    case "text":
      return prng.pick(TEXTS);
    case "word":
      return prng.pick(words);
    case "number":
      return prng.pick(NUMBERS);
    case "plain":
      return prng.pick([null, true, false, null] as const);
    case "array":
      return Array.from({ length: prng.between(0, 4) }, () => hostileJson(prng, words, depth - 1));
    case "object":
      return Object.fromEntries(
        Array.from({ length: prng.between(0, 6) }, () => [
          prng.chance(0.85) ? prng.pick(words) : prng.pick(TEXTS),
          hostileJson(prng, words, depth - 1),
        ]),
      );
    case "deep": {
      let json: Json = null;
      const isArray = prng.chance(0.5);
      for (let level = prng.between(50, 1_500); level > 0; level--) json = isArray ? [json] : { a: json };
      return json;
    }
  }
}

/** The same JSON with some of its parts replaced, dropped or doubled. */
export function mutateJson(prng: Prng, json: Json, words: readonly string[], rate = 0.08): Json {
  if (prng.chance(rate)) return hostileJson(prng, words, 2);
  if (Array.isArray(json)) {
    const items = json.filter(() => !prng.chance(rate)).map((item) => mutateJson(prng, item, words, rate));
    return prng.chance(rate) ? [...items, ...items] : items;
  }
  if (typeof json !== "object" || json === null) return json;
  const entries = Object.entries(json)
    .filter(() => !prng.chance(rate))
    .map(([key, value]): [string, Json] => [
      prng.chance(rate / 2) ? prng.pick(words) : key,
      mutateJson(prng, value, words, rate),
    ]);
  if (prng.chance(rate)) entries.push([prng.pick(words), hostileJson(prng, words, 2)]);
  return Object.fromEntries(entries);
}
