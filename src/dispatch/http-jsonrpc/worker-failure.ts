import type { TaskOutcome } from "../../core/ports/task-outcome.ts";
import { assertNever } from "../../protocol/assert-never.ts";
import type { Json } from "../../protocol/json.ts";
import { TASK_ERROR_CODES, type TaskErrorCode } from "../../protocol/task-error.ts";
import { taskErrorCodeFromNumber } from "../../protocol/worker-error-code.ts";
import { egressError } from "../egress-fetch.ts";
import type { Exchange } from "./exchange.ts";
import type { RpcError } from "./json-rpc.ts";

const HIDDEN_URL = "(the blob API)";

/** The outcome of an attempt whose exchange with the worker gave no result. `who` names plugin and component. */
export function failureOutcome(exchange: Exclude<Exchange, { kind: "result" }>, who: string): TaskOutcome {
  switch (exchange.kind) {
    case "error": {
      const { message, data } = exchange.error;
      return {
        kind: "failed",
        error: { code: codeOf(exchange.error), message, ...(data !== undefined && { data }) },
        ...retryOf(exchange),
      };
    }
    case "broken":
      return { ...failed("UNREACHABLE", `${who} could not be reached: ${exchange.reason}`), ...retryOf(exchange) };
    case "refused":
      return { kind: "failed", error: egressError(who, exchange.rule, exchange.reason) };
    case "too_large":
      return failed(
        "WORKER_ERROR",
        `${who} answered more than ${exchange.limitBytes} bytes; large results belong in a blob (maxResponseBytes)`,
      );
    case "handed_over":
      return failed(
        "WORKER_ERROR",
        `${who} answered 202, but cannot report later: the orchestrator has no STEPFLOW_SECRET to sign a task URL with`,
      );
    case "silent":
      return failed("TIMEOUT", `${who} sent nothing for ${Math.round(exchange.idleMs / 1000)} s`);
    default:
      return assertNever(exchange);
  }
}

/**
 * Whether the worker has lost what `initialize` told it. −32002 says so by itself; a worker that restarted notices the missing
 * blob URL only in the middle of a component, and then there is nothing but the message to tell it by. Without a blob URL to
 * tell, that is no loss but a lack.
 */
export function hasForgottenSession({ code, message }: RpcError, isToldBlobUrl: boolean): boolean {
  return code === -32_002 || (isToldBlobUrl && code === -32_100 && /blob api url/i.test(message));
}

/** Workers quote the address of the blob they failed to reach; its secret part is not for those who read the run. */
export function withoutSecret(outcome: TaskOutcome, blobApiUrl: string | undefined): TaskOutcome {
  if (outcome.kind !== "failed" || blobApiUrl === undefined) return outcome;
  const { code, message, data } = outcome.error;
  return {
    ...outcome,
    error: {
      code,
      message: message.replaceAll(blobApiUrl, HIDDEN_URL),
      ...(data !== undefined && { data: withoutText(data, blobApiUrl) }),
    },
  };
}

function withoutText(json: Json, text: string): Json {
  if (typeof json === "string") return json.replaceAll(text, HIDDEN_URL);
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map((child) => withoutText(child, text));
  return Object.fromEntries(Object.entries(json).map(([key, child]) => [key, withoutText(child, text)]));
}

function codeOf({ code, data }: RpcError): TaskErrorCode {
  return namedCode(data) ?? (code < 0 ? taskErrorCodeFromNumber(code) : "COMPONENT_FAILED");
}

/** Our SDK names the task error code outright, where JSON-RPC's numbers mean different things by version. */
function namedCode(data: Json | undefined): TaskErrorCode | undefined {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return undefined;
  return TASK_ERROR_CODES.find((code) => code === data["taskErrorCode"]);
}

function retryOf({ retryAfterMs }: { readonly retryAfterMs?: number }): { readonly retryAfterMs?: number } {
  return retryAfterMs === undefined ? {} : { retryAfterMs };
}

function failed(code: TaskErrorCode, message: string): Extract<TaskOutcome, { kind: "failed" }> {
  return { kind: "failed", error: { code, message } };
}
