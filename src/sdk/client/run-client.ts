import type { z } from "zod";
import type { bulkOutcome, bulkRunsBody } from "../../protocol/api/bulk.ts";
import type { runFlow } from "../../protocol/api/flow.ts";
import type {
  forkRunBody,
  itemPage,
  listRunsQuery,
  rerunRunBody,
  retryRunBody,
  runPage,
  stepPage,
  submitRunBody,
  submittedRun,
} from "../../protocol/api/run.ts";
import type { waitPage } from "../../protocol/api/wait.ts";
import { hasEnded } from "../../protocol/has-ended.ts";
import type { ItemResult, RunSummary, StepRecord } from "../../protocol/run.ts";
import type { RunWait } from "../../protocol/wait.ts";
import type { ApiRequests } from "./api-request.ts";

/** What is run: one of `flow`, `flowId`, `flowName`; `input` is an array of items, or one item. */
export type RunRequest = Omit<z.input<typeof submitRunBody>, "wait" | "timeoutSecs">;
type Unwaiting<S extends z.ZodType> = Omit<z.input<S>, "wait" | "timeoutSecs">;
export type RetryRequest = Unwaiting<typeof retryRunBody>;
export type RerunRequest = Unwaiting<typeof rerunRunBody>;
export type ForkRequest = Unwaiting<typeof forkRunBody>;
export type BulkRequest = Omit<z.input<typeof bulkRunsBody>, "cursor">;
export type BulkResult = z.output<typeof bulkOutcome>["results"][number];
export type SubmittedRun = z.output<typeof submittedRun>;
export type RunFilter = Omit<z.input<typeof listRunsQuery>, "cursor">;

/** A run that has ended, with the results of its items in their order. */
export interface FinishedRun extends RunSummary {
  readonly results: readonly ItemResult[];
}
export interface SubmitRunOptions {
  /** The same key with the same request gives the same run, however often it is sent. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

/** How long one request waits at the server; another one follows. */
const WAIT_SECS = 60;
const PAGE = 1_000;

export class RunClient {
  readonly #api: ApiRequests;

  constructor(api: ApiRequests) {
    this.#api = api;
  }

  /** Starts a run and gives its state at once. */
  submit(request: RunRequest, options: SubmitRunOptions = {}): Promise<SubmittedRun> {
    return this.#start("/runs", request, options);
  }

  /** Starts a run and gives its results when it has ended, however long that takes. A failed run is a result, not an error. */
  async run(request: RunRequest, options: SubmitRunOptions = {}): Promise<FinishedRun> {
    const { runId } = await this.submit(request, options);
    const summary = await this.wait(runId, options);
    const results: ItemResult[] = [];
    for await (const item of this.items(runId)) results.push(item);
    return { ...summary, results };
  }

  get(runId: string): Promise<RunSummary> {
    return this.#api.json("GET", path(runId));
  }

  /** The run once it has ended. With `timeoutSecs`: as it is then, at the latest. */
  async wait(
    runId: string,
    options: { readonly timeoutSecs?: number; readonly signal?: AbortSignal } = {},
  ): Promise<RunSummary> {
    const { timeoutSecs = Number.POSITIVE_INFINITY, signal } = options;
    for (let left = timeoutSecs; ; left -= WAIT_SECS) {
      const query = { wait: true, timeoutSecs: Math.ceil(Math.max(0, Math.min(left, WAIT_SECS))) };
      const run = await this.#api.json<RunSummary>("GET", path(runId), { query, signal });
      if (hasEnded(run.status) || left <= WAIT_SECS) return run;
    }
  }

  /** Nothing is started any more once this resolves. */
  cancel(runId: string): Promise<RunSummary> {
    return this.#api.json("POST", `${path(runId)}/cancel`, { body: {} });
  }

  /** Nothing of its tree starts any more once this resolves; what is under way ends. */
  pause(runId: string): Promise<RunSummary> {
    return this.#api.json("POST", `${path(runId)}/pause`, { body: {} });
  }

  resume(runId: string): Promise<RunSummary> {
    return this.#api.json("POST", `${path(runId)}/resume`, { body: {} });
  }

  /** A new run with what failed in one that has ended; what succeeded is taken over. */
  retry(runId: string, request: RetryRequest = {}, options: SubmitRunOptions = {}): Promise<SubmittedRun> {
    return this.#start(`${path(runId)}/retry`, request, options);
  }

  /** A new run that executes these steps again, with all that refers to them. */
  rerun(runId: string, request: RerunRequest, options: SubmitRunOptions = {}): Promise<SubmittedRun> {
    return this.#start(`${path(runId)}/rerun`, request, options);
  }

  /** A new run from what this one has come to, with another flow, overrides, variables or input if given. */
  fork(runId: string, request: ForkRequest = {}, options: SubmitRunOptions = {}): Promise<SubmittedRun> {
    return this.#start(`${path(runId)}/fork`, request, options);
  }

  /** Page by page; what became of each run. `failed` ones can be tried again with the same request. */
  async *cancelMany(request: BulkRequest): AsyncGenerator<BulkResult> {
    yield* this.#bulk("/runs/bulk-cancel", request);
  }

  /** The same; a run is retried this way once, and `newRunId` is told each time. */
  async *retryMany(request: BulkRequest): AsyncGenerator<BulkResult> {
    yield* this.#bulk("/runs/bulk-retry", request);
  }

  async *#bulk(target: string, request: BulkRequest): AsyncGenerator<BulkResult> {
    for (let cursor: string | undefined; ; ) {
      const body = cursor === undefined ? request : { ...request, cursor };
      const page = await this.#api.json<z.output<typeof bulkOutcome>>("POST", target, { body });
      yield* page.results;
      cursor = page.nextCursor;
      if (cursor === undefined) return;
    }
  }

  #start(target: string, body: object, { idempotencyKey, signal }: SubmitRunOptions): Promise<SubmittedRun> {
    return this.#api.json("POST", target, {
      body,
      headers: idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey },
      signal,
    });
  }

  async delete(runId: string): Promise<void> {
    await this.#api.send("DELETE", path(runId));
  }

  flow(runId: string): Promise<z.output<typeof runFlow>> {
    return this.#api.json("GET", `${path(runId)}/flow`);
  }

  /** Newest first. */
  async *list(filter: RunFilter = {}): AsyncGenerator<RunSummary> {
    for await (const page of this.#api.pages<z.output<typeof runPage>>("/runs", filter)) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same shape, without zod's `| undefined`
      yield* page.runs as RunSummary[];
    }
  }

  /** In the order of the items. */
  async *items(runId: string): AsyncGenerator<ItemResult> {
    for await (const page of this.#api.pages<z.output<typeof itemPage>>(`${path(runId)}/items`, { limit: PAGE })) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same shape, without zod's `| undefined`
      yield* page.results as ItemResult[];
    }
  }

  /** Every step of every item, or of one. */
  async *steps(
    runId: string,
    options: { readonly itemIndex?: number; readonly includeOutputs?: boolean } = {},
  ): AsyncGenerator<StepRecord> {
    for await (const page of this.#api.pages<z.output<typeof stepPage>>(`${path(runId)}/steps`, options)) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same shape, without zod's `| undefined`
      yield* page.steps as StepRecord[];
    }
  }

  /** The signals and approvals that the run, or a sub-run of it, waits for; the oldest first. */
  async *waits(runId: string): AsyncGenerator<RunWait> {
    for await (const page of this.#api.pages<z.output<typeof waitPage>>(`${path(runId)}/waits`, { limit: PAGE })) {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same shape, without zod's `| undefined`
      yield* page.waits as RunWait[];
    }
  }
}

function path(runId: string): string {
  return `/runs/${encodeURIComponent(runId)}`;
}
