import type { Diagnostic } from "../../protocol/diagnostic.ts";
import type { Flow } from "./flow.ts";
import { locateDiagnostics } from "./locate-diagnostics.ts";
import { type ReadOptions, readDocument } from "./read-document.ts";
import { parseFlowDocument } from "./read-flow.ts";
import type { SourceMap } from "./source-map.ts";

export interface ParsedFlowText {
  /** Absent when a diagnostic is fatal. */
  readonly flow?: Flow;
  /** With line and column, in the order of the text. */
  readonly diagnostics: readonly Diagnostic[];
  /** For the places of what `validateFlow` finds. */
  readonly source: SourceMap;
}

/** Reads a flow from YAML or JSON text, in any dialect (FLOW-1, FLOW-2). Never throws. */
export function parseFlow(text: string, options: ReadOptions = {}): ParsedFlowText {
  const { document, diagnostics, source } = readDocument(text, options);
  if (document === undefined) return { diagnostics: diagnostics.toSorted(byPosition), source };
  const parsed = parseFlowDocument(document);
  const found = [...diagnostics, ...locateDiagnostics(parsed.diagnostics, source)];
  return { ...parsed, diagnostics: found.toSorted(byPosition), source };
}

function byPosition(a: Diagnostic, b: Diagnostic): number {
  return (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}
