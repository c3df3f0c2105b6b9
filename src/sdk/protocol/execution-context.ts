/**
 * The context of one execution. Blobs go through the blob HTTP API where the orchestrator has named one, everything else by
 * requests that leave beside the response and are answered by id. Owns the counter that names sub-runs.
 */
import type { Json, JsonObject } from "../../protocol/json.ts";
import type { Progress } from "../../protocol/progress.ts";
import { BlobApi } from "../blob-api.ts";
import { ComponentError, messageOf, SessionLost } from "../component-error.ts";
import {
  type GetRunOptions,
  type Log,
  type PutBlobOptions,
  StepflowContext,
  type SubmitOptions,
  type SubRun,
} from "../stepflow-context.ts";
import type { ExecuteParams } from "./execute-params.ts";
import { isObject, type RpcId } from "./json-rpc.ts";
import type { Session } from "./session.ts";
import { readSubRun } from "./sub-run.ts";
import { uuidV5 } from "./uuid-v5.ts";

export interface ExecutionPeer {
  readonly id: RpcId;
  /** Undefined: the orchestrator has not initialized this worker. */
  readonly session: Session | undefined;
  /** Sends a request beside the response and gives its answer. */
  readonly ask: (method: string, params: JsonObject) => Promise<Json>;
  readonly notify: (method: string, params: JsonObject) => void;
  readonly signal: AbortSignal;
  readonly log: Log;
}

export class ExecutionContext extends StepflowContext {
  override readonly attempt: number;
  override readonly idempotencyKey: string | undefined;
  override readonly runId: string | undefined;
  override readonly flowId: string | undefined;
  override readonly stepId: string | undefined;
  override readonly lastHeartbeat: Progress | undefined;
  override readonly signal: AbortSignal;
  override readonly log: Log;
  readonly #peer: ExecutionPeer;
  readonly #blobs: BlobApi | undefined;
  #subRuns = 0;

  constructor(params: ExecuteParams, peer: ExecutionPeer) {
    super();
    this.attempt = params.attempt;
    this.idempotencyKey = params.idempotencyKey;
    this.runId = params.runId;
    this.flowId = params.flowId;
    this.stepId = params.stepId;
    this.lastHeartbeat = params.lastHeartbeat;
    this.signal = peer.signal;
    this.log = peer.log;
    this.#peer = peer;
    const url = peer.session?.blobApiUrl;
    this.#blobs = url === undefined ? undefined : new BlobApi({ url, signal: peer.signal, failure: blobFailure });
  }

  override async putBlob(data: Json | Uint8Array<ArrayBuffer>, options: PutBlobOptions = {}): Promise<string> {
    const { blobType = "data", filename } = options;
    if (this.#blobs) {
      const blobs = this.#blobs;
      return reached(() => (data instanceof Uint8Array ? blobs.putBytes(data, filename) : blobs.put(data, blobType)));
    }
    if (data instanceof Uint8Array) throw noBlobApi("bytes can only be stored through");
    const answer = await this.#askSession("blobs/put", { data, blob_type: blobType });
    if (isObject(answer) && typeof answer["blob_id"] === "string") return answer["blob_id"];
    throw new ComponentError("blobs/put: the answer has no blob_id", { code: "WORKER_ERROR" });
  }

  override async getBlob(blobId: string): Promise<Json> {
    const blobs = this.#blobs;
    if (blobs) return reached(() => blobs.get(blobId));
    const answer = await this.#askSession("blobs/get", { blob_id: blobId });
    return (isObject(answer) ? answer["data"] : undefined) ?? null;
  }

  override async getBlobBytes(blobId: string): Promise<Uint8Array<ArrayBuffer>> {
    const blobs = this.#blobs;
    if (!blobs) throw this.#peer.session ? noBlobApi("bytes can only be read through") : sessionLost();
    return reached(async () => new Uint8Array(await new Response(await blobs.stream(blobId)).arrayBuffer()));
  }

  override async submitRun(
    flow: string | JsonObject,
    inputs: readonly Json[],
    options: SubmitOptions = {},
  ): Promise<SubRun> {
    // Counted before anything is waited for: the order of the calls names the runs.
    const counter = String(this.#subRuns++);
    const subflowKey = await this.#subflowKey(counter);
    const flowId = typeof flow === "string" ? flow : await this.putBlob(flow, { blobType: "flow" });
    const { wait = false, maxConcurrency = null, overrides = null } = options;
    const params = { flowId, inputs: [...inputs], subflowKey, wait, maxConcurrency, overrides };
    return readSubRun(await this.#peer.ask("runs/submit", params), "runs/submit");
  }

  override async getRun(runId: string, options: GetRunOptions = {}): Promise<SubRun> {
    const { wait = false, includeResults = false, resultOrder = "by_index" } = options;
    return readSubRun(await this.#peer.ask("runs/get", { runId, wait, includeResults, resultOrder }), "runs/get");
  }

  override heartbeat(progress?: number, message?: string, details?: Json): void {
    this.#peer.notify("components/progress", {
      id: this.#peer.id,
      ...(progress === undefined ? {} : { progress }),
      ...(message === undefined ? {} : { message }),
      ...(details === undefined ? {} : { details }),
    });
  }

  /** The same for the n-th sub-run of every execution of the step, so that a second execution finds the first one's runs. */
  async #subflowKey(counter: string): Promise<string> {
    return (await uuidV5(counter, this.runId ?? "")) ?? crypto.randomUUID();
  }

  #askSession(method: "blobs/put" | "blobs/get", params: JsonObject): Promise<Json> {
    const { session, ask } = this.#peer;
    if (session === undefined) throw sessionLost();
    const spelling = { "blobs/put": "put_blob", "blobs/get": "get_blob" } as const;
    return ask(session.dialect === "underscore" ? spelling[method] : method, params);
  }
}

function sessionLost(): SessionLost {
  return new SessionLost("Not initialized: this worker has not been told where blobs are (initialize first)");
}

function noBlobApi(what: string): ComponentError {
  return new ComponentError(`${what} the blob HTTP API, and this orchestrator has named none`, {
    code: "RESOURCE_UNAVAILABLE",
  });
}

async function blobFailure(response: Response, what: string): Promise<Error> {
  const text = (await response.text()).slice(0, 300);
  const code = response.status >= 500 || response.status === 429 ? "RESOURCE_UNAVAILABLE" : "COMPONENT_FAILED";
  return new ComponentError(`${what}: HTTP ${response.status} ${text}`.trimEnd(), {
    code,
    data: { status: response.status },
  });
}

/** A blob API that cannot be reached is a lack of a resource, not a fault of the component. */
async function reached<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (thrown) {
    if (!(thrown instanceof TypeError)) throw thrown;
    const why = thrown.cause instanceof Error ? messageOf(thrown.cause) : messageOf(thrown);
    throw new ComponentError(`the blob API cannot be reached: ${why}`, { code: "RESOURCE_UNAVAILABLE", cause: thrown });
  }
}
