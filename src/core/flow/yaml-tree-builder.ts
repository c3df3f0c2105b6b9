/**
 * Owns the conversion of one YAML node tree: the anchors met so far and how much their aliases have been expanded.
 * Invariants: what aliases add never exceeds the size a document may have; recursion is at most `MAX_JSON_DEPTH` deep.
 */
import { type Alias, isAlias, isMap, isNode, isScalar, isSeq, type Scalar, type YAMLMap } from "yaml";
import { isExactNumber } from "../../protocol/exact-number.ts";
import type { Json } from "../../protocol/json.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "../../protocol/json-depth.ts";
import { MAX_DOCUMENT_BYTES } from "./document-limits.ts";
import type { ReportAt, TextTree } from "./document-tree.ts";
import { arrayTree, objectTree, scalarTree, type TreeEntry } from "./document-tree.ts";
import { reportDepth, reportNumber, reportSurrogate } from "./refuse-scalar.ts";

interface Anchored {
  readonly tree: TextTree;
  /** Characters it stands for, with the aliases inside it expanded. */
  readonly size: number;
}

export class YamlTreeBuilder {
  readonly #report: ReportAt;
  readonly #anchors = new Map<string, Anchored>();
  /** Characters that aliases have added so far. */
  #expanded = 0;
  #isTooDeep = false;

  constructor(report: ReportAt) {
    this.#report = report;
  }

  build(root: unknown): TextTree {
    return this.#tree(root, 0, 0);
  }

  /** `fallback` is the place of a node that has none of its own. */
  #tree(node: unknown, depth: number, fallback: number): TextTree {
    if (isAlias(node)) return this.#alias(node, depth, fallback);
    if (!isScalar(node) && !isSeq(node) && !isMap(node)) return scalarTree(null, fallback);
    const [start, end] = node.range ?? [fallback, fallback];
    const expandedBefore = this.#expanded;
    const tree = isScalar(node) ? scalarTree(this.#scalar(node, start), start) : this.#collection(node, depth, start);
    if (node.anchor !== undefined) {
      this.#anchors.set(node.anchor, { tree, size: end - start + this.#expanded - expandedBefore });
    }
    return tree;
  }

  #collection(node: YAMLMap | { readonly items: readonly unknown[] }, depth: number, start: number): TextTree {
    if (depth >= MAX_JSON_DEPTH) {
      if (!this.#isTooDeep) reportDepth(start, this.#report);
      this.#isTooDeep = true;
      return scalarTree(null, start);
    }
    if (!isMap(node)) {
      return arrayTree(
        node.items.map((item) => this.#tree(item, depth + 1, start)),
        start,
      );
    }
    const entries = node.items.flatMap(({ key, value }): TreeEntry[] => {
      const name = this.#key(key, start);
      return name === undefined ? [] : [{ ...name, tree: this.#tree(value, depth + 1, name.keyOffset) }];
    });
    return objectTree(entries, start, this.#report);
  }

  /** A key is text as written: `200:` is "200". */
  #key(node: unknown, fallback: number): { readonly key: string; readonly keyOffset: number } | undefined {
    const keyOffset = isNode(node) ? (node.range?.[0] ?? fallback) : fallback;
    if (isScalar(node) || isAlias(node)) {
      const resolved = this.#tree(node, MAX_JSON_DEPTH, keyOffset).value;
      const key = isScalar(node) && typeof node.value !== "string" ? node.source : resolved;
      if (typeof key === "string") return { key, keyOffset };
    }
    this.#report("unsupportedKey", "A key must be text", keyOffset, {
      hint: "Put the key in quotes; arrays and objects cannot be keys.",
    });
    return undefined;
  }

  #scalar(node: Scalar, offset: number): Json {
    const { value } = node;
    if (typeof value === "string") {
      if (!value.isWellFormed()) reportSurrogate(offset, this.#report);
      return value;
    }
    if (typeof value === "number") return this.#number(value, node.source ?? String(value), offset);
    return typeof value === "boolean" ? value : null;
  }

  #number(value: number, source: string, offset: number): number {
    const isExact = /^[-+]?0[xo]/.test(source)
      ? Number.isSafeInteger(value)
      : Number.isFinite(value) && isExactNumber(source);
    if (!isExact) reportNumber(source, offset, this.#report);
    // Negative zero has no JSON of its own.
    return value === 0 ? 0 : value;
  }

  #alias(node: Alias, depth: number, fallback: number): TextTree {
    const offset = node.range?.[0] ?? fallback;
    const target = this.#anchors.get(node.source);
    if (target === undefined) {
      this.#report("invalidAlias", `The alias '*${node.source}' has no finished anchor before it`, offset, {
        hint: `Put '&${node.source}' on an earlier value that does not contain the alias; text that starts with '*' goes in quotes.`,
      });
      return scalarTree(null, offset);
    }
    if (this.#expanded <= MAX_DOCUMENT_BYTES) this.#expanded += target.size;
    if (this.#expanded > MAX_DOCUMENT_BYTES) {
      this.#report("invalidAlias", "Aliases make the document larger than it may be", offset, {
        hint: "Write the repeated values as run inputs or blobs.",
      });
      return scalarTree(null, offset);
    }
    if (isDeeperThan(target.tree.value, MAX_JSON_DEPTH - depth)) {
      reportDepth(offset, this.#report);
      return scalarTree(null, offset);
    }
    return { value: target.tree.value, node: { ...target.tree.node, offset } };
  }
}
