/** The orchestrator's REST API, as the CLI uses it. Nothing is kept between calls; failures become `CommandFailure`s. */
import type { ComponentInfo } from "../../protocol/component.ts";
import type { Diagnostic } from "../../protocol/diagnostic.ts";
import type { RunEventMessage } from "../../protocol/event.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import type { ItemResult, RunSubmission, RunSummary, StepRecord } from "../../protocol/run.ts";
import { CommandFailure } from "../exit-code.ts";
import { readEventStream } from "./event-stream.ts";

/** Body of `POST /runs`. */
export interface SubmitRun extends Omit<RunSubmission, "inputs"> {
  readonly flow?: Json;
  readonly flowId?: string;
  readonly flowName?: string;
  readonly input: readonly Json[];
}
export interface ListedComponent extends Omit<ComponentInfo, "component"> {
  readonly componentId: string;
  readonly path: string;
  readonly plugin: string;
}
export interface ComponentList {
  readonly components: readonly ListedComponent[];
  readonly complete: boolean;
  readonly failedPlugins: readonly { readonly plugin: string; readonly error: string }[];
}
export interface StoredFlow {
  readonly flowId: string;
  readonly stored: boolean;
  readonly diagnostics: { readonly diagnostics: readonly Diagnostic[] };
}
export type RunDetails = RunSummary & { readonly steps?: readonly StepRecord[] };

/** An answer that is not 2xx. */
export class ApiFailure extends CommandFailure {
  readonly status: number;
  readonly details: Json | undefined;

  constructor(status: number, message: string, details: Json | undefined) {
    super(message, { exitCode: status === 400 || status === 413 || status === 422 ? 2 : 1 });
    this.status = status;
    this.details = details;
  }
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export class ApiClient {
  readonly #base: string;

  /** `url`: the orchestrator's origin (a path before `/api/v1` is kept). */
  constructor(url: string) {
    this.#base = `${url.replace(/\/+$/, "").replace(/\/api\/v1$/, "")}/api/v1`;
  }

  submit(run: SubmitRun): Promise<RunSummary> {
    return this.#json("POST", "/runs", { body: run as unknown as Json });
  }

  /** Answers when the run has ended, or with its state after `timeoutSecs`. */
  run(runId: string, options: { readonly wait?: boolean; readonly timeoutSecs?: number } = {}): Promise<RunDetails> {
    return this.#json("GET", `/runs/${encodeURIComponent(runId)}`, { query: options });
  }

  runs(query: Query): Promise<{ readonly runs: readonly RunSummary[]; readonly nextCursor?: string }> {
    return this.#json("GET", "/runs", { query });
  }

  cancel(runId: string): Promise<RunSummary> {
    return this.#json("POST", `/runs/${encodeURIComponent(runId)}/cancel`, { body: {} });
  }

  steps(runId: string): Promise<{ readonly steps: readonly StepRecord[] }> {
    return this.#json("GET", `/runs/${encodeURIComponent(runId)}/steps`);
  }

  /** Every item's result, in the order of the items. */
  async items(runId: string): Promise<ItemResult[]> {
    const results: ItemResult[] = [];
    let cursor: string | undefined;
    do {
      const page: { readonly results: readonly ItemResult[]; readonly nextCursor?: string } = await this.#json(
        "GET",
        `/runs/${encodeURIComponent(runId)}/items`,
        { query: { cursor } },
      );
      results.push(...page.results);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return results;
  }

  /** The run's events from the first (or after `since`) to its end. */
  async *events(runId: string, options: { readonly since?: number; readonly includeResults?: boolean; readonly includeSubRuns?: boolean }): AsyncGenerator<RunEventMessage> {
    const response = await this.#fetch("GET", `/runs/${encodeURIComponent(runId)}/events`, { query: options, accept: "text/event-stream" });
    if (response.body !== null) yield* readEventStream(response.body);
  }

  storeFlow(flow: Json, options: { readonly dryRun?: boolean; readonly name?: string } = {}): Promise<StoredFlow> {
    return this.#json("POST", "/flows", { body: { flow, ...options } });
  }

  flow(flowId: string): Promise<{ readonly flow: Json; readonly flowId: string }> {
    return this.#json("GET", `/flows/${encodeURIComponent(flowId)}`);
  }

  flows(query: Query): Promise<{ readonly flows: readonly JsonObject[]; readonly nextCursor?: string }> {
    return this.#json("GET", "/flows", { query });
  }

  components(options: { readonly excludeSchemas: boolean }): Promise<ComponentList> {
    return this.#json("GET", "/components", { query: options });
  }

  /** Stores bytes as they are; returns the blob's id. */
  async putFile(bytes: Uint8Array<ArrayBuffer>, filename: string): Promise<string> {
    const headers = { "content-type": "application/octet-stream", "x-blob-filename": encodeURIComponent(filename) };
    const stored: { readonly blobId: string } = await this.#json("POST", "/blobs", { bytes, headers });
    return stored.blobId;
  }

  async #json<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const response = await this.#fetch(method, path, options);
    return (await response.json()) as T;
  }

  async #fetch(method: string, path: string, options: RequestOptions): Promise<Response> {
    const url = new URL(this.#base + path);
    for (const [name, value] of Object.entries(options.query ?? {})) if (value !== undefined) url.searchParams.set(name, String(value));
    let response: Response;
    try {
      response = await fetch(url, {
        method,
        headers: {
          accept: options.accept ?? "application/json",
          ...(options.body === undefined ? {} : { "content-type": "application/json" }),
          ...options.headers,
        },
        ...(options.bytes === undefined ? {} : { body: options.bytes }),
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
      });
    } catch (cause) {
      const reason = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
      throw new CommandFailure(`no orchestrator answers at ${url.origin}: ${reason}`, {
        cause,
        hint: "start one with: stepflow serve, or name another with --url",
      });
    }
    if (!response.ok) throw await failureOf(response, method, path);
    return response;
  }
}

interface RequestOptions {
  readonly query?: Query;
  readonly body?: Json;
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly accept?: string;
}

async function failureOf(response: Response, method: string, path: string): Promise<ApiFailure> {
  const text = await response.text();
  let error: { readonly message?: string; readonly details?: Json } | undefined;
  try {
    error = (JSON.parse(text) as { readonly error?: { readonly message?: string; readonly details?: Json } }).error;
  } catch {
    // Not ours (a proxy's page, say): the status has to do.
  }
  return new ApiFailure(response.status, error?.message ?? `${method} ${path}: HTTP ${response.status}`, error?.details);
}
