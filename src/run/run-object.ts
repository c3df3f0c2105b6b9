/**
 * The Durable Object of one run tree, named `<namespace>/<root run id>`. It joins the engine (`LiveRun`) with the platform:
 * SQLite for the journal, the one alarm, RPC, hibernating WebSockets for watchers. It holds nothing that the journal cannot
 * bring back; only `start` creates storage. Whatever is pending (timers, calls, index reports) has the alarm behind it.
 */
import { DurableObject } from "cloudflare:workers";
import type { BlobStore } from "../core/ports/blob-store.ts";
import type { ChildAction } from "../core/run/command.ts";
import { boundsField } from "../core/run/component-bounds.ts";
import type { PausedBy } from "../core/run/event.ts";
import { flowText } from "../core/run/load.ts";
import { isWithin } from "../core/run/match-signals.ts";
import { ordinalOf, withOrdinal } from "../core/run/run-id.ts";
import type { RunNode } from "../core/run/state.ts";
import { mayStartChildren } from "../core/run/submit-child.ts";
import { summarize } from "../core/run/summary.ts";
import { SqliteJournal } from "../journal/sqlite-journal.ts";
import type { BlobId, FlowId, Namespace, RunId } from "../protocol/ids.ts";
import type { ItemResult, RunSummary, StepRecord } from "../protocol/run.ts";
import { AlarmClock } from "./alarm-clock.ts";
import { readBlobText } from "./blob-text.ts";
import { readChunkedItems } from "./chunk-answers.ts";
import { deleteChunks, readStepsOfChunk, withProgress } from "./chunk-parts.ts";
import { EndWaiters } from "./end-waiters.ts";
import { FIRST_REPORT_AFTER_MS, IndexOutbox } from "./index-outbox.ts";
import { LiveRun } from "./live-run.ts";
import { ParentNotice } from "./parent-notice.ts";
import { precondition } from "./precondition.ts";
import { prepareDerivedStart } from "./prepare-derived-start.ts";
import { prepareStart } from "./prepare-start.ts";
import { refuseDelete } from "./refuse-delete.ts";
import { type HoldCommand, refuseHold } from "./refuse-hold.ts";
import { retryLostCall } from "./retry-lost-call.ts";
import type {
  DerivedStart,
  RunObjectApi,
  RunReply,
  SignalRun,
  StartRun,
  TaskHeartbeat,
  TaskReport,
  TaskSign,
} from "./run-api.ts";
import { type ApprovalSources, takeDecision, viewApproval } from "./run-approvals.ts";
import type { RunDeps } from "./run-deps.ts";
import { RunQueries } from "./run-queries.ts";
import { recordedEntries, recordedRun, refuseRecording } from "./run-recording.ts";
import { listWaits, takeSignal } from "./run-signals.ts";
import { shown, shownEvent, shownFlowText, shownItem, shownStep } from "./shown.ts";
import { takeReport, takeSign } from "./task-reports.ts";
import { Watchdog } from "./watchdog.ts";
import { Watchers } from "./watchers.ts";

const NOT_FOUND = { ok: false, fault: { kind: "not_found" } } as const;
/** First wait before a run that could not be loaded or decided is tried again; doubles. */
const RETRY_LOAD_MS = 2_000;
const MAX_RETRY_LOAD_MS = 5 * 60_000;

/** Makes the class from what the composition root reads out of the Worker's bindings. */
export function defineRunObject<Env>(makeDeps: (env: Env) => RunDeps) {
  return class RunObject extends DurableObject<Env> implements RunObjectApi {
    readonly #deps: RunDeps;
    readonly #namespace: Namespace;
    readonly #blobs: BlobStore;
    readonly #journal: SqliteJournal;
    readonly #queries: RunQueries;
    readonly #alarm: AlarmClock;
    #outbox: IndexOutbox;
    #notice: ParentNotice;
    readonly #waiters = new EndWaiters();
    readonly #watchdog = new Watchdog();
    readonly #watchers: Watchers;
    #live: Promise<LiveRun> | undefined;
    #loadFailures = 0;
    /** The first report is out, or this life of the object did not start the run. */
    #startedReporting = true;

    constructor(ctx: DurableObjectState, env: Env) {
      super(ctx, env);
      this.#deps = makeDeps(env);
      this.#namespace = namespaceOf(ctx.id.name);
      this.#blobs = this.#deps.blobs(this.#namespace);
      this.#journal = new SqliteJournal(ctx.storage.sql, (block) => ctx.storage.transactionSync(block));
      this.#queries = new RunQueries(this.#journal, this.#blobs, this.#deps.approvalLinks);
      this.#alarm = new AlarmClock(ctx.storage, () => this.#deps.now());
      this.#outbox = this.#newOutbox();
      this.#notice = new ParentNotice(this.#deps);
      this.#watchers = new Watchers(ctx);
    }

    async start(request: StartRun | DerivedStart): ReturnType<RunObjectApi["start"]> {
      const live = await this.#run();
      let created = false;
      if (!live.tree.root) {
        const prepared =
          "origin" in request
            ? await prepareDerivedStart(request, live.plans, this.#blobs, this.#deps)
            : await prepareStart(request, live.plans, this.#blobs, this.#deps);
        // Another start may have come in while the flow was read.
        if (!live.tree.root) {
          if (prepared.kind === "refused") return { ok: false, fault: prepared.fault };
          this.#alarm.ringBy(this.#deps.now() + this.#watchdog.startMs);
          this.#startedReporting = false;
          live.post(prepared.command);
          await live.drained();
          created = true;
          this.#reportSoon(live);
        }
      }
      await live.written();
      const root = live.tree.runs[0];
      const facts = live.tree.root;
      if (!root || !facts) throw new Error("the run could not be written; nothing of it is stored");
      if (!created && facts.bodyHash !== request.bodyHash) {
        const message = `idempotency key was used before with another body, for run ${facts.runId}`;
        return { ok: false, fault: { kind: "conflict", message } };
      }
      if (!request.waitMs) return { ok: true, value: { summary: await this.#summary(live, root), created } };
      await this.#waiters.wait(root, request.waitMs);
      return this.#read(facts.runId, async (now, node) => {
        const summary = await this.#summary(now, node);
        if (node.status === "running") return { summary, created };
        const results = await this.#items(now, node, { order: "by_index", offset: 0, limit: node.itemCount });
        return { summary, created, ...(results.length === node.itemCount && { results }) };
      });
    }

    async summary(runId: RunId, options?: { readonly waitMs?: number }): Promise<RunReply<RunSummary>> {
      if (options?.waitMs) {
        const { waitMs } = options;
        const waited = await this.#read(runId, (_, node) => this.#waiters.wait(node, waitMs));
        if (!waited.ok) return waited;
      }
      return this.#read(runId, async (live, node) => {
        if (node.status !== "running" || node.chunks.length === 0) return this.#summary(live, node);
        const progress = await live.chunks.progress(node.ordinal);
        return withProgress(await this.#summary(live, node), progress);
      });
    }

    async items(runId: RunId, options: Parameters<RunObjectApi["items"]>[1]): Promise<RunReply<readonly ItemResult[]>> {
      return this.#read(runId, (live, node) => this.#items(live, node, options));
    }

    async steps(runId: RunId, options: Parameters<RunObjectApi["steps"]>[1]): Promise<RunReply<readonly StepRecord[]>> {
      const live = await this.#run();
      const node = live.tree.runs[ordinalOf(runId)];
      // A chunk takes its secrets out itself.
      if (node && node.chunks.length > 0)
        return readStepsOfChunk(live.tree, node, options, (chunk) => this.#deps.runs(this.#namespace, chunk));
      const filter = { itemIndex: options.itemIndex, stepId: options.stepId };
      return this.#read(runId, async (live, node) => {
        const steps = await this.#queries.steps(live.tree, node, filter, options);
        const redactor = await live.secrets.redactor();
        return steps.map((step) => shownStep(step, node, redactor));
      });
    }

    async flow(runId: RunId, options: Parameters<RunObjectApi["flow"]>[1] = {}): ReturnType<RunObjectApi["flow"]> {
      return this.#read(runId, async (live, { flowId }) => {
        const seq = live.tree.flowRows.get(flowId) ?? 0;
        const text = await flowText(this.#journal, seq, ({ blob }) => readBlobText(this.#blobs, blob));
        return { flowId, flowText: options.plain ? text : shownFlowText(text, await live.secrets.redactor()) };
      });
    }

    async events(runId: RunId, options: Parameters<RunObjectApi["events"]>[1]): ReturnType<RunObjectApi["events"]> {
      return this.#read(runId, async (live, node) => {
        const wanted = (ordinal: number) =>
          options.includeSubRuns ? isWithin(live.tree, ordinal, node.ordinal) : ordinal === node.ordinal;
        const page = await this.#queries.events(live.tree, wanted, options);
        const redactor = await live.secrets.redactor();
        const events = page.events.map((event) => shownEvent(event, live.tree, redactor));
        return { ...page, events, ended: node.finishedSeq !== undefined && page.next >= node.finishedSeq };
      });
    }

    async cancel(runId: RunId): Promise<RunReply<RunSummary>> {
      return this.#read(runId, async (live, node) => {
        live.post({ kind: "cancel_run", run: node.ordinal });
        await live.drained();
        return this.#summary(live, node);
      });
    }

    async recordedRun(runId: RunId): ReturnType<RunObjectApi["recordedRun"]> {
      const live = await this.#run();
      await live.written();
      const { runs, flowRows } = live.tree;
      const node = runs[ordinalOf(runId)];
      const refusal = node ? refuseRecording(live.tree, node) : NOT_FOUND;
      if (!node || refusal) return refusal ?? NOT_FOUND;
      const read = ({ blob }: { blob: BlobId }) => readBlobText(this.#blobs, blob);
      const textOf = (flowId: FlowId) => flowText(this.#journal, flowRows.get(flowId) ?? 0, read);
      const recorded = await recordedRun(live.tree, node, this.#journal, textOf);
      const secrets = await live.secrets.texts();
      return { ok: true, value: { ...recorded, ...(secrets && { secrets }) } };
    }

    async recordedEntries(
      runId: RunId,
      options: Parameters<RunObjectApi["recordedEntries"]>[1],
    ): ReturnType<RunObjectApi["recordedEntries"]> {
      const steps = new Set(options.steps);
      return this.#read(runId, async () => recordedEntries(this.#journal, { ...options, steps }));
    }

    async pause(runId: RunId, by: PausedBy = "request"): Promise<RunReply<RunSummary>> {
      return this.#hold(runId, { kind: "pause_run", by });
    }

    async resume(runId: RunId, by: PausedBy = "request"): Promise<RunReply<RunSummary>> {
      return this.#hold(runId, { kind: "resume_run", by });
    }

    async signal(runId: RunId, signal: SignalRun): ReturnType<RunObjectApi["signal"]> {
      const live = await this.#run();
      await live.written();
      const node = live.tree.runs[ordinalOf(runId)];
      if (!node) return NOT_FOUND;
      const options = { maxBytes: this.#deps.settings.maxResultBytes, values: this.#queries };
      const reply = await takeSignal(live, node, runId, signal, options);
      return shown(reply, await live.secrets.redactor());
    }

    async waits(runId: RunId, options: Parameters<RunObjectApi["waits"]>[1]): ReturnType<RunObjectApi["waits"]> {
      const deps = { values: this.#queries, links: this.#deps.approvalLinks };
      return this.#read(runId, async (live, node) =>
        shown(await listWaits(live.tree, node, options, deps), await live.secrets.redactor()),
      );
    }

    async approval(...[taskId, asking]: Parameters<RunObjectApi["approval"]>): ReturnType<RunObjectApi["approval"]> {
      return this.#approval((sources) => viewApproval(sources, taskId, asking));
    }

    async decideApproval(
      ...[taskId, asking, decision]: Parameters<RunObjectApi["decideApproval"]>
    ): ReturnType<RunObjectApi["decideApproval"]> {
      return this.#approval((sources) => takeDecision(sources, taskId, asking, decision));
    }

    async report(report: TaskReport): ReturnType<RunObjectApi["report"]> {
      const live = await this.#run();
      return live.tree.root ? takeReport(live, this.#journal, report) : NOT_FOUND;
    }

    async heartbeat(sign: TaskSign): Promise<RunReply<TaskHeartbeat>> {
      const live = await this.#run();
      return live.tree.root ? { ok: true, value: await takeSign(live, sign, this.#deps.now()) } : NOT_FOUND;
    }

    async submitChild(
      runId: RunId,
      child: Parameters<RunObjectApi["submitChild"]>[1],
    ): ReturnType<RunObjectApi["submitChild"]> {
      const live = await this.#run();
      const node = live.tree.runs[ordinalOf(runId)];
      if (!node) return NOT_FOUND;
      live.post({ kind: "submit_child", run: node.ordinal, ...child });
      await live.drained();
      const secrets = await live.secrets.texts();
      return mayStartChildren(node, child.item, child.undo)
        ? {
            ok: true,
            value: { accepted: true, ...(secrets && { secrets }), ...boundsField(node.allowComponents ?? []) },
          }
        : precondition(`the step of run ${runId} that started it has ended: it starts nothing any more`);
    }

    async chunkEnded(runId: RunId, chunk: number): ReturnType<RunObjectApi["chunkEnded"]> {
      const live = await this.#run();
      const node = live.tree.runs[ordinalOf(runId)];
      if (!node) return NOT_FOUND;
      const looked = await live.chunks.look(node.ordinal, chunk);
      await live.drained();
      await live.written();
      return looked ? { ok: true, value: { accepted: true } } : precondition(`chunk ${chunk} could not be read yet`);
    }

    async delete(runId: RunId, options: { readonly withItsRun?: boolean } = {}): ReturnType<RunObjectApi["delete"]> {
      const live = await this.#run();
      await live.written();
      const { root, runs } = live.tree;
      const node = runs[ordinalOf(runId)];
      if (!root || !node) return NOT_FOUND;
      const refused = refuseDelete(root, node, options.withItsRun === true);
      if (refused) return refused;
      const refusal = await deleteChunks(live.tree, (chunk) => this.#deps.runs(this.#namespace, chunk));
      if (refusal) return refusal;
      // The index forgets it first: if anything fails in between, the run is still there and can be deleted again.
      const version = live.tree.seq + 1;
      const tombstones = runs.map(({ ordinal }) => ({
        version,
        runId: withOrdinal(root.runId, ordinal),
        summary: undefined,
      }));
      await this.#deps.report(this.#namespace, tombstones);
      const erased = this.ctx.storage.deleteAll();
      // The alarm is erased with the rest. Whoever still holds something of this run must not touch the next one of this id.
      this.#live = undefined;
      this.#journal.forget();
      this.#alarm.forget();
      this.#outbox = this.#newOutbox();
      this.#notice = new ParentNotice(this.#deps);
      await erased;
      return { ok: true, value: { deleted: true } };
    }

    override async fetch(request: Request): Promise<Response> {
      const runId = new URL(request.url).searchParams.get("runId");
      const live = await this.#run();
      if (!runId || !live.tree.runs[ordinalOf(runId as RunId)]) return new Response("no such run", { status: 404 });
      if (request.headers.get("Upgrade") !== "websocket")
        return new Response("expected a WebSocket upgrade", { status: 426 });
      return this.#watchers.accept(live.tree.seq);
    }

    override async alarm(): Promise<void> {
      this.#alarm.forget();
      let live: LiveRun;
      try {
        live = await this.#run();
        if (!live.tree.root) return;
        live.post({ kind: "fire_timers" });
        await live.drained();
      } catch {
        // Whoever noticed the fault has armed the alarm again.
        return;
      }
      live.chunks.lookIfDue();
      if (!(await this.#notice.send(live.tree))) this.#alarm.ringBy(this.#deps.now() + this.#notice.retryMs);
      if (!(await this.#outbox.send(live))) this.#alarm.ringBy(this.#deps.now() + this.#outbox.retryMs);
      this.#watchdog.backOff(live.calls);
      this.#arm(live);
    }

    /** The run, loaded if it is not awake. */
    async #run(): Promise<LiveRun> {
      this.#live ??= this.#load();
      const loading = this.#live;
      try {
        const live = await loading;
        if (this.#alarm.isLost) this.#alarm.ringBy(this.#deps.now());
        return live;
      } catch (error) {
        // Somebody else may be at the next try already.
        if (this.#live === loading) this.#live = undefined;
        throw error;
      }
    }

    async #load(): Promise<LiveRun> {
      if (this.#journal.exists()) await this.#alarm.load();
      const loading = LiveRun.load(this.#journal, this.#deps, this.#blobs, {
        appended: (entries) => {
          this.#watchers.announce(entries.at(-1)?.seq);
        },
        settled: (run) => this.#arm(run),
        controlChild: (child, action) => this.ctx.waitUntil(this.#controlChild(child, action)),
        ended: (run, ordinal) => this.#runEnded(run, ordinal),
        failed: () => {
          this.#live = undefined;
          this.#retryLater();
        },
      });
      const live = await loading.catch((error: unknown) => {
        // What could not be read may be readable later; the run must not be left without an alarm.
        this.#retryLater();
        throw error;
      });
      // Its first turn may have failed, as often as it is loaded.
      await live.written();
      this.#loadFailures = 0;
      if (live.tree.root) this.#arm(live);
      return live;
    }

    async #hold(runId: RunId, command: HoldCommand): Promise<RunReply<RunSummary>> {
      const live = await this.#run();
      await live.written();
      const node = live.tree.runs[ordinalOf(runId)];
      const refusal = node ? refuseHold(live.tree, node, command) : NOT_FOUND;
      if (refusal) return refusal;
      // The alarm stands behind the report.
      this.#alarm.ringBy(this.#deps.now() + this.#outbox.retryMs);
      live.post(command);
      await live.drained();
      if (this.#startedReporting) this.ctx.waitUntil(this.#tellIndex(live));
      return this.#read(runId, async (now, held) => this.#summary(now, held));
    }

    /** Should it fail, the next load of this run tries again. */
    async #controlChild(child: RunId, action: ChildAction): Promise<void> {
      const control = () => {
        const run = this.#deps.runs(this.#namespace, child);
        return action === "cancel" ? run.cancel(child) : run[action](child, "parent");
      };
      await retryLostCall(control).catch(() => undefined);
    }

    #retryLater(): void {
      this.#alarm.ringBy(this.#deps.now() + Math.min(MAX_RETRY_LOAD_MS, RETRY_LOAD_MS * 2 ** this.#loadFailures));
      this.#loadFailures += 1;
    }

    /** Puts the alarm behind everything that is pending. */
    #arm(live: LiveRun): void {
      const now = this.#deps.now();
      if (live.dueAt !== undefined) this.#alarm.ringBy(live.dueAt);
      if (live.chunks.lookAt !== undefined) this.#alarm.ringBy(live.chunks.lookAt);
      if (live.pending) this.#alarm.ringBy(now + this.#watchdog.delay(live.calls));
    }

    /** A run that ends at once is told to the index once, when it has ended. */
    #reportSoon(live: LiveRun): void {
      const root = live.tree.runs[0];
      if (!root) return;
      const send = async (): Promise<void> => {
        await this.#waiters.wait(root, FIRST_REPORT_AFTER_MS);
        this.#startedReporting = true;
        await this.#tellIndex(live);
      };
      this.ctx.waitUntil(send());
    }

    /** Once the index knows how a run has ended, nothing is left to wake up for. A cancel may still be on its way to other runs. */
    async #tellIndex(live: LiveRun): Promise<void> {
      const outbox = this.#outbox;
      const told = await outbox.send(live);
      // Deleted meanwhile: the alarm may be that of the next run of this id.
      if (outbox !== this.#outbox) return;
      const status = live.tree.runs[0]?.status;
      if (this.#notice.isDue(live.tree) || live.chunks.lookAt !== undefined) return;
      if (told && !live.pending && (status === "completed" || status === "failed")) this.#alarm.disarm();
    }

    #runEnded(live: LiveRun, ordinal: number): void {
      this.#waiters.ended(ordinal);
      if (ordinal !== 0) return;
      if (this.#notice.isDue(live.tree)) this.ctx.waitUntil(this.#tellParent(live));
      // The alarm stands behind the report: it may be armed for a timer that is far off.
      this.#alarm.ringBy(this.#deps.now() + this.#outbox.retryMs);
      if (this.#startedReporting) this.ctx.waitUntil(this.#tellIndex(live));
    }

    /** The alarm stands behind this too. */
    async #tellParent(live: LiveRun): Promise<void> {
      await live.written();
      await this.#notice.send(live.tree);
    }

    async #items(
      live: LiveRun,
      node: RunNode,
      query: Parameters<RunObjectApi["items"]>[1],
    ): Promise<readonly ItemResult[]> {
      if (node.chunks.length === 0) {
        const items = await this.#queries.items(node, query.order, query.offset, query.limit);
        if (query.plain) return items;
        const redactor = await live.secrets.redactor();
        return items.map((item) => shownItem(item, node, redactor));
      }
      return readChunkedItems(live.tree, node, {
        ...query,
        object: (chunk) => this.#deps.runs(this.#namespace, chunk),
        error: async ({ seq }) => shown(await this.#queries.error(seq), await live.secrets.redactor()),
      });
    }

    async #approval<T>(act: (sources: ApprovalSources) => Promise<RunReply<T>>): Promise<RunReply<T>> {
      const live = await this.#run();
      const reply = await act({ live, journal: this.#journal, values: this.#queries });
      return shown(reply, await live.secrets.redactor());
    }

    #newOutbox(): IndexOutbox {
      return new IndexOutbox((reports) => this.#deps.report(this.#namespace, reports));
    }

    async #read<T>(runId: RunId, read: (live: LiveRun, node: RunNode) => Promise<T>): Promise<RunReply<T>> {
      const live = await this.#run();
      await live.written();
      const node = live.tree.runs[ordinalOf(runId)];
      if (!node) return NOT_FOUND;
      return { ok: true, value: await read(live, node) };
    }

    async #summary(live: LiveRun, node: RunNode): Promise<RunSummary> {
      const summary = summarize(live.tree, node);
      if (!summary) throw new Error(`run ${node.ordinal} has no root`);
      return shown(summary, await live.secrets.redactor());
    }
  };
}

function namespaceOf(name: string | undefined): Namespace {
  return (name?.split("/")[0] ?? "default") as Namespace;
}
