export type { DiagnosticDetail, DiagnosticKind } from "./diagnostic-kinds.ts";
export { diagnosticOf } from "./diagnostic-kinds.ts";
export { nearestName } from "./nearest-name.ts";
