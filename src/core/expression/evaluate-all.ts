import type { BlobId } from "../../protocol/ids.ts";
import type { Json } from "../../protocol/json.ts";
import type { Evaluation } from "./scope.ts";

/**
 * Evaluates every item and builds a result of their values, or gives what counts instead (EXPR-11): the first failure, else
 * the first skip. A blob that is missing could hide an earlier failure, so it comes before those that follow it; every
 * blob met up to the first failure is named at once.
 */
export function evaluateAll<Item>(
  items: readonly Item[],
  evaluateItem: (item: Item) => Evaluation,
  build: (values: Json[]) => Evaluation,
): Evaluation {
  const values: Json[] = [];
  const blobs = new Set<BlobId>();
  let skipped: Evaluation | undefined;
  for (const item of items) {
    const result = evaluateItem(item);
    switch (result.kind) {
      case "value":
        values.push(result.value);
        break;
      case "skipped":
        skipped ??= result;
        break;
      case "not_resident":
        for (const blob of result.blobs) blobs.add(blob);
        break;
      case "failed":
        return blobs.size > 0 ? { kind: "not_resident", blobs: [...blobs] } : result;
    }
  }
  if (blobs.size > 0) return { kind: "not_resident", blobs: [...blobs] };
  return skipped ?? build(values);
}
