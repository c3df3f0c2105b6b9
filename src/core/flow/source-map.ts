/**
 * Where every value of a document stands in its text. Built once while reading; it finds a JSON path also where the document
 * uses an older spelling of a key, and falls back to the nearest ancestor that exists.
 */
import { createLineIndex, type TextPosition } from "../../protocol/text-position.ts";
import { type Path, parsePath } from "../expression/index.ts";
import { spellingsOf } from "./known-fields.ts";

export interface SourceNode {
  /** Where the value starts. */
  readonly offset: number;
  /** Where its key starts, for a value of an object. */
  readonly keyOffset?: number;
  /** By key or index; absent for scalars. */
  readonly children?: ReadonlyMap<string | number, SourceNode>;
}

export interface SourceMap {
  /**
   * The place of a JSON path (`$.steps[0].input`): of a scalar itself, of the key of an array or object. With `target: "key"`
   * always of the key. `undefined` only when the text could not be read at all.
   */
  locate(path: string, target?: "key" | "value"): TextPosition | undefined;
  /** Line `line` (1-based) of the text, without its line break. */
  lineText(line: number): string | undefined;
}

export function createSourceMap(text: string, root: SourceNode | undefined): SourceMap {
  const positionAt = createLineIndex(text);
  return {
    locate(path, target = "value") {
      const parsed = parsePath(path);
      if (root === undefined || parsed.kind === "invalid") return undefined;
      return positionAt(offsetOf(find(root, parsed.path), target));
    },
    lineText: (line) => text.split("\n", line)[line - 1]?.replace(/\r$/, ""),
  };
}

function offsetOf(node: SourceNode, target: "key" | "value"): number {
  return target === "key" || node.children !== undefined ? (node.keyOffset ?? node.offset) : node.offset;
}

function find(root: SourceNode, path: Path): SourceNode {
  let node = root;
  for (const segment of path) {
    const child = childOf(node, segment);
    if (child === undefined) return node;
    node = child;
  }
  return node;
}

function childOf(node: SourceNode, segment: string | number): SourceNode | undefined {
  const exact = node.children?.get(segment);
  if (exact !== undefined) return exact;
  // Diagnostics name the items of a `$coalesce` and the condition of an `$if` without these keys, as the reference does.
  if (typeof segment === "number") return node.children?.get("$coalesce")?.children?.get(segment);
  for (const spelling of spellingsOf(segment)) {
    const child = node.children?.get(spelling);
    if (child !== undefined) return child;
  }
  return undefined;
}
