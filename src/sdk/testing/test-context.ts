import type { FlowResult } from "../../protocol/flow-result.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import type { Progress } from "../../protocol/progress.ts";
import { ComponentError } from "../component-error.ts";
import { type LogEntry, logTo } from "../log-entry.ts";
import {
  type GetRunOptions,
  type Log,
  type PutBlobOptions,
  StepflowContext,
  type SubmitOptions,
  type SubRun,
} from "../stepflow-context.ts";

/** A sub-run that a component under test has submitted. */
export interface SubmittedFlow {
  /** The document, or the id of a stored flow. */
  readonly flow: string | JsonObject;
  readonly inputs: readonly Json[];
  readonly options: SubmitOptions;
}
export type Heartbeat = Progress;

export interface TestContextOptions {
  readonly attempt?: number;
  readonly idempotencyKey?: string;
  readonly runId?: string;
  readonly flowId?: string;
  readonly stepId?: string;
  /** What an attempt before has told last. */
  readonly lastHeartbeat?: Heartbeat;
  /** Plays the flows: what one input comes to. Without it a sub-run is an error. */
  readonly subRuns?: (flow: string | JsonObject, input: Json) => FlowResult | Promise<FlowResult>;
}

/** A context in memory; what the component has done with it can be looked at. */
export class TestContext extends StepflowContext {
  override readonly attempt: number;
  override readonly idempotencyKey: string;
  override readonly runId: string;
  override readonly flowId: string;
  override readonly stepId: string;
  override readonly lastHeartbeat: Heartbeat | undefined;
  override readonly log: Log;
  /** By id: JSON values, and bytes as they were given. */
  readonly blobs = new Map<string, Json | Uint8Array<ArrayBuffer>>();
  readonly heartbeats: Heartbeat[] = [];
  readonly logged: LogEntry[] = [];
  readonly submitted: SubmittedFlow[] = [];
  readonly #options: TestContextOptions;
  readonly #controller = new AbortController();
  readonly #runs = new Map<string, SubRun>();

  constructor(options: TestContextOptions = {}) {
    super();
    this.#options = options;
    this.attempt = options.attempt ?? 1;
    this.runId = options.runId ?? "019bf0d2-1111-7000-8000-000000000000";
    this.flowId = options.flowId ?? "f".repeat(64);
    this.stepId = options.stepId ?? "step";
    this.lastHeartbeat = options.lastHeartbeat;
    this.idempotencyKey = options.idempotencyKey ?? `${this.runId}/${this.stepId}`;
    this.log = logTo((entry) => this.logged.push(entry), {});
  }

  override get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What a cancelled run does to its components. */
  abort(reason: unknown = new ComponentError("cancelled", { code: "CANCELLED" })): void {
    this.#controller.abort(reason);
  }

  /** Ids are those of the orchestrator: the SHA-256 of what is stored. */
  override async putBlob(data: Json | Uint8Array<ArrayBuffer>, _options?: PutBlobOptions): Promise<string> {
    const bytes = data instanceof Uint8Array ? data : new TextEncoder().encode(JSON.stringify(data));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
    const id = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.blobs.set(id, structuredClone(data));
    return id;
  }

  override async getBlob(blobId: string): Promise<Json> {
    const data = this.#blob(blobId);
    return data instanceof Uint8Array ? null : structuredClone(data);
  }

  override async getBlobBytes(blobId: string): Promise<Uint8Array<ArrayBuffer>> {
    const data = this.#blob(blobId);
    return data instanceof Uint8Array ? data : new Uint8Array(new TextEncoder().encode(JSON.stringify(data)));
  }

  override async submitRun(
    flow: string | JsonObject,
    inputs: readonly Json[],
    options: SubmitOptions = {},
  ): Promise<SubRun> {
    const { subRuns } = this.#options;
    if (!subRuns)
      throw new Error("the component submits a run: give createTestContext `subRuns` to say what it comes to");
    this.submitted.push({ flow, inputs, options });
    const results = await Promise.all(inputs.map(async (input) => subRuns(flow, input)));
    const failed = results.filter(({ outcome }) => outcome === "failed").length;
    const run: SubRun = {
      runId: `${this.runId.slice(0, -6)}${this.submitted.length.toString(16).padStart(6, "0")}`,
      flowId: typeof flow === "string" ? flow : await this.putBlob(flow),
      status: failed > 0 ? "failed" : "completed",
      items: { total: results.length, completed: results.length - failed, running: 0, failed, cancelled: 0 },
      results: results.map((result, itemIndex) => ({
        itemIndex,
        status: result.outcome === "failed" ? "failed" : "completed",
        result,
      })),
    };
    this.#runs.set(run.runId, run);
    return shown(run, options.wait ?? false);
  }

  override async getRun(runId: string, options: GetRunOptions = {}): Promise<SubRun> {
    const run = this.#runs.get(runId);
    if (!run) throw new ComponentError(`there is no run ${runId}`);
    return shown(run, options.includeResults ?? false);
  }

  override heartbeat(progress?: number, message?: string, details?: Json): void {
    this.heartbeats.push({
      ...(progress === undefined ? {} : { progress }),
      ...(message === undefined ? {} : { message }),
      ...(details === undefined ? {} : { details }),
    });
  }

  #blob(blobId: string): Json | Uint8Array<ArrayBuffer> {
    const data = this.blobs.get(blobId);
    if (data === undefined) throw new ComponentError(`there is no blob ${blobId}`);
    return data;
  }
}

function shown({ results, ...run }: SubRun, withResults: boolean): SubRun {
  return withResults && results ? { ...run, results } : run;
}

/** A context for testing a component without a server: blobs in memory, recorded heartbeats and logs, flows played by `subRuns`. */
export function createTestContext(options: TestContextOptions = {}): TestContext {
  return new TestContext(options);
}
