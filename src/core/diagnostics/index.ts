export type { DiagnosticDetail, DiagnosticKind } from "./diagnostic-kinds.ts";
export { DIAGNOSTIC_KINDS, diagnosticOf } from "./diagnostic-kinds.ts";
export { nearestName } from "./nearest-name.ts";
