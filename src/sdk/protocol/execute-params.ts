import type { Json, JsonObject } from "../../protocol/json.ts";
import { type Progress, readProgress } from "../../protocol/progress.ts";
import { isObject } from "./json-rpc.ts";
import { readCapabilities, type Session } from "./session.ts";

/** The parameters of `components/execute`, whichever version sent them. */
export interface ExecuteParams {
  readonly component: string;
  readonly input: Json;
  readonly attempt: number;
  readonly runId: string | undefined;
  readonly flowId: string | undefined;
  readonly stepId: string | undefined;
  /** Ours: beside the header of that name, for transports without headers. */
  readonly idempotencyKey: string | undefined;
  /** Ours: what the orchestrator will wait from now on. */
  readonly timeoutMs: number | undefined;
  /** Ours: what the attempts before told last. */
  readonly lastHeartbeat: Progress | undefined;
  /** Ours: so that an isolate that was never initialized can work. */
  readonly capabilities: Pick<Session, "blobApiUrl" | "blobThreshold"> | undefined;
}

/** Gives what is wrong with them, as text, for parameters that cannot be understood. */
export function readExecuteParams(params: JsonObject): ExecuteParams | string {
  const { component, input, attempt = 1, idempotencyKey, timeoutMs, lastProgress, capabilities } = params;
  if (typeof component !== "string") return "params/component must be a string";
  if (input === undefined) return "params/input is required";
  if (typeof attempt !== "number" || !Number.isSafeInteger(attempt) || attempt < 1)
    return "params/attempt must be a whole number from 1 on";
  const observability = isObject(params["observability"]) ? params["observability"] : {};
  const id = (name: string) => {
    const value = observability[name] ?? params[name];
    return typeof value === "string" ? value : undefined;
  };
  const told = isObject(lastProgress) ? readProgress(lastProgress) : undefined;
  return {
    component,
    input,
    attempt,
    runId: id("run_id"),
    flowId: id("flow_id"),
    stepId: id("step_id"),
    idempotencyKey: typeof idempotencyKey === "string" ? idempotencyKey : undefined,
    timeoutMs: typeof timeoutMs === "number" && timeoutMs > 0 ? timeoutMs : undefined,
    lastHeartbeat: told?.kind === "progress" ? told.progress : undefined,
    capabilities: readCapabilities(capabilities),
  };
}
