import type { Diagnostic } from "../../protocol/diagnostic.ts";
import type { SourceMap } from "./source-map.ts";

/** Findings about a key rather than about its value. */
const ABOUT_KEYS: ReadonlySet<string> = new Set(["unknownKey", "ignoredKey", "olderForm"]);

/** Gives each diagnostic that has none the line and column of its path, or of the nearest ancestor that exists in the text. */
export function locateDiagnostics(diagnostics: readonly Diagnostic[], source: SourceMap): readonly Diagnostic[] {
  return diagnostics.map((diagnostic) => {
    if (diagnostic.line !== undefined) return diagnostic;
    const position = source.locate(diagnostic.path ?? "$", ABOUT_KEYS.has(diagnostic.kind) ? "key" : "value");
    return position === undefined ? diagnostic : { ...diagnostic, ...position };
  });
}
