import type { AttemptCall } from "../../core/ports/transport.ts";
import type { Json } from "../../protocol/json.ts";
import type { RpcError } from "./json-rpc.ts";

/** A request that a worker makes while it executes: it comes as an event and is answered by a POST of its own. */
interface WorkerCallback {
  readonly method: string;
  readonly params: Json;
  /** The execution during which it was made. */
  readonly call: AttemptCall;
}
export type CallbackAnswer =
  | { readonly kind: "result"; readonly result: Json }
  | { readonly kind: "error"; readonly error: RpcError };

/** Serves callbacks. Never throws. */
export type CallbackHandler = (callback: WorkerCallback, signal: AbortSignal) => Promise<CallbackAnswer>;

/** Answers every callback with "method not found", so that the component fails instead of waiting for ever. */
export const refuseCallbacks: CallbackHandler = async ({ method }) => ({
  kind: "error",
  error: { code: -32_601, message: `this orchestrator does not serve '${method}' to workers` },
});
