/**
 * Serves what workers ask while they execute, in every dialect (worker-protocols §A7): blobs, flows, runs. Owns nothing but a count
 * per call; the blob store and the runs are handed in. Every method name belongs to one generation of workers, so the dialect
 * need not be known: D3 `runs/*`, D2 also `blobs/*`, D1 `blobs/*` and `flows/*`. Never throws.
 */
import type { JsonObject } from "../../protocol/json.ts";
import type { CallbackHandler } from "../http-jsonrpc/callback-handler.ts";
import { getBlob, putBlob } from "./blob-callbacks.ts";
import { CallbackFault, RPC_CODES } from "./callback-fault.ts";
import type { CallbackDeps, CallbackRequest } from "./callback-request.ts";
import { evaluateFlow, getBatch, getFlowMetadata, submitBatch } from "./flow-callbacks.ts";
import { getRun, submitRun } from "./run-callbacks.ts";
import { SubmissionKeys } from "./submission-keys.ts";

type Method = (request: CallbackRequest) => Promise<JsonObject>;

const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ["blobs/put", putBlob],
  ["blobs/get", getBlob],
  ["flows/evaluate", evaluateFlow],
  ["flows/get_metadata", getFlowMetadata],
  ["flows/submit_batch", submitBatch],
  ["flows/get_batch", getBatch],
  ["runs/submit", submitRun],
  ["runs/get", getRun],
  // The stdio workers before 0.2.
  ["put_blob", putBlob],
  ["get_blob", getBlob],
]);

export function serveCallbacks(deps: CallbackDeps): CallbackHandler {
  const keys = new SubmissionKeys();
  return async ({ method, params, call }, signal) => {
    const serve = METHODS.get(method);
    try {
      if (!serve)
        throw new CallbackFault(RPC_CODES.methodNotFound, `this orchestrator does not serve '${method}' to workers`);
      return { kind: "result", result: await serve({ ...deps, params, call, signal, keys }) };
    } catch (fault) {
      const message = fault instanceof Error ? fault.message : String(fault);
      if (fault instanceof CallbackFault) return { kind: "error", error: { code: fault.code, message } };
      return {
        kind: "error",
        error: { code: RPC_CODES.internal, message: `'${method}' could not be served: ${message}` },
      };
    }
  };
}
