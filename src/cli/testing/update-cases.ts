/**
 * `stepflow test --update`: writes actual outputs into a flow document. Only the text of those outputs changes; comments,
 * order, quoting and unknown keys elsewhere stay as they are.
 */
import {
  type Document,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  stringify,
  type YAMLMap,
} from "yaml";
import type { Json } from "../../protocol/json.ts";

/** `outputs` by case name. Returns the new document text, in the language of the old one (JSON stays JSON). */
export function updateCases(text: string, outputs: ReadonlyMap<string, Json>): string {
  if (text.trimStart().startsWith("{")) return updateJson(text, outputs);
  let updated = text;
  // From the last case to the first, so that earlier offsets stay true.
  for (const [name, output] of [...outputs].reverse()) updated = updateOne(updated, name, output);
  return updated;
}

function updateOne(text: string, name: string, output: Json): string {
  const document = parseDocument(text, { keepSourceTokens: true });
  const found = findCase(document, name);
  if (found === undefined) return text;
  const spliced = spliceOutput(text, found, output);
  if (spliced !== undefined && holds(spliced, name, output)) return spliced;
  // A flow-style case (`{name: …}`) or something as unusual: let the library write the document, comments included.
  found.set("output", document.createNode(output));
  return document.toString({ lineWidth: 0 });
}

function findCase(document: Document, name: string): YAMLMap | undefined {
  const cases = document.getIn(["test", "cases"]);
  if (!isSeq(cases)) return undefined;
  return cases.items.find((item): item is YAMLMap => isMap(item) && item.get("name") === name);
}

/** Replaces the text of the case's `output`, or adds it after its last entry; undefined for a flow-style case. */
function spliceOutput(text: string, found: YAMLMap, output: Json): string | undefined {
  const first = keyStart(found.items[0]);
  if (found.flow === true || first === undefined) return undefined;
  const column = first - (text.lastIndexOf("\n", first - 1) + 1);
  const block = stringify({ output }, { lineWidth: 0 })
    .trimEnd()
    .split("\n")
    .map((line, index) => (index === 0 || line === "" ? line : " ".repeat(column) + line))
    .join("\n");
  const old = found.items.find((pair) => isScalar(pair.key) && pair.key.value === "output");
  const start = keyStart(old);
  if (start !== undefined && old !== undefined) {
    return text.slice(0, start) + block + text.slice(pairEnd(text, old));
  }
  const last = found.items.at(-1);
  if (last === undefined) return undefined;
  const end = pairEnd(text, last);
  return `${text.slice(0, end)}\n${" ".repeat(column)}${block}${text.slice(end)}`;
}

function keyStart(pair: Pair | undefined): number | undefined {
  return isPair(pair) && isScalar(pair.key) ? pair.key.range?.[0] : undefined;
}

/** Where the pair's value ends, without the line break after it. */
function pairEnd(text: string, pair: Pair): number {
  const value = isNode(pair.value) ? pair.value : null;
  const key = isNode(pair.key) ? pair.key : null;
  let end = value?.range?.[1] ?? key?.range?.[1] ?? 0;
  // `output:` without a value: its end is that of the colon.
  if (value === null || value.range?.[0] === value.range?.[1]) {
    end = key?.range?.[1] ?? end;
    if (text[end] === ":") end++;
  }
  while (end > 0 && /\s/.test(text[end - 1] ?? "")) end--;
  return end;
}

function holds(text: string, name: string, output: Json): boolean {
  const document = parseDocument(text);
  if (document.errors.length > 0) return false;
  const written: { readonly output?: Json } | undefined = findCase(document, name)?.toJSON();
  return JSON.stringify(written?.output) === JSON.stringify(output);
}

function updateJson(text: string, outputs: ReadonlyMap<string, Json>): string {
  const document: { test?: { cases?: { name?: string; output?: Json }[] } } = JSON.parse(text);
  for (const testCase of document.test?.cases ?? []) {
    const output = testCase.name === undefined ? undefined : outputs.get(testCase.name);
    if (output !== undefined) testCase.output = output;
  }
  return `${JSON.stringify(document, null, 2)}\n`;
}
