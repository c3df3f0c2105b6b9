/** The orchestrator's REST API, as the CLI uses it. Nothing is kept between calls; failures become `CommandFailure`s. */
import type { z } from "zod";
import type { acceptedDecision, decisionBody } from "../../protocol/api/approval.ts";
import type { bulkOutcome, bulkRunsBody } from "../../protocol/api/bulk.ts";
import type { componentList } from "../../protocol/api/component.ts";
import type { deliveryDetail, deliveryPage, listedDelivery } from "../../protocol/api/delivery.ts";
import type { ErrorBody, ErrorDetails } from "../../protocol/api/error-body.ts";
import type { flowDocument, flowPage, storedFlow } from "../../protocol/api/flow.ts";
import type { runPage, stepPage } from "../../protocol/api/run.ts";
import type {
  backfillBody,
  backfillReport,
  fireBody,
  firing,
  firingPage,
  heldSchedule,
} from "../../protocol/api/schedule.ts";
import type { createdToken, createTokenBody, listedToken, tokenPage } from "../../protocol/api/token.ts";
import type { deletedTrigger, listedTrigger, triggerPage } from "../../protocol/api/trigger.ts";
import type { acceptedSignal, signalBody, waitPage } from "../../protocol/api/wait.ts";
import type { RunEventMessage } from "../../protocol/event.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import { readEventStream } from "../../protocol/read-event-stream.ts";
import type { ItemResult, RunOrigin, RunSubmission, RunSummary } from "../../protocol/run.ts";
import { CommandFailure } from "../exit-code.ts";

/** Body of `POST /runs`. */
export interface SubmitRun extends Omit<RunSubmission, "inputs"> {
  readonly flow?: Json;
  readonly flowId?: string;
  readonly flowName?: string;
  readonly input: readonly Json[];
}
export type ComponentList = z.infer<typeof componentList>;
export type ListedComponent = ComponentList["components"][number];

/** An answer that is not 2xx. */
export class ApiFailure extends CommandFailure {
  readonly status: number;
  readonly details: ErrorDetails | undefined;

  constructor(status: number, message: string, details: ErrorDetails | undefined) {
    super(message, {
      exitCode: status === 400 || status === 413 || status === 422 ? 2 : 1,
      ...(status === 401 ? { hint: "give an access token with --token, or in the variable STEPFLOW_TOKEN" } : {}),
    });
    this.status = status;
    this.details = details;
  }
}

/** A list becomes the same key several times; what is undefined is left out. */
type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export class ApiClient {
  readonly #base: string;
  readonly #token: string | undefined;

  /** `url`: the orchestrator's origin (a path before `/api/v1` is kept). Without a `token` it serves only this machine. */
  constructor(url: string, token: string | undefined) {
    this.#token = token;
    this.#base = `${url.replace(/\/+$/, "").replace(/\/api\/v1$/, "")}/api/v1`;
  }

  submit(run: SubmitRun): Promise<RunSummary> {
    return this.#json("POST", "/runs", { body: run });
  }

  /** Answers when the run has ended, or with its state after `timeoutSecs`. */
  run(runId: string, options: { readonly wait?: boolean; readonly timeoutSecs?: number } = {}): Promise<RunSummary> {
    return this.#json("GET", `/runs/${encodeURIComponent(runId)}`, { query: options });
  }

  runs(query: Query): Promise<z.infer<typeof runPage>> {
    return this.#json("GET", "/runs", { query });
  }

  /** `cancel`, `pause`, `resume`. */
  control(runId: string, action: "cancel" | "pause" | "resume"): Promise<RunSummary> {
    return this.#json("POST", `/runs/${encodeURIComponent(runId)}/${action}`, { body: {} });
  }

  signal(runId: string, name: string, signal: z.input<typeof signalBody>): Promise<z.infer<typeof acceptedSignal>> {
    const path = `/runs/${encodeURIComponent(runId)}/signals/${encodeURIComponent(name)}`;
    return this.#json("POST", path, { body: signal });
  }

  /** All that the run and its sub-runs wait for, the oldest first. */
  async waits(runId: string): Promise<z.infer<typeof waitPage>["waits"]> {
    const pages = await this.#pages<z.infer<typeof waitPage>>(`/runs/${encodeURIComponent(runId)}/waits`);
    return pages.flatMap((page) => page.waits);
  }

  /** `token`: that of a link to an approval. It need not lead to the address that this client knows. */
  decide(token: string, decision: z.input<typeof decisionBody>): Promise<z.infer<typeof acceptedDecision>> {
    return this.#json("POST", `/approvals/${token}`, { body: decision, base: this.#base.slice(0, -"/api/v1".length) });
  }

  /** A new run that takes over what this one has come to. */
  derive(runId: string, kind: RunOrigin["kind"], request: object): Promise<RunSummary> {
    return this.#json("POST", `/runs/${encodeURIComponent(runId)}/${kind}`, { body: request });
  }

  /** One page of runs. */
  bulk(action: "cancel" | "retry", request: z.input<typeof bulkRunsBody>): Promise<z.infer<typeof bulkOutcome>> {
    return this.#json("POST", `/runs/bulk-${action}`, { body: request });
  }

  /** Every step of every item, in the order of the items. */
  async steps(runId: string): Promise<z.infer<typeof stepPage>["steps"]> {
    const pages = await this.#pages<z.infer<typeof stepPage>>(`/runs/${encodeURIComponent(runId)}/steps`);
    return pages.flatMap((page) => page.steps);
  }

  /** Every item's result, in the order of the items. */
  async items(runId: string): Promise<ItemResult[]> {
    const pages = await this.#pages<{ readonly results: ItemResult[]; readonly nextCursor?: string }>(
      `/runs/${encodeURIComponent(runId)}/items`,
    );
    return pages.flatMap((page) => page.results);
  }

  /** The run's events from the first (or after `since`) to its end. */
  async *events(
    runId: string,
    options: { readonly since?: number; readonly includeResults?: boolean; readonly includeSubRuns?: boolean },
  ): AsyncGenerator<RunEventMessage> {
    const response = await this.#fetch("GET", `/runs/${encodeURIComponent(runId)}/events`, {
      query: options,
      accept: "text/event-stream",
    });
    if (response.body !== null) yield* readEventStream(response.body);
  }

  storeFlow(
    flow: Json,
    options: { readonly dryRun?: boolean; readonly name?: string } = {},
  ): Promise<z.infer<typeof storedFlow>> {
    return this.#json("POST", "/flows", { body: { flow, ...options } });
  }

  flow(flowId: string): Promise<z.infer<typeof flowDocument>> {
    return this.#json("GET", `/flows/${encodeURIComponent(flowId)}`);
  }

  flows(query: Query): Promise<z.infer<typeof flowPage>> {
    return this.#json("GET", "/flows", { query });
  }

  components(options: { readonly excludeSchemas: boolean }): Promise<ComponentList> {
    return this.#json("GET", "/components", { query: options });
  }

  createToken(token: z.input<typeof createTokenBody>): Promise<z.infer<typeof createdToken>> {
    return this.#json("POST", "/tokens", { body: token });
  }

  tokens(query: Query): Promise<z.infer<typeof tokenPage>> {
    return this.#json("GET", "/tokens", { query });
  }

  revokeToken(tokenId: string): Promise<z.infer<typeof listedToken>> {
    return this.#json("DELETE", `/tokens/${encodeURIComponent(tokenId)}`);
  }

  putTrigger(name: string, document: JsonObject): Promise<z.infer<typeof listedTrigger>> {
    return this.#json("PUT", `/triggers/${encodeURIComponent(name)}`, { body: document });
  }

  trigger(name: string, query: Query = {}): Promise<z.infer<typeof listedTrigger>> {
    return this.#json("GET", `/triggers/${encodeURIComponent(name)}`, { query });
  }

  triggers(query: Query): Promise<z.infer<typeof triggerPage>> {
    return this.#json("GET", "/triggers", { query });
  }

  holdSchedule(name: string, action: "pause" | "resume"): Promise<z.infer<typeof heldSchedule>> {
    return this.#json("POST", `/triggers/${encodeURIComponent(name)}/${action}`);
  }

  fireSchedule(
    name: string,
    request: z.input<typeof fireBody>,
    options: { readonly key?: string } = {},
  ): Promise<z.infer<typeof firing>> {
    const headers: Record<string, string> = options.key === undefined ? {} : { "idempotency-key": options.key };
    return this.#json("POST", `/triggers/${encodeURIComponent(name)}/fire`, { body: request, headers });
  }

  backfillSchedule(name: string, request: z.input<typeof backfillBody>): Promise<z.infer<typeof backfillReport>> {
    return this.#json("POST", `/triggers/${encodeURIComponent(name)}/backfill`, { body: request });
  }

  firings(name: string, query: Query): Promise<z.infer<typeof firingPage>> {
    return this.#json("GET", `/triggers/${encodeURIComponent(name)}/firings`, { query });
  }

  deleteTrigger(name: string): Promise<z.infer<typeof deletedTrigger>> {
    return this.#json("DELETE", `/triggers/${encodeURIComponent(name)}`);
  }

  deliveries(name: string, query: Query): Promise<z.infer<typeof deliveryPage>> {
    return this.#json("GET", `/triggers/${encodeURIComponent(name)}/deliveries`, { query });
  }

  delivery(name: string, deliveryId: string): Promise<z.infer<typeof deliveryDetail>> {
    return this.#json("GET", `/triggers/${encodeURIComponent(name)}/deliveries/${encodeURIComponent(deliveryId)}`);
  }

  redeliver(name: string, deliveryId: string): Promise<z.infer<typeof listedDelivery>> {
    const path = `/triggers/${encodeURIComponent(name)}/deliveries/${encodeURIComponent(deliveryId)}/redeliver`;
    return this.#json("POST", path);
  }

  /** Stores bytes as they are; returns the blob's id. */
  async putFile(bytes: Uint8Array<ArrayBuffer>, filename: string): Promise<string> {
    const headers = { "content-type": "application/octet-stream", "x-blob-filename": encodeURIComponent(filename) };
    const stored: { readonly blobId: string } = await this.#json("POST", "/blobs", { bytes, headers });
    return stored.blobId;
  }

  async #pages<Page extends { readonly nextCursor?: string | undefined }>(path: string): Promise<Page[]> {
    const pages: Page[] = [];
    let cursor: string | undefined;
    do {
      const page: Page = await this.#json("GET", path, { query: { cursor, limit: PAGE } });
      pages.push(page);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return pages;
  }

  async #json<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const response = await this.#fetch(method, path, options);
    const body: T = JSON.parse(await response.text());
    return body;
  }

  async #fetch(method: string, path: string, options: RequestOptions): Promise<Response> {
    const url = new URL((options.base ?? this.#base) + path);
    for (const [name, value] of Object.entries(options.query ?? {})) {
      for (const one of Array.isArray(value) ? value : value === undefined ? [] : [value])
        url.searchParams.append(name, String(one));
    }
    let response: Response;
    try {
      response = await fetch(url, {
        method,
        headers: {
          accept: options.accept ?? "application/json",
          ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
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

/** The most that the API gives at once. */
const PAGE = 1000;

interface RequestOptions {
  readonly query?: Query;
  readonly body?: object;
  readonly bytes?: Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly accept?: string;
  /** `…/api/v1` unless given. */
  readonly base?: string;
}

async function failureOf(response: Response, method: string, path: string): Promise<ApiFailure> {
  const text = await response.text();
  let error: Partial<ErrorBody["error"]> | undefined;
  try {
    const body: Partial<ErrorBody> = JSON.parse(text);
    error = body.error;
  } catch {
    // Not ours (a proxy's page, say): the status has to do.
  }
  return new ApiFailure(
    response.status,
    error?.message ?? `${method} ${path}: HTTP ${response.status}`,
    error?.details,
  );
}
