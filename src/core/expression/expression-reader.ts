import type { Json } from "../../protocol/json.ts";
import type { DiagnosticDetail, DiagnosticKind } from "../diagnostics/index.ts";
import type { Expression, Path } from "./expression.ts";

/** Where in the document an expression stands. */
export interface Place {
  /** From the root of the document. */
  readonly at: Path;
  /** Arrays and objects around it, in the canonical spelling. */
  readonly depth: number;
}

/** What the readers of single forms share: how to read a nested expression, and where problems go. */
export interface ExpressionReader {
  /** The `foreach` of the step whose input is being read. */
  readonly foreach: Expression | undefined;
  read(source: Json, place: Place): Expression;
  report(kind: DiagnosticKind, message: string, at: Path, detail?: Omit<DiagnosticDetail, "path">): void;
}

export function inside(place: Place, key: string | number, levels = 1): Place {
  return { at: [...place.at, key], depth: place.depth + levels };
}

export const NULL_LITERAL: Expression = { kind: "literal", value: null, quoted: false };
