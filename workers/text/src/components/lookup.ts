import { defineComponent, failed, success } from "../component.ts";
import { wordKey } from "../language/words.ts";
import { array, object, string } from "../schema.ts";
import { GLOSSARY } from "./glossary.ts";

export const lookup = defineComponent({
  name: "lookup",
  description:
    "Looks a workflow term up in the bundled glossary. Fails for a term it does not have, naming the nearest ones.",
  input: object({ term: string({ minLength: 1 }) }),
  output: object({ term: string(), definition: string(), see_also: array(string()) }),
  run({ term }) {
    const key = wordKey(term.trim());
    const entry = GLOSSARY.find((candidate) => candidate.term === key);
    if (entry !== undefined) return success(entry);
    const nearest = nearestTerms(key);
    const hint = nearest.length > 0 ? `; did you mean ${nearest.join(" or ")}?` : "";
    return failed(`The glossary has no entry for "${term}"${hint}`, { term, nearest });
  },
});

/** Terms that share their first three letters with the one asked for, or contain it. */
function nearestTerms(key: string): string[] {
  if (key.length < 2) return [];
  return GLOSSARY.map(({ term }) => term)
    .filter((term) => term.startsWith(key.slice(0, 3)) || term.includes(key))
    .slice(0, 3);
}
