import { assertNever } from "../../protocol/assert-never.ts";
import type { FlowResult } from "../../protocol/flow-result.ts";
import type { Json } from "../../protocol/json.ts";

const ZERO_UUID = "00000000-0000-0000-0000-000000000000";

/** A result as the JSON that an expectation is written in. */
export function resultDocument(result: FlowResult): Json {
  switch (result.outcome) {
    case "success":
      return { outcome: "success", result: result.result };
    case "failed": {
      const { code, message, data } = result.error;
      return { outcome: "failed", error: { code, message, ...(data === undefined ? {} : { data }) } };
    }
    case "skipped":
      return { outcome: "skipped" };
    default:
      return assertNever(result);
  }
}

/**
 * Makes two runs of the same flow comparable: keys sorted, any string under `run_id` or `runId` the zero UUID, `backtrace`
 * left out; at any depth.
 */
export function normalizeResult(value: Json): Json {
  if (Array.isArray(value)) return value.map(normalizeResult);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key]) => key !== "backtrace")
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, child]): [string, Json] => [key, isRunId(key, child) ? ZERO_UUID : normalizeResult(child)]);
  return Object.fromEntries(entries);
}

function isRunId(key: string, value: Json): boolean {
  return (key === "run_id" || key === "runId") && typeof value === "string";
}
