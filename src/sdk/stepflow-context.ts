import type { FlowResult } from "../protocol/flow-result.ts";
import type { Json, JsonObject } from "../protocol/json.ts";
import type { Progress } from "../protocol/progress.ts";
import type { ItemCounts, RunStatus } from "../protocol/run.ts";
import { ComponentError } from "./component-error.ts";

/** A run as a worker sees it. */
export interface SubRun {
  readonly runId: string;
  readonly flowId: string;
  readonly status: RunStatus;
  readonly items: Omit<ItemCounts, "skipped">;
  /** When asked for and ended. */
  readonly results?: readonly SubRunItem[];
}
export interface SubRunItem {
  readonly itemIndex: number;
  readonly status: string;
  /** Absent while it runs. */
  readonly result?: FlowResult;
}

export interface SubmitOptions {
  /** Resolve when the run has ended, with results. */
  readonly wait?: boolean;
  /** Items in flight. */
  readonly maxConcurrency?: number;
  readonly overrides?: JsonObject;
}
export interface GetRunOptions {
  readonly wait?: boolean;
  readonly includeResults?: boolean;
  readonly resultOrder?: "by_index" | "by_completion";
}
export interface PutBlobOptions {
  /** `data` unless given; bytes are always `binary`. */
  readonly blobType?: "data" | "flow";
  /** Of bytes. */
  readonly filename?: string;
}

export interface Log {
  debug(message: string, fields?: JsonObject): void;
  info(message: string, fields?: JsonObject): void;
  warn(message: string, fields?: JsonObject): void;
  error(message: string, fields?: JsonObject): void;
}

/** What a component can ask and tell the orchestrator while it works. `createTestContext` gives one without an orchestrator. */
export abstract class StepflowContext {
  /** 1-based; grows with every retry of the step. */
  abstract readonly attempt: number;
  /** The same whenever the same attempt is sent again: hand it to services that keep work from being done twice. */
  abstract readonly idempotencyKey: string | undefined;
  abstract readonly runId: string | undefined;
  abstract readonly flowId: string | undefined;
  abstract readonly stepId: string | undefined;
  /** What the attempts before told last, by `heartbeat`: where to take the work up. */
  abstract readonly lastHeartbeat: Progress | undefined;
  /** Aborts when the result is no longer wanted: cancelled, past the deadline, or the caller has gone. */
  abstract readonly signal: AbortSignal;
  abstract readonly log: Log;

  /** Stores a JSON value, or bytes as they are; gives the blob's id. */
  abstract putBlob(data: Json | Uint8Array<ArrayBuffer>, options?: PutBlobOptions): Promise<string>;
  /** Throws a ComponentError for an id that does not exist. */
  abstract getBlob(blobId: string): Promise<Json>;
  abstract getBlobBytes(blobId: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Starts a run of a flow (a document, or the id of a stored one), one item per input. A re-executed step finds the run it began. */
  abstract submitRun(flow: string | JsonObject, inputs: readonly Json[], options?: SubmitOptions): Promise<SubRun>;
  abstract getRun(runId: string, options?: GetRunOptions): Promise<SubRun>;
  /**
   * Tells that the work goes on. `progress` is from 0 to 1; `details`, at most 16 KiB of JSON in all, is what another attempt would
   * need to go on from here.
   */
  abstract heartbeat(progress?: number, message?: string, details?: Json): void;

  /** Runs a flow on one input and gives its result; throws a ComponentError when it fails or is skipped. */
  async evaluateFlow(flow: string | JsonObject, input: Json, options: Omit<SubmitOptions, "wait"> = {}): Promise<Json> {
    const run = await this.submitRun(flow, [input], { ...options, wait: true });
    const result = run.results?.[0]?.result;
    if (result?.outcome === "success") return result.result;
    if (result?.outcome === "failed") {
      const { code, message } = result.error;
      throw new ComponentError(`the sub-run ${run.runId} failed: ${message}`, { data: { runId: run.runId, code } });
    }
    const state = result === undefined ? `is ${run.status}` : "was skipped";
    throw new ComponentError(`the sub-run ${run.runId} ${state} and has no result`, { data: { runId: run.runId } });
  }
}
