/**
 * Puts together a document's value and the places of its parts while a reader walks over the text. Both readers build through
 * it, so that both refuse duplicate keys and mention reordered ones in the same way.
 */
import type { Json } from "../../protocol/json.ts";
import type { DiagnosticDetail, DiagnosticKind } from "../diagnostics/index.ts";
import type { SourceNode } from "./source-map.ts";

/** A value and the places of its parts. */
export interface TextTree {
  readonly value: Json;
  readonly node: SourceNode;
}
export type ReportAt = (kind: DiagnosticKind, message: string, offset: number, detail?: DiagnosticDetail) => void;

export function scalarTree(value: Json, offset: number): TextTree {
  return { value, node: { offset } };
}

export interface TreeEntry {
  readonly key: string;
  readonly keyOffset: number;
  readonly tree: TextTree;
}

export function arrayTree(items: readonly TextTree[], offset: number): TextTree {
  return {
    value: items.map(({ value }) => value),
    node: { offset, children: new Map(items.map(({ node }, index) => [index, node])) },
  };
}

export function objectTree(entries: readonly TreeEntry[], offset: number, report: ReportAt): TextTree {
  const children = new Map<string, SourceNode>();
  for (const { key, keyOffset, tree } of entries) {
    if (children.has(key)) {
      report("duplicateKey", `The key '${key}' is given twice in one object`, keyOffset, {
        hint: "Remove or rename one of the two.",
      });
    } else {
      children.set(key, { ...tree.node, keyOffset });
    }
  }
  const value = Object.fromEntries(entries.map(({ key, tree }) => [key, tree.value]));
  warnOfReordering(entries, value, report);
  return { value, node: { offset, children } };
}

/** JavaScript lists keys like `10` first and in numeric order, whatever the source says; hashes see that order. */
function warnOfReordering(entries: readonly TreeEntry[], value: object, report: ReportAt): void {
  const keys = Object.keys(value);
  if (keys.length !== entries.length) return;
  const moved = entries.find(({ key }, index) => key !== keys[index]);
  if (moved === undefined) return;
  report("reorderedKeys", "Keys that look like whole numbers are moved to the front of their object", moved.keyOffset, {
    hint: "Where the order matters (blob ids), use an array, or keys that are not whole numbers.",
  });
}
