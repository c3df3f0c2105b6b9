import type { JsonObject } from "./json.ts";

/** `fatal` and `error` refuse a flow (a run refuses only on fatal); `warning` and `info` do not. */
export type DiagnosticLevel = "fatal" | "error" | "warning" | "info";

/** One finding about a document. Codes are those of flow-semantics §1.6; ours start at 9000. */
export interface Diagnostic {
  readonly code: number;
  readonly kind: string;
  readonly level: DiagnosticLevel;
  /** One sentence: what is wrong. */
  readonly message: string;
  /** Where, as a JSON path: `$.steps[0].input`. Absent for the whole document. */
  readonly path?: string;
  /** 1-based; present when the source text is known. */
  readonly line?: number;
  readonly column?: number;
  /** What to do about it. */
  readonly hint?: string;
  readonly data?: JsonObject;
  readonly experimental?: boolean;
}
