import type { BlobStore } from "../../core/ports/blob-store.ts";
import type { AttemptCall } from "../../core/ports/transport.ts";
import type { Json } from "../../protocol/json.ts";
import type { SubmissionKeys } from "./submission-keys.ts";
import type { WorkerRuns } from "./worker-runs.ts";

export interface CallbackDeps {
  /** Of the namespace whose calls are dispatched. */
  readonly blobs: BlobStore;
  readonly runs: WorkerRuns;
}

/** One callback on its way: what it asks, by whom, and what serves it. */
export interface CallbackRequest extends CallbackDeps {
  readonly params: Json;
  readonly call: AttemptCall;
  readonly signal: AbortSignal;
  readonly keys: SubmissionKeys;
}
