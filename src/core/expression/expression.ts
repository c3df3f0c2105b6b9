/**
 * The expression tree: what a step's `input`, `skip`, `foreach` and a flow's `output` are after parsing.
 * No dialect is left here; `parse-expression` reads every spelling, `serialize-expression` writes the canonical one.
 */
import type { Json } from "../../protocol/json.ts";

/** Keys and indices from the root; `[]` is the root itself. */
export type Path = readonly (string | number)[];

/** What a reference to a skipped step does: skip the referring step, or stand for a default. */
export type OnSkip = { readonly kind: "skip" } | { readonly kind: "use_default"; readonly value: Expression };

export type Expression =
  /** A scalar, or (`quoted`) the content of `$literal`, never interpreted. */
  | { readonly kind: "literal"; readonly value: Json; readonly quoted: boolean }
  | { readonly kind: "array"; readonly items: readonly Expression[] }
  | { readonly kind: "object"; readonly entries: readonly (readonly [key: string, value: Expression])[] }
  | { readonly kind: "step"; readonly step: string; readonly path: Path; readonly onSkip: OnSkip }
  | { readonly kind: "input"; readonly path: Path }
  /** `path[0]` is the variable's name (a string in every valid flow). */
  | { readonly kind: "variable"; readonly path: Path; readonly default?: Expression }
  /** The element of a `foreach`, and its index. */
  | { readonly kind: "item"; readonly path: Path }
  | { readonly kind: "index" }
  | { readonly kind: "if"; readonly condition: Expression; readonly then: Expression; readonly else?: Expression }
  | { readonly kind: "coalesce"; readonly items: readonly Expression[] }
  /** `source` is the text as written; `parts` alternate text and references. */
  | { readonly kind: "template"; readonly source: string; readonly parts: readonly (string | Expression)[] };
