/**
 * Puts inferred schemas into a flow's text. In YAML only the text of `schemas` changes, and its comments stay; JSON stays JSON.
 * Schemas that are there already are kept.
 */
import { Document, isMap, isNode, isScalar, type Node, type Pair, parseDocument, visit, YAMLMap } from "yaml";
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
  if (isJson(text)) return `${JSON.stringify(document.toJS(), null, 2)}\n`;
  const spliced = root.flow === true ? undefined : spliceSchemas(text, root);
  const isSound = spliced !== undefined && isSameDocument(spliced, document);
  // Something as unusual as an alias in the schemas: let the library write it all, comments included.
  return isSound ? spliced : document.toString({ lineWidth: 0 });
}

/** The text with that of `schemas` replaced, or put in after what stands before it. */
function spliceSchemas(text: string, root: YAMLMap): string | undefined {
  const index = indexOf(root.items, "schemas");
  const pair = root.items[index];
  if (pair === undefined || !isScalar(pair.key) || hasAlias(pair)) return undefined;
  const start = pair.key.range?.[0];
  const part = new YAMLMap();
  part.items.push(pair);
  const block = new Document(part).toString({ lineWidth: 0 }).trim();
  if (start !== undefined && start !== null) return text.slice(0, start) + block + text.slice(lineEnd(text, pair));
  const before = root.items[index - 1];
  if (before === undefined) return `${block}\n${text}`;
  const end = lineEnd(text, before);
  const gap = pair.key.spaceBefore === true ? "\n\n" : "\n";
  return `${text.slice(0, end)}${gap}${block}${text.slice(end) || "\n"}`;
}

/** By itself the text of an alias has nothing to point to. */
function hasAlias(pair: Pair): boolean {
  let found = false;
  visit(pair.value as Node | null, {
    Alias: () => {
      found = true;
      return visit.BREAK;
    },
  });
  return found;
}

/** The end of the last line of a pair, with the comment that may stand there. */
function lineEnd(text: string, { key, value }: Pair): number {
  const range = (isNode(value) ? value.range : undefined) ?? (isNode(key) ? key.range : undefined);
  const last = text.slice(0, range?.[2] ?? text.length).trimEnd().length;
  const end = text.indexOf("\n", last);
  return end === -1 ? text.length : end;
}

function isSameDocument(text: string, document: Document): boolean {
  const written = parseDocument(text);
  return written.errors.length === 0 && JSON.stringify(written.toJS()) === JSON.stringify(document.toJS());
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
