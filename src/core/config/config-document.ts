import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type YAMLError,
} from "yaml";
import { assertNever } from "../../protocol/assert-never.ts";
import { isExactNumber } from "../../protocol/exact-number.ts";
import type { Json } from "../../protocol/json.ts";
import { type ConfigDiagnostics, childPath, type Position } from "./config-diagnostics.ts";
import { replaceEnvironmentReferences } from "./environment-references.ts";

/** The document as read, positions kept. Keys are nodes too: a mock's behaviours are keyed by whole values. */
export type ConfigNode =
  | { readonly kind: "scalar"; readonly value: string | number | boolean | null; readonly at: Position }
  | { readonly kind: "list"; readonly items: readonly ConfigNode[]; readonly at: Position }
  | { readonly kind: "map"; readonly entries: readonly ConfigEntry[]; readonly at: Position };
interface ConfigEntry {
  readonly key: ConfigNode;
  readonly value: ConfigNode;
}

const MAX_DEPTH = 64;
/** Aliases can make a short text stand for a huge document. */
const MAX_NODES = 50_000;

/** Reads YAML or JSON and replaces environment references in every string. `undefined` after a fatal finding. */
export function readConfigDocument(
  text: string,
  env: Readonly<Record<string, string>>,
  diagnostics: ConfigDiagnostics,
): ConfigNode | undefined {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: false,
    stringKeys: false,
    prettyErrors: false,
  });
  // The library reports this one falsely on flow maps used as keys ("Map comment with trailing content").
  const error = document.errors.find(({ code }) => code !== "IMPOSSIBLE");
  if (error) {
    reportSyntax(error, text, lines, diagnostics);
    return undefined;
  }
  return new NodeReader(document, lines, env, diagnostics).read(document.contents, "$", 0);
}

class NodeReader {
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #env: Readonly<Record<string, string>>;
  readonly #diagnostics: ConfigDiagnostics;
  #nodes = 0;
  readonly #anchors = new Map<string, unknown>();
  /** Aliases that are being followed. */
  #aliases = 0;
  #isInKey = false;

  constructor(
    document: Document,
    lines: LineCounter,
    env: Readonly<Record<string, string>>,
    diagnostics: ConfigDiagnostics,
  ) {
    this.#document = document;
    this.#lines = lines;
    this.#env = env;
    this.#diagnostics = diagnostics;
  }

  read(node: unknown, path: string, depth: number): ConfigNode {
    const at = this.#position(node);
    if (depth > MAX_DEPTH) return this.#refuse(`nested more than ${MAX_DEPTH} levels deep`, path, at);
    if (++this.#nodes > MAX_NODES) {
      return this.#nodes === MAX_NODES + 1
        ? this.#refuse(`larger than ${MAX_NODES} values`, path, at)
        : { kind: "scalar", value: null, at };
    }
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      if (!target) return this.#refuse(`the alias *${node.source} points nowhere`, path, at);
      this.#aliases += 1;
      const read = this.read(target, path, depth + 1);
      this.#aliases -= 1;
      return read;
    }
    // Met in the order of the text: an alias means the last one before it. The library would search the document each time.
    if (this.#aliases === 0 && isNode(node) && "anchor" in node && typeof node.anchor === "string")
      this.#anchors.set(node.anchor, node);
    if (isMap(node)) {
      const entries: ConfigEntry[] = [];
      const seen = new Set<string>();
      for (const pair of node.items) {
        const key = this.#readKey(pair.key, path, depth + 1);
        const name = key.kind === "scalar" ? String(key.value) : undefined;
        if (name !== undefined && seen.has(name)) {
          this.#diagnostics.add("duplicateKey", `the key "${name}" is given twice`, {
            path: childPath(path, name),
            at: key.at,
            hint: "remove one of the two",
          });
        }
        if (name !== undefined) seen.add(name);
        const value = pair.value ?? null;
        const child = this.read(value, name === undefined ? path : childPath(path, name), depth + 1);
        entries.push({ key, value: value === null ? { ...child, at: key.at } : child });
      }
      return { kind: "map", entries, at };
    }
    if (isSeq(node)) {
      return {
        kind: "list",
        items: node.items.map((item, index) => this.read(item, childPath(path, index), depth + 1)),
        at,
      };
    }
    if (!isScalar(node)) return { kind: "scalar", value: null, at };
    if (typeof node.value === "number" && !isHeld(node.source)) {
      return this.#refuse(`the number ${node.source} does not fit in a double: write it as a text`, path, at);
    }
    return this.#readScalar(node.value, path, at);
  }

  /** A key that is no scalar is written as text: written in one another, they would double with each level. */
  #readKey(node: unknown, path: string, depth: number): ConfigNode {
    const isInside = this.#isInKey;
    this.#isInKey = true;
    const key = this.read(node, path, depth);
    this.#isInKey = isInside;
    return isInside && key.kind !== "scalar" ? this.#refuse("a key inside a key must be a text", path, key.at) : key;
  }

  #readScalar(value: unknown, path: string, at: Position): ConfigNode {
    if (typeof value === "string") return { kind: "scalar", value: this.#replaceReferences(value, path, at), at };
    if (typeof value === "boolean" || value === null) return { kind: "scalar", value, at };
    if (typeof value !== "number") return this.#refuse("not a JSON value", path, at);
    return Number.isFinite(value) ? { kind: "scalar", value, at } : this.#refuse("not a finite number", path, at);
  }

  #replaceReferences(written: string, path: string, at: Position): string {
    const { text, unset } = replaceEnvironmentReferences(written, this.#env);
    for (const name of unset) {
      this.#diagnostics.add("unsetEnvironmentVariable", `the environment variable ${name} is not set`, {
        path,
        at,
        hint: `set it, or write \${${name}:-default}`,
      });
    }
    return text;
  }

  #refuse(message: string, path: string, at: Position): ConfigNode {
    this.#diagnostics.add("invalidSetting", message, { path, at });
    return { kind: "scalar", value: null, at };
  }

  #position(node: unknown): Position {
    const offset = isNode(node) ? node.range?.[0] : undefined;
    const { line, col } = this.#lines.linePos(offset ?? this.#document.range?.[0] ?? 0);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }
}

/** Whether a double holds the number to the digits written. Hexadecimal and octal numbers are taken as they come. */
function isHeld(source: string | undefined): boolean {
  return source === undefined || !/^-?\d[\d.]*(?:[eE][+-]?\d+)?$/.test(source) || isExactNumber(source);
}

/** A line such as `"/{component}"` followed by a deeper one: its colon was forgotten, and the parser's own words do not say so. */
function reportSyntax(error: YAMLError, text: string, lines: LineCounter, diagnostics: ConfigDiagnostics): void {
  const { line: errorLine, col } = lines.linePos(error.pos[0]);
  const rows = text.split(/\r?\n/);
  const indent = (row: string): number => row.length - row.trimStart().length;
  for (let index = Math.min(errorLine, rows.length) - 1; index >= Math.max(0, errorLine - 3); index--) {
    const row = rows[index] ?? "";
    const next = rows.slice(index + 1).find((later) => later.trim() !== "" && !later.trim().startsWith("#"));
    const bareKey = /^\s*(?:"[^"]*"|'[^']*'|[^\s#:[\]{},&*!|>%@`'"-][^:#]*?)\s*(?:#.*)?$/.test(row);
    if (bareKey && next !== undefined && indent(next) > indent(row)) {
      const key = row.replace(/\s+#.*$/, "").trim();
      diagnostics.add("missingColon", `the key ${key} has no colon after it`, {
        at: { line: index + 1, column: row.trimEnd().length + 1 },
        hint: `write ${key}:`,
      });
      return;
    }
  }
  diagnostics.add("invalidConfigSyntax", `not valid YAML: ${error.message}`, { at: { line: errorLine, column: col } });
}

/** The node as a plain JSON value. Keys that are not scalars are written as their compact JSON. */
export function toJson(node: ConfigNode): Json {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "list":
      return node.items.map(toJson);
    case "map":
      return Object.fromEntries(
        node.entries.map(({ key, value }) => [
          key.kind === "scalar" ? String(key.value) : JSON.stringify(toJson(key)),
          toJson(value),
        ]),
      );
    default:
      return assertNever(node);
  }
}
