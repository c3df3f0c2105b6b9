/**
 * The chunks of a run that are at work in objects of their own (A9): starts them, takes over how they ended, stops those of a
 * run that has ended. Owns which are open, and nothing that the journal cannot bring back: after a load the engine asks for all
 * of them again. A chunk tells when it has ended; should that be lost, a look now and then finds it out. Whatever fails is tried
 * again at the next look, for which the object's alarm is armed (`lookAt`).
 */
import type { BlobStore } from "../core/ports/blob-store.ts";
import type { Journal } from "../core/ports/journal.ts";
import { chunkRunId } from "../core/run/chunk.ts";
import type { ChunkEnd, Command, Effect } from "../core/run/command.ts";
import { nodeAt } from "../core/run/evolve.ts";
import type { RunTree } from "../core/run/state.ts";
import { isPaused } from "../core/run/state.ts";
import type { RunId } from "../protocol/ids.ts";
import type { ItemCounts, RunSummary } from "../protocol/run.ts";
import { readChunkResults } from "./chunk-answers.ts";
import { chunkStartRequest, storeChunkFlow } from "./chunk-start-request.ts";
import { retryLostCall } from "./retry-lost-call.ts";
import type { RunObjectApi } from "./run-api.ts";
import type { RunDeps } from "./run-deps.ts";
import type { RunSecrets } from "./run-secrets.ts";

type TendChunk = Extract<Effect, { kind: "tend_chunk" }>;

/** Chunks that are started or read at a time: each may bring a few hundred kilobytes of inputs or results into memory. */
const LANES = 2;
const FIRST_LOOK_MS = 5_000;
const LAST_LOOK_MS = 10 * 60_000;
/** What was heard of a chunk is good for so long. */
const PROGRESS_MS = 1_000;
const PROGRESS_LANES = 8;

interface OpenChunk {
  readonly run: number;
  readonly chunk: number;
  intent: TendChunk["intent"];
  /** What is being done about it; whoever wants more done waits for that first. */
  work: Promise<void>;
  progress: { readonly at: number; readonly items: ItemCounts } | undefined;
}

export interface ChunkSurroundings {
  readonly journal: Journal;
  readonly blobs: BlobStore;
  readonly deps: RunDeps;
  readonly tree: () => RunTree;
  readonly secrets: Pick<RunSecrets, "texts">;
  readonly post: (command: Command) => void;
}

export class ChunkRuns {
  readonly #around: ChunkSurroundings;
  readonly #open = new Map<string, OpenChunk>();
  readonly #waiting: (() => void)[] = [];
  #lanes = LANES;
  #working = 0;
  #lookMs = FIRST_LOOK_MS;
  #lookAt: number | undefined;
  #stopped = false;

  constructor(around: ChunkSurroundings) {
    this.#around = around;
  }

  /** Something is on its way that a lost object would have to take up again at once. */
  get isBusy(): boolean {
    return this.#working > 0;
  }

  /** When the open chunks are to be looked at, epoch milliseconds; `undefined` if none is open. */
  get lookAt(): number | undefined {
    return this.#open.size === 0 ? undefined : this.#lookAt;
  }

  tend({ run, chunk, intent }: TendChunk): void {
    const key = keyOf(run, chunk);
    const before = this.#open.get(key);
    if (before) before.intent = intent;
    else this.#open.set(key, { run, chunk, intent, work: Promise.resolve(), progress: undefined });
    this.#expectNews();
    void this.look(run, chunk);
  }

  /** Brings one up to date. False if that did not succeed: the next look tries again. */
  async look(run: number, chunk: number): Promise<boolean> {
    const open = this.#open.get(keyOf(run, chunk));
    if (!open) return true;
    let succeeded = true;
    this.#working += 1;
    open.work = open.work
      .then(() => this.#inLane(() => this.#bringUpToDate(open)))
      .catch(() => {
        succeeded = false;
      })
      .finally(() => {
        this.#working -= 1;
      });
    await open.work;
    return succeeded;
  }

  /** The alarm rang: looks at all of them, if it is time. */
  lookIfDue(): void {
    const now = this.#around.deps.now();
    if (this.lookAt === undefined || now < this.lookAt) return;
    this.#lookMs = Math.min(LAST_LOOK_MS, this.#lookMs * 2);
    this.#lookAt = now + this.#lookMs;
    for (const { run, chunk } of this.#open.values()) void this.look(run, chunk);
  }

  /** Items of a run's open chunks that have ended, as of a second ago at most; chunks that do not answer count as before. */
  async progress(run: number): Promise<Pick<ItemCounts, "completed" | "failed" | "skipped">> {
    const now = this.#around.deps.now();
    const open = [...this.#open.values()].filter((chunk) => chunk.run === run);
    const stale = open.filter(({ progress }) => !progress || progress.at + PROGRESS_MS < now);
    const lane = async (): Promise<void> => {
      for (let chunk = stale.pop(); chunk; chunk = stale.pop()) await this.#hear(chunk).catch(() => undefined);
    };
    await Promise.all(Array.from({ length: Math.min(PROGRESS_LANES, stale.length) }, lane));
    const sum = { completed: 0, failed: 0, skipped: 0 };
    for (const chunk of open) {
      // One that ended meanwhile is counted by the run itself.
      if (!this.#open.has(keyOf(chunk.run, chunk.chunk)) || !chunk.progress) continue;
      for (const name of ["completed", "failed", "skipped"] as const) sum[name] += chunk.progress.items[name];
    }
    return sum;
  }

  /** The object is spent. */
  stop(): void {
    this.#stopped = true;
    this.#open.clear();
  }

  async #bringUpToDate(open: OpenChunk): Promise<void> {
    if (this.#stopped || this.#open.get(keyOf(open.run, open.chunk)) !== open) return;
    const summary = await this.#summaryOf(open);
    if (this.#stopped || summary === "open") return;
    const end: ChunkEnd =
      "error" in summary ? { kind: "refused", error: summary.error } : await this.#endOf(open, summary);
    if (this.#stopped) return;
    this.#open.delete(keyOf(open.run, open.chunk));
    this.#expectNews();
    this.#around.post({ kind: "end_chunk", run: open.run, chunk: open.chunk, end });
  }

  /** How it has ended; `open` if it has not. */
  async #summaryOf(open: OpenChunk): Promise<RunSummary | Extract<ChunkEnd, { kind: "refused" }> | "open"> {
    const { run, chunk } = open;
    if (open.intent === "start") {
      open.intent = "follow";
      return this.#start(open, "items");
    }
    const runId = this.#runIdOf(run, chunk);
    const found = await retryLostCall(() => this.#object(runId).summary(runId));
    if (!found.ok) return this.#start(open, open.intent === "cancel" ? "nothing" : "items");
    if (found.value.status !== "running") return found.value;
    if (open.intent !== "cancel") return "open";
    const cancelled = await retryLostCall(() => this.#object(runId).cancel(runId));
    return cancelled.ok && cancelled.value.status !== "running" ? cancelled.value : "open";
  }

  /** `nothing`: it was not there to be cancelled, but a start of it may still be on its way: that finds its id taken. */
  async #start(
    { run, chunk }: OpenChunk,
    what: "items" | "nothing",
  ): Promise<RunSummary | Extract<ChunkEnd, { kind: "refused" }> | "open"> {
    const { journal, blobs, tree } = this.#around;
    if (nodeAt(tree(), run).chunks[chunk]?.kind !== "active") return "open";
    const request = await chunkStartRequest(tree(), run, chunk, { journal, blobs });
    const secrets = await this.#around.secrets.texts();
    const { submission } = request;
    const asked = what === "items" ? request : { ...request, submission: { ...submission, inputs: [] } };
    await storeChunkFlow(request, { journal, blobs, tree: tree() });
    const started = await retryLostCall(() =>
      this.#object(request.runId).start({ ...asked, ...(secrets && { secrets }) }),
    );
    if (started.ok) {
      // Whoever paused the run meanwhile found nothing to pause here.
      if (isPaused(this.#around.tree()))
        await retryLostCall(() => this.#object(request.runId).pause(request.runId, "parent"));
      return started.value.summary.status === "running" ? "open" : started.value.summary;
    }
    const { fault } = started;
    const message = `the run of items ${request.parent?.chunk?.firstItem ?? 0} and following could not be started: ${"message" in fault ? fault.message : fault.kind}`;
    return { kind: "refused", error: { code: "ORCHESTRATOR_ERROR", message } };
  }

  async #endOf({ run, chunk }: OpenChunk, summary: RunSummary): Promise<ChunkEnd> {
    const { completed, failed, skipped } = summary.items;
    const ended = {
      kind: "ended",
      status: summary.status === "completed" || summary.status === "failed" ? summary.status : "cancelled",
      counts: { success: completed - skipped, failed, skipped },
    } as const;
    const node = nodeAt(this.#around.tree(), run);
    // Only a step that waits for them needs the results here; those of a root run are read where they are.
    if (!node.parent || node.status !== "running" || ended.status === "cancelled") return ended;
    const runId = this.#runIdOf(run, chunk);
    const { maxResultBytes } = this.#around.deps.settings;
    return { ...ended, ...(await readChunkResults(this.#object(runId), runId, summary.items.total, maxResultBytes)) };
  }

  async #hear(open: OpenChunk): Promise<void> {
    const runId = this.#runIdOf(open.run, open.chunk);
    const found = await this.#object(runId).summary(runId);
    if (found.ok) open.progress = { at: this.#around.deps.now(), items: found.value.items };
  }

  #object(runId: RunId): RunObjectApi {
    const { root } = this.#around.tree();
    if (!root) throw new Error("a chunk before its run was created");
    return this.#around.deps.runs(root.namespace, runId);
  }

  #runIdOf(run: number, chunk: number): RunId {
    return chunkRunId(this.#around.tree(), run, chunk);
  }

  async #inLane(work: () => Promise<void>): Promise<void> {
    if (this.#lanes === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#lanes -= 1;
    try {
      await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#lanes += 1;
    }
  }

  /** Something has just happened: more may happen soon. */
  #expectNews(): void {
    this.#lookMs = FIRST_LOOK_MS;
    this.#lookAt = this.#around.deps.now() + this.#lookMs;
  }
}

function keyOf(run: number, chunk: number): string {
  return `${run}/${chunk}`;
}
