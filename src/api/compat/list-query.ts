import { z } from "zod";
import { queryBoolean, queryInteger } from "../../protocol/api/query-value.ts";
import type { Namespace } from "../../protocol/ids.ts";
import type { RunStatus, RunSummary } from "../../protocol/run.ts";
import type { ApiDeps } from "../api-deps.ts";
import type { Fields } from "../request-fields.ts";
import { DEFAULT_PAGE } from "../runs.ts";
import { runsFrom } from "./whole-list.ts";

/** `GET /runs` as earlier releases take it, but for the status, which each spells its own way. */
export const listQuery = z.object({
  flowName: z.string().optional(),
  rootRunId: z.string().optional(),
  parentRunId: z.string().optional(),
  rootsOnly: queryBoolean.optional(),
  maxDepth: queryInteger(0, 1000).optional(),
  limit: queryInteger(0, 10_000).optional(),
  offset: queryInteger(0, 100_000).optional(),
});

export function listRuns(
  deps: ApiDeps,
  namespace: Namespace,
  query: Fields<typeof listQuery> & { readonly status?: RunStatus },
): Promise<readonly RunSummary[]> {
  const { limit = DEFAULT_PAGE, offset = 0, maxDepth, ...filters } = query;
  const rootsOnly = maxDepth === 0 ? { rootsOnly: true } : {};
  return runsFrom(deps.index, namespace, { ...filters, ...rootsOnly, limit, offset });
}
