/**
 * Reaches a worker that serves JSON-RPC over HTTP, in every dialect since 0.2 (D1, D2, D3). Owns the session with the worker;
 * out go one `initialize` and one `components/execute` per attempt, in come outcomes. Whatever the worker or the network does
 * becomes a `failed` outcome; results over 256 KiB are stored before they are handed on.
 */
import type { BlobStore } from "../../core/ports/blob-store.ts";
import type { AttemptCall, AttemptReply, Transport } from "../../core/ports/transport.ts";
import type { ComponentInfo } from "../../protocol/component.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import { type Progress, readProgress } from "../../protocol/progress.ts";
import { type Timers, withinDeadline } from "../deadline.ts";
import { storeValue } from "../store-value.ts";
import { type CallbackHandler, refuseCallbacks } from "./callback-handler.ts";
import type { Exchange } from "./exchange.ts";
import { RequestSigner } from "./request-signer.ts";
import { WorkerConnection, type WorkerFetch } from "./worker-connection.ts";
import { failureOutcome, hasForgottenSession, withoutSecret } from "./worker-failure.ts";
import { workerInput } from "./worker-input.ts";
import { capabilitiesOf, type SessionCache, type WorkerSession, WorkerSessions } from "./worker-session.ts";

export interface HttpJsonRpcOptions {
  readonly plugin: string;
  readonly url: string;
  readonly fetch: WorkerFetch;
  /** Names the worker within the isolate: two plugins with the same name of worker share a session. */
  readonly worker: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly maxResponseBytes?: number;
  /** What messages are signed with; absent: they are not. */
  readonly signingSecret?: string;
  /** Where the worker reaches our blobs, today; absolute, without a slash at its end. */
  readonly blobApiUrl?: () => string;
  readonly sessions: SessionCache;
  readonly blobs: BlobStore;
  readonly timers: Timers;
  readonly callbacks?: CallbackHandler;
  /** Where a worker that answers 202 reports later (`stepflow-task-url`): absolute, good for this attempt. */
  readonly taskUrl?: (call: AttemptCall) => string;
  /** W3C trace context of a call, if it is traced. */
  readonly traceparent?: (call: AttemptCall) => string | undefined;
}

const DEFAULT_MAX_RESPONSE_BYTES = 16 * 1024 * 1024;

export class HttpJsonRpcTransport implements Transport {
  readonly #options: HttpJsonRpcOptions;
  readonly #connection: WorkerConnection;
  readonly #sessions: WorkerSessions;

  constructor(options: HttpJsonRpcOptions) {
    const {
      plugin,
      url,
      fetch,
      timers,
      headers = {},
      maxResponseBytes = DEFAULT_MAX_RESPONSE_BYTES,
      blobApiUrl,
      signingSecret,
    } = options;
    this.#options = options;
    this.#connection = new WorkerConnection({
      url,
      fetch,
      headers,
      maxResponseBytes,
      timers,
      ...(signingSecret !== undefined && { signer: new RequestSigner(signingSecret, () => timers.now()) }),
    });
    this.#sessions = new WorkerSessions({
      connection: this.#connection,
      cache: options.sessions,
      worker: options.worker,
      plugin,
      timers,
      ...(blobApiUrl !== undefined && { blobApiUrl }),
    });
  }

  execute(
    call: AttemptCall,
    signal: AbortSignal,
    headersArrived?: () => void,
    progress?: (progress: Progress) => void,
  ): Promise<AttemptReply> {
    return withinDeadline(call, signal, this.#options.timers, (attemptSignal) =>
      this.#attempt(call, attemptSignal, headersArrived, progress),
    );
  }

  async listComponents(signal: AbortSignal): Promise<readonly ComponentInfo[]> {
    const answer = await this.#inSession({ id: "components/list", method: "components/list", params: {} }, signal);
    if (answer.kind !== "result") throw new Error(describeFailure(answer, `plugin '${this.#options.plugin}'`));
    const { components } = toObject(answer.result);
    if (!Array.isArray(components)) throw new Error(`plugin '${this.#options.plugin}' gave no list of components`);
    return components.flatMap(readComponentInfo);
  }

  async #attempt(
    call: AttemptCall,
    signal: AbortSignal,
    headersArrived: (() => void) | undefined,
    progress: ((progress: Progress) => void) | undefined,
  ): Promise<AttemptReply> {
    const { plugin, blobs, timers, callbacks = refuseCallbacks, taskUrl, traceparent } = this.#options;
    const trace = traceparent?.(call);
    const who = `component '${call.componentId}' of plugin '${plugin}'`;
    const opened = await this.#sessions.open();
    if (opened.kind !== "open") return failureOutcome(opened, who);
    const fit = await workerInput(call.input, opened.session, blobs);
    if (fit.kind === "unfit") return fit.outcome;
    const id = `${call.idempotencyKey}/${call.attempt}`;
    const answer = await this.#inSession(
      {
        id,
        messageId: id,
        method: "components/execute",
        params: {
          ...executeParams(call, fit.input, trace),
          ...additions(opened.session, call.deadlineAt - timers.now()),
          ...(call.lastProgress && { lastProgress: { ...call.lastProgress } }),
        },
        headers: {
          "idempotency-key": call.idempotencyKey,
          ...(taskUrl && { "stepflow-task-url": taskUrl(call) }),
          ...(trace !== undefined && { traceparent: trace }),
        },
        ...(headersArrived && { onHeaders: headersArrived }),
        onNotification: ({ method, params }) => {
          const told = method === "components/progress" ? progressOf(toObject(params), id) : undefined;
          if (told) progress?.(told);
        },
        onRequest: ({ method, params }) => callbacks({ method, params, call }, signal),
      },
      signal,
    );
    if (answer.kind === "handed_over" && taskUrl) return answer;
    if (answer.kind !== "result") return withoutSecret(failureOutcome(answer, who), opened.session.blobApiUrl);
    const { output } = toObject(answer.result);
    if (output === undefined) return failureOutcome({ kind: "broken", reason: "the result has no output" }, who);
    return { kind: "success", value: await storeValue(output, blobs, answer.maxBytes) };
  }

  /** Calls in an open session; once more in a new one if the worker has forgotten it. */
  async #inSession(request: Parameters<WorkerConnection["call"]>[0], signal: AbortSignal): Promise<Exchange> {
    const opened = await this.#sessions.open();
    if (opened.kind !== "open") return opened;
    const answer = await this.#connection.call(request, signal);
    const isToldBlobUrl = this.#options.blobApiUrl !== undefined;
    if (answer.kind !== "error" || !hasForgottenSession(answer.error, isToldBlobUrl)) return answer;
    this.#sessions.forget();
    const reopened = await this.#sessions.open();
    return reopened.kind === "open" ? this.#connection.call(request, signal) : reopened;
  }
}

/** What every version since 0.2 needs; each passes over what it does not know. */
function executeParams(call: AttemptCall, input: Json, traceparent: string | undefined): JsonObject {
  const [, traceId, spanId] = traceparent?.split("-") ?? [];
  const ids = { run_id: call.runId, flow_id: call.flowId, step_id: call.stepId };
  return {
    component: call.componentId,
    input,
    attempt: call.attempt,
    observability: {
      ...ids,
      ...(traceId !== undefined && spanId !== undefined && { trace_id: traceId, span_id: spanId }),
    },
    ...ids,
    ...(call.pathParams && { path_params: call.pathParams }),
  };
}

/** What our SDK reads besides, and others pass over: how long is waited, and, for an isolate that was never initialized, its session. */
function additions({ dialect, blobApiUrl }: WorkerSession, timeoutMs: number): JsonObject {
  return {
    timeoutMs,
    ...(dialect === "d3" && blobApiUrl !== undefined && { capabilities: capabilitiesOf(blobApiUrl) }),
  };
}

/** What a worker tells while it works; what is too large to keep is passed over. */
function progressOf(params: JsonObject, id: string): Progress | undefined {
  if (params["id"] !== undefined && params["id"] !== id) return undefined;
  const read = readProgress(params);
  return read.kind === "progress" ? read.progress : undefined;
}

function readComponentInfo(json: Json): readonly ComponentInfo[] {
  const {
    component,
    description,
    input_schema: snakeInput,
    inputSchema = snakeInput,
    output_schema: snakeOutput,
    outputSchema = snakeOutput,
  } = toObject(json);
  if (typeof component !== "string") return [];
  return [
    {
      component: component.startsWith("/") ? component : `/${component}`,
      ...(typeof description === "string" && { description }),
      ...(inputSchema !== undefined && inputSchema !== null && { inputSchema }),
      ...(outputSchema !== undefined && outputSchema !== null && { outputSchema }),
    },
  ];
}

function describeFailure(exchange: Exclude<Exchange, { kind: "result" }>, who: string): string {
  const outcome = failureOutcome(exchange, who);
  return outcome.kind === "failed" ? outcome.error.message : who;
}

function toObject(json: Json): JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json) ? json : {};
}
