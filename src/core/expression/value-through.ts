import { readBlobReference } from "../../protocol/blob-reference.ts";
import type { Json } from "../../protocol/json.ts";
import type { Path } from "./expression.ts";
import { valueAt } from "./path.ts";
import type { Read, Scope } from "./scope.ts";

/**
 * What lies at `path` in `value`, blob references on the way taken for the JSON they stand for (EXPR-22); `undefined` when it is
 * not there. A reference at the end of the path stays one: whoever gets it may prefer it to the content.
 */
export function valueThrough(value: Json, path: Path, scope: Scope): Read | undefined {
  let current: Json = value;
  for (const [depth, segment] of path.entries()) {
    const reference = segment === "$blob" ? undefined : readBlobReference(current);
    if (reference && reference.blobType !== "binary") {
      const content = scope.blob(reference.blob);
      return content.kind === "value" ? valueThrough(content.value, path.slice(depth), scope) : content;
    }
    const next = valueAt(current, [segment]);
    if (next === undefined) return undefined;
    current = next;
  }
  return { kind: "value", value: current };
}
