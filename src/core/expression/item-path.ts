import type { Json } from "../../protocol/json.ts";
import { equalPaths } from "./equal-paths.ts";
import type { Expression } from "./expression.ts";
import { parsePath } from "./path.ts";

/** What a reference takes its value from, before its path. */
export type ReferenceSource = { readonly kind: "input" } | { readonly kind: "step"; readonly step: string };

/**
 * In a step with `foreach: X`, a path `P[*].q` whose `P` is X's own source is an older way to say "the element's `.q`".
 * Gives the path inside the element (`$.q`), or `undefined` when this is an ordinary path.
 */
export function itemPathOf(
  source: ReferenceSource,
  path: Json | undefined,
  foreach: Expression | undefined,
): string | undefined {
  if (typeof path !== "string" || foreach === undefined || !isSameSource(source, foreach)) return undefined;
  const star = path.indexOf("[*]");
  if (star < 0) return undefined;
  const prefix = parsePath(path.slice(0, star));
  if (prefix.kind === "invalid" || !("path" in foreach) || !equalPaths(prefix.path, foreach.path)) return undefined;
  return `$${path.slice(star + 3).trim()}`;
}

function isSameSource(source: ReferenceSource, foreach: Expression): boolean {
  if (source.kind === "step") return foreach.kind === "step" && foreach.step === source.step;
  return foreach.kind === "input";
}
