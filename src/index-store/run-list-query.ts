import type { RunQuery } from "../core/ports/run-index.ts";
import type { Namespace } from "../protocol/ids.ts";
import { parseCursor } from "../protocol/list-cursor.ts";

interface SqlQuery {
  readonly sql: string;
  readonly parameters: readonly (string | number)[];
}

/**
 * The statement for one page of runs, newest first, one row more than the page holds. The first label drives the search when
 * there is one (its table is ordered by time); otherwise the index on the narrowest column does. Throws on a foreign cursor.
 */
export function runListQuery(namespace: Namespace, query: RunQuery): SqlQuery {
  const [firstLabel, ...moreLabels] = Object.entries(query.labels ?? {});
  const driver = firstLabel ? "l" : "r";
  const conditions: string[] = [`${driver}.ns = ?`, "r.summary IS NOT NULL"];
  const parameters: (string | number)[] = [namespace];
  const where = (condition: string, ...values: readonly (string | number)[]) => {
    conditions.push(condition);
    parameters.push(...values);
  };

  if (firstLabel) where("l.key = ? AND l.value = ?", ...firstLabel);
  for (const label of moreLabels) {
    where(
      `EXISTS (SELECT 1 FROM run_labels AS m
        WHERE m.ns = r.ns AND m.key = ? AND m.value = ? AND m.created_at = r.created_at AND m.run_id = r.run_id)`,
      ...label,
    );
  }
  if (query.status !== undefined) where("r.status = ?", query.status);
  if (query.flowId !== undefined) where("r.flow_id = ?", query.flowId);
  if (query.flowName !== undefined) where("r.flow_name = ?", query.flowName);
  if (query.rootRunId !== undefined) where("r.root_run_id = ?", query.rootRunId);
  if (query.parentRunId !== undefined) where("r.parent_run_id = ?", query.parentRunId);
  const insideTree = query.rootRunId !== undefined || query.parentRunId !== undefined;
  if (query.rootsOnly ?? !insideTree) where("r.parent_run_id IS NULL");
  if (query.createdFrom !== undefined) where(`${driver}.created_at >= ?`, query.createdFrom);
  if (query.createdBefore !== undefined) where(`${driver}.created_at < ?`, query.createdBefore);
  if (query.cursor !== undefined) {
    const position = parseCursor(query.cursor);
    if (!position) throw new Error(`The cursor "${query.cursor}" was not made by this list.`);
    where(`(${driver}.created_at, ${driver}.run_id) < (?, ?)`, position.at, position.id);
  }
  parameters.push(query.limit + 1);

  const source = firstLabel
    ? "run_labels AS l CROSS JOIN runs AS r ON r.ns = l.ns AND r.run_id = l.run_id AND r.created_at = l.created_at"
    : "runs AS r";
  return {
    sql: `SELECT r.summary, r.created_at, r.run_id FROM ${source} WHERE ${conditions.join(" AND ")}
      ORDER BY ${driver}.created_at DESC, ${driver}.run_id DESC LIMIT ?`,
    parameters,
  };
}
