import type { Diagnostic, DiagnosticLevel } from "../../protocol/diagnostic.ts";

export type KnownLevel = Exclude<DiagnosticLevel, "info">;

/** Diagnostics as earlier releases answer them: without our hints (`info`), a level they do not know. `level`: its spelling. */
export function knownDiagnostics(
  diagnostics: readonly Diagnostic[],
  level: (level: KnownLevel) => string | number,
): object {
  const counts = { fatal: 0, error: 0, warning: 0 };
  const known = diagnostics.flatMap(({ kind, code, level: own, message, path, data, experimental }) => {
    if (own === "info") return [];
    counts[own]++;
    return [{ kind, code, level: level(own), formatted: message, path, data, experimental }];
  });
  return { diagnostics: known, numFatal: counts.fatal, numError: counts.error, numWarning: counts.warning };
}
