/**
 * From text to a JSON value: YAML 1.2 or JSON, with the place of every value. What JSON cannot hold exactly is a diagnostic
 * with line and column, never a rounded or dropped value; nothing here throws.
 */
import type { Diagnostic } from "../../protocol/diagnostic.ts";
import type { Json } from "../../protocol/json.ts";
import { createLineIndex } from "../../protocol/text-position.ts";
import { diagnosticOf } from "../diagnostics/index.ts";
import { MAX_DOCUMENT_BYTES, MAX_SYNTAX_DIAGNOSTICS } from "./document-limits.ts";
import type { ReportAt, TextTree } from "./document-tree.ts";
import { readJsonTree } from "./read-json-tree.ts";
import { readYamlTree } from "./read-yaml-tree.ts";
import { createSourceMap, type SourceMap } from "./source-map.ts";

export interface ReadOptions {
  readonly format?: "yaml" | "json";
  /** Only its extension counts: `.json` is JSON. */
  readonly file?: string;
}
export interface ReadDocument {
  /** Absent when a diagnostic is fatal. */
  readonly document?: Json;
  /** With line and column. */
  readonly diagnostics: readonly Diagnostic[];
  readonly source: SourceMap;
}

/** Reads a document. Without a format and a telling file name, text that starts with `{` or `[` and is JSON is JSON. */
export function readDocument(text: string, options: ReadOptions = {}): ReadDocument {
  const diagnostics: Diagnostic[] = [];
  const positionAt = createLineIndex(text);
  const report: ReportAt = (kind, message, offset, detail = {}) => {
    if (diagnostics.length >= MAX_SYNTAX_DIAGNOSTICS) return;
    diagnostics.push(diagnosticOf(kind, message, { ...detail, ...positionAt(offset) }));
  };
  const tree = readTree(text, options, report);
  const source = createSourceMap(text, tree?.node);
  const isUsable = tree !== undefined && !diagnostics.some(({ level }) => level === "fatal");
  return { ...(isUsable && { document: tree.value }), diagnostics, source };
}

function readTree(text: string, options: ReadOptions, report: ReportAt): TextTree | undefined {
  // Three bytes are the most that one UTF-16 code unit takes.
  if (text.length * 3 > MAX_DOCUMENT_BYTES && new TextEncoder().encode(text).length > MAX_DOCUMENT_BYTES) {
    report("documentTooLarge", `The document is larger than ${MAX_DOCUMENT_BYTES / 1024 / 1024} MiB`, 0, {
      hint: "Move large data into run inputs, files or blobs.",
    });
    return undefined;
  }
  return isJsonText(text, options) ? readJsonTree(text, report) : readYamlTree(text, report);
}

function isJsonText(text: string, { format, file }: ReadOptions): boolean {
  if (format !== undefined) return format === "json";
  if (file !== undefined && /\.(json|ya?ml)$/i.test(file)) return /\.json$/i.test(file);
  if (!/^\s*[{[]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
