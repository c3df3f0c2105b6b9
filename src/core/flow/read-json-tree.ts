import { isExactNumber } from "../../protocol/exact-number.ts";
import { MAX_JSON_DEPTH } from "../../protocol/json-depth.ts";
import { scanJson } from "../../protocol/scan-json.ts";
import type { ReportAt, TextTree } from "./document-tree.ts";
import { arrayTree, objectTree, scalarTree, type TreeEntry } from "./document-tree.ts";
import { reportDepth, reportNumber, reportSurrogate } from "./refuse-scalar.ts";

type OpenContainer =
  | { readonly kind: "array"; readonly offset: number; readonly items: TextTree[] }
  | { readonly kind: "object"; readonly offset: number; readonly entries: TreeEntry[]; key: string; keyOffset: number };

/** Reads JSON text; `undefined` (and a report) when its syntax is wrong. Iterative. */
export function readJsonTree(text: string, report: ReportAt): TextTree | undefined {
  const open: OpenContainer[] = [];
  let root: TextTree | undefined;
  let isTooDeep = false;
  const add = (tree: TextTree): void => {
    const container = open.at(-1);
    if (container === undefined) root = tree;
    else if (container.kind === "array") container.items.push(tree);
    else container.entries.push({ key: container.key, keyOffset: container.keyOffset, tree });
  };
  const error = scanJson(text, {
    open(kind, offset) {
      if (open.length === MAX_JSON_DEPTH && !isTooDeep) {
        isTooDeep = true;
        reportDepth(offset, report);
      }
      open.push(
        kind === "array" ? { kind, offset, items: [] } : { kind, offset, entries: [], key: "", keyOffset: offset },
      );
    },
    close() {
      const container = open.pop();
      if (container?.kind === "array") add(arrayTree(container.items, container.offset));
      else if (container) add(objectTree(container.entries, container.offset, report));
    },
    key(key, offset) {
      const container = open.at(-1);
      if (container?.kind !== "object") return;
      container.key = key;
      container.keyOffset = offset;
      if (!key.isWellFormed()) reportSurrogate(offset, report);
    },
    scalar(source, offset) {
      const value = JSON.parse(source);
      if (typeof value === "string" && !value.isWellFormed()) reportSurrogate(offset, report);
      if (typeof value === "number" && !isExactNumber(source)) reportNumber(source, offset, report);
      add(scalarTree(value, offset));
    },
  });
  if (error !== undefined) {
    report("syntaxError", error.message, error.offset, {
      hint: "The document is read as JSON; check commas, quotes and brackets before this place.",
    });
    return undefined;
  }
  return root;
}
