/**
 * Puts inferred schemas into a flow's text. YAML keeps its comments and its order; JSON stays JSON. What is there already is
 * not touched.
 */
import { type Document, isMap, isScalar, type Pair, parseDocument, type YAMLMap } from "yaml";
import type { InferredSchemas } from "../../core/types/index.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";

/** The new text of the document. */
export function writeSchemas(text: string, inferred: InferredSchemas): string {
  if (inferred.input === undefined && inferred.output === undefined && inferred.steps.size === 0) return text;
  // A JSON document is YAML too: the library writes it back with its braces, quotes and order.
  const document = parseDocument(text, { keepSourceTokens: true });
  const root = document.contents;
  if (!isMap(root)) return text;
  const schemas = mapAt(document, root, "schemas", { type: "object" }, (pairs) => indexOf(pairs, "steps", "output"));
  const properties = mapAt(document, schemas, "properties", {}, (pairs) => pairs.length);
  // In the canonical order: input, output, variables, steps.
  if (inferred.input !== undefined) insert(document, properties, "input", inferred.input, 0);
  if (inferred.output !== undefined)
    insert(document, properties, "output", inferred.output, indexOf(properties.items, "input") + 1);
  if (inferred.steps.size > 0) {
    const steps = mapAt(document, properties, "steps", { type: "object" }, (pairs) => pairs.length);
    const results = mapAt(document, steps, "properties", {}, (pairs) => pairs.length);
    for (const [id, schema] of inferred.steps) insert(document, results, id, schema, results.items.length);
  }
  return isJson(text) ? `${JSON.stringify(document.toJS(), null, 2)}\n` : document.toString({ lineWidth: 0 });
}

/** The map under a key; made if there is none. */
function mapAt(
  document: Document,
  parent: YAMLMap,
  key: string,
  initial: JsonObject,
  place: (pairs: readonly Pair[]) => number,
): YAMLMap {
  const existing = parent.get(key, true);
  if (isMap(existing)) return existing;
  // `schemas:` without anything is null.
  parent.delete(key);
  insert(document, parent, key, initial, place(parent.items));
  const made = parent.get(key, true);
  if (!isMap(made)) throw new Error(`the key ${key} has just been made`);
  made.flow = false;
  return made;
}

function insert(document: Document, parent: YAMLMap, key: string, value: Json, at: number): void {
  // Parts that are the same object are written out, not aliased.
  const pair = document.createPair(key, value, { aliasDuplicateObjects: false });
  const next = parent.items[at]?.key;
  if (isScalar(pair.key) && isScalar(next) && next.spaceBefore === true) pair.key.spaceBefore = true;
  parent.items.splice(at, 0, pair);
}

/** Where the first of these keys stands; the end if there is none. */
function indexOf(pairs: readonly Pair[], ...keys: readonly string[]): number {
  const found = pairs.findIndex(({ key }) => isScalar(key) && keys.includes(String(key.value)));
  return found === -1 ? pairs.length : found;
}

function isJson(text: string): boolean {
  return /^\s*\{/.test(text);
}
