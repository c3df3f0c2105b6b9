/** Earlier releases answer lists whole, or from an offset on; ours come in pages. */
import type { RunQuery } from "../../core/ports/run-index.ts";
import type { Namespace, RunId } from "../../protocol/ids.ts";
import type { ItemResult, RunSummary, StepRecord } from "../../protocol/run.ts";
import type { RunObjectApi } from "../../run/run-api.ts";
import type { ApiDeps } from "../api-deps.ts";
import { valueOf } from "../run-fault.ts";

const PAGE = 1000;

/** The results of all items of a run. */
export async function allItems(
  run: RunObjectApi,
  runId: RunId,
  order: "by_index" | "by_completion" = "by_index",
): Promise<readonly ItemResult[]> {
  const items: ItemResult[] = [];
  for (;;) {
    const page = valueOf(await run.items(runId, { order, offset: items.length, limit: PAGE }), runId);
    items.push(...page);
    if (page.length === 0) return items;
  }
}

/** The steps of a run with their outputs, or those of one item. */
export async function allSteps(run: RunObjectApi, runId: RunId, itemIndex?: number): Promise<readonly StepRecord[]> {
  const steps: StepRecord[] = [];
  const filter = { includeOutputs: true, limit: PAGE, ...(itemIndex === undefined ? {} : { itemIndex }) };
  for (;;) {
    const page = valueOf(await run.steps(runId, { ...filter, offset: steps.length }), runId);
    steps.push(...page);
    if (page.length === 0) return steps;
  }
}

/** `limit` runs after the first `offset`. */
export async function runsFrom(
  index: ApiDeps["index"],
  namespace: Namespace,
  { offset, limit, ...filter }: Omit<RunQuery, "cursor"> & { readonly offset: number },
): Promise<readonly RunSummary[]> {
  const wanted = offset + limit;
  const runs: RunSummary[] = [];
  let cursor: string | undefined;
  do {
    const page = await index.list(namespace, {
      ...filter,
      limit: Math.min(PAGE, wanted - runs.length),
      ...(cursor === undefined ? {} : { cursor }),
    });
    runs.push(...page.runs);
    cursor = page.nextCursor;
  } while (cursor !== undefined && runs.length < wanted);
  return runs.slice(offset);
}
