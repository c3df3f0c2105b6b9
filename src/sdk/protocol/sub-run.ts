import type { FlowResult } from "../../protocol/flow-result.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import { TASK_ERROR_CODES, type TaskErrorCode } from "../../protocol/task-error.ts";
import { taskErrorCodeFromNumber } from "../../protocol/worker-error-code.ts";
import { ComponentError } from "../component-error.ts";
import type { SubRun, SubRunItem } from "../stepflow-context.ts";
import { isObject } from "./json-rpc.ts";

/** The state of a run as the orchestrator answers it, with error codes as names: the wire has numbers. */
export function readSubRun(answer: Json, method: string): SubRun {
  if (!isObject(answer) || typeof answer["runId"] !== "string" || typeof answer["status"] !== "string")
    throw new ComponentError(`${method}: the answer is no state of a run`, { code: "WORKER_ERROR" });
  const { results, ...run } = answer;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the protocol's other side answers for the rest
  return { ...run, ...(Array.isArray(results) && { results: results.map(readItem) }) } as unknown as SubRun;
}

function readItem(item: Json): SubRunItem {
  const { result, ...rest } = isObject(item) ? item : {};
  const error = isObject(result) && isObject(result["error"]) ? result["error"] : undefined;
  const read = error ? { outcome: "failed", error: readError(error) } : result;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
  return { ...rest, ...(isObject(read) && { result: read as unknown as FlowResult }) } as unknown as SubRunItem;
}

function readError({ code, taskErrorCode, message, data }: JsonObject): JsonObject {
  return {
    code: codeOf(taskErrorCode ?? code),
    message: message ?? "no reason was given",
    ...(data !== undefined && data !== null && { data }),
  };
}

/** Ours says the code by name beside the number; other orchestrators have only the number. */
function codeOf(code: Json | undefined): TaskErrorCode {
  if (typeof code === "number") return taskErrorCodeFromNumber(code);
  return TASK_ERROR_CODES.find((known) => known === code) ?? "COMPONENT_FAILED";
}
