import type { TaskOutcome } from "../../core/ports/task-outcome.ts";
import type { TaskErrorCode } from "../../protocol/task-error.ts";
import { failureOutcome } from "../http-jsonrpc/worker-failure.ts";
import { McpFault } from "./mcp-fault.ts";

export type FailedOutcome = Extract<TaskOutcome, { kind: "failed" }>;

/**
 * The outcome of a call that the client library gave up with an error: the server's own JSON-RPC error is the tool's failure,
 * anything else a matter of the way there. `who` names plugin and component.
 */
export function toolFailure(error: unknown, who: string, tool: string): FailedOutcome {
  const fault = mcpFaultIn(error);
  if (fault) {
    const outcome = failureOutcome(fault.exchange, who);
    return outcome.kind === "failed" ? outcome : failed("UNREACHABLE", `${who} could not be reached`);
  }
  const { code, message } = readLibraryError(error);
  // A bridge speaks of the process behind it in this range.
  if (typeof code === "number" && (code > -32_300 || code <= -32_400)) {
    const summary = `Tool '${tool}' execution failed`;
    const data = { stack: [{ error: summary }, { error: `${message} (JSON-RPC error ${code})` }] };
    return { kind: "failed", error: { code: "COMPONENT_FAILED", message: summary, data } };
  }
  switch (code) {
    case "CAPABILITY_NOT_SUPPORTED":
      return failed("COMPONENT_NOT_FOUND", `${who}: the MCP server has no tools`);
    case "INVALID_RESULT":
    case "UNSUPPORTED_RESULT_TYPE":
    case "INPUT_REQUIRED_ROUNDS_EXCEEDED":
      return failed("WORKER_ERROR", `${who} answered what no flow can take: ${message}`);
    default:
      return failed("UNREACHABLE", `${who} could not be reached: ${message}`);
  }
}

/** What met the library while it tried which generation a server speaks is the cause of an error of its own. */
function mcpFaultIn(error: unknown): McpFault | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause instanceof McpFault) return cause;
  return undefined;
}

/** The library's errors have numbers of the protocol or names of its own as their codes. */
function readLibraryError(error: unknown): { readonly code: number | string | undefined; readonly message: string } {
  if (!(error instanceof Error)) return { code: undefined, message: String(error) };
  const code: unknown = "code" in error ? error.code : undefined;
  const message = error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
  return { code: typeof code === "number" || typeof code === "string" ? code : undefined, message };
}

function failed(code: TaskErrorCode, message: string): FailedOutcome {
  return { kind: "failed", error: { code, message } };
}
