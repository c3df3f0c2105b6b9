import type { z } from "zod";
import type { runFlow } from "../../protocol/api/flow.ts";
import type {
  itemPage,
  listRunsQuery,
  runPage,
  stepPage,
  submitRunBody,
  submittedRun,
} from "../../protocol/api/run.ts";
import { hasEnded } from "../../protocol/has-ended.ts";
import type { ItemResult, RunSummary, StepRecord } from "../../protocol/run.ts";
import type { ApiRequests } from "./api-request.ts";

/** What is run: one of `flow`, `flowId`, `flowName`; `input` is an array of items, or one item. */
export type RunRequest = Omit<z.input<typeof submitRunBody>, "wait" | "timeoutSecs">;
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
    const { idempotencyKey, signal } = options;
    return this.#api.json("POST", "/runs", {
      body: request,
      headers: idempotencyKey === undefined ? {} : { "idempotency-key": idempotencyKey },
      signal,
    });
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
}

function path(runId: string): string {
  return `/runs/${encodeURIComponent(runId)}`;
}
