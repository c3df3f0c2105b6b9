/**
 * A run without a platform: the engine over a memory journal, a clock that is moved by hand, and workers that are functions.
 * Effects wait in `calls` until a test settles them; `reload` forgets everything but the journal and the blobs.
 */
import { parseConfig } from "../../src/core/config/index.ts";
import { canonicalFlowText, flowIdOf, parseFlow } from "../../src/core/flow/index.ts";
import type { Plan } from "../../src/core/plan/index.ts";
import { compilePlan } from "../../src/core/plan/index.ts";
import type { ApprovalLinks } from "../../src/core/ports/approval-links.ts";
import type { ComponentResolver } from "../../src/core/ports/component-resolver.ts";
import type { Journal, JournalEntry } from "../../src/core/ports/journal.ts";
import type { TaskOutcome } from "../../src/core/ports/task-outcome.ts";
import type { Command, Effect } from "../../src/core/run/command.ts";
import type { ComponentBounds } from "../../src/core/run/component-bounds.ts";
import { decide } from "../../src/core/run/decide.ts";
import type { Engine, EngineSettings } from "../../src/core/run/engine.ts";
import { DEFAULT_SETTINGS } from "../../src/core/run/engine.ts";
import { loadTree } from "../../src/core/run/load.ts";
import { newRootRunId } from "../../src/core/run/run-id.ts";
import { emptySchedule } from "../../src/core/run/schedule.ts";
import { emptyTree } from "../../src/core/run/state.ts";
import { summarize } from "../../src/core/run/summary.ts";
import { ValueCache } from "../../src/core/run/value-cache.ts";
import { ConfigComponentResolver } from "../../src/dispatch/component-resolver.ts";
import { MemoryJournal } from "../../src/journal/memory-journal.ts";
import type { FlowResult } from "../../src/protocol/flow-result.ts";
import type { BlobId, FlowId, Namespace } from "../../src/protocol/ids.ts";
import type { Json, JsonObject } from "../../src/protocol/json.ts";
import type { RunSummary, ToleratedFailures } from "../../src/protocol/run.ts";
import type { TaskError } from "../../src/protocol/task-error.ts";

export type CallEffect = Extract<Effect, { kind: "call" }>;

const { config: WORKER_CONFIG } = parseConfig(`
plugins:
  builtin: { type: builtin }
  w: { type: http, url: "http://worker.test" }
routes:
  /builtin: [{ plugin: builtin }]
  /w: [{ plugin: w }]
`);

/** Builtins at `/builtin`, and a worker at `/w`. */
export function workerResolver(): ComponentResolver {
  if (!WORKER_CONFIG) throw new Error("the test configuration cannot be read");
  return new ConfigComponentResolver(WORKER_CONFIG);
}

export interface MemoryRunOptions {
  /** In memory unless given. */
  readonly journal?: Journal;
  readonly inputs?: readonly Json[];
  readonly variables?: JsonObject;
  readonly maxConcurrency?: number;
  readonly toleratedFailures?: ToleratedFailures;
  readonly allowComponents?: ComponentBounds;
  readonly settings?: Partial<EngineSettings>;
  readonly resolver?: ComponentResolver;
  readonly approvalLinks?: ApprovalLinks;
  /** Bytes of values kept in memory. */
  readonly valueCacheBytes?: number;
  /** Values with more JSON text lie in the blob store. */
  readonly largeCharacters?: number;
  /** Fetches wait in `fetches` until `supply`. */
  readonly holdFetches?: boolean;
}

export class MemoryRun {
  readonly journal: Journal;
  readonly blobs = new Map<BlobId, { readonly json: Json; readonly bytes: number }>();
  readonly calls: CallEffect[] = [];
  readonly aborted: Extract<Effect, { kind: "abort_call" }>[] = [];
  readonly fetches: BlobId[] = [];
  /** `cancel <run id>`, `pause …`, `resume …`. */
  readonly childControls: string[] = [];
  /** What the step cache was told of calls that workers have taken over. */
  readonly cacheEffects: Extract<Effect, { kind: "hold_cache" | "settle_cache" }>[] = [];
  readonly chunks: Extract<Effect, { kind: "tend_chunk" }>[] = [];
  readonly settings: EngineSettings;
  readonly #options: MemoryRunOptions;
  readonly #plans = new Map<FlowId, Plan>();
  readonly #resolver: ComponentResolver;
  engine: Engine;
  now = 1_700_000_000_000;
  dueAt: number | undefined;
  /** Decisions taken. */
  turns = 0;

  constructor(options: MemoryRunOptions = {}) {
    this.#options = options;
    this.journal = options.journal ?? new MemoryJournal();
    this.settings = { ...DEFAULT_SETTINGS, ...options.settings };
    this.#resolver = options.resolver ?? workerResolver();
    this.engine = this.#newEngine(emptyTree());
  }

  static start(flowText: string, options: MemoryRunOptions = {}): MemoryRun {
    const run = new MemoryRun(options);
    const { flow, diagnostics } = parseFlow(flowText, { format: "yaml" });
    if (!flow) throw new Error(JSON.stringify(diagnostics));
    const text = canonicalFlowText(flow);
    const flowId = flowIdOf(text);
    run.post({
      kind: "start_run",
      runId: newRootRunId(run.now, new Uint8Array(10)),
      namespace: "default" as Namespace,
      flowId,
      plan: run.engine.plans.put(flowId, flow),
      flows: new Map([[flowId, text]]),
      inputs: options.inputs ?? [{}],
      ...(options.variables && { variables: options.variables }),
      maxConcurrency: options.maxConcurrency ?? 10,
      ...(options.toleratedFailures && { toleratedFailures: options.toleratedFailures }),
      labels: {},
      files: {},
      ...(options.allowComponents && { allowComponents: options.allowComponents }),
    });
    return run;
  }

  get entries(): readonly JournalEntry[] {
    return this.journal.read(0, Number.MAX_SAFE_INTEGER, true);
  }

  get status(): string | undefined {
    return this.engine.tree.runs[0]?.status;
  }

  summary(ordinal = 0): RunSummary | undefined {
    const node = this.engine.tree.runs[ordinal];
    return node && summarize(this.engine.tree, node);
  }

  /** Carries a command out, and all that follows from it without outside help. */
  post(command: Command): void {
    for (let next: Command | undefined = command; next; ) {
      const decision = decide(this.engine, next, this.now);
      this.turns += 1;
      this.journal.append(decision.entries.map((entry) => this.#moveLarge(entry)));
      this.engine.values.release();
      this.dueAt = decision.dueAt;
      next = decision.more ? { kind: "proceed" } : undefined;
      for (const effect of decision.effects) this.#act(effect);
    }
  }

  settle(call: CallEffect, outcome: TaskOutcome): void {
    const at = this.calls.indexOf(call);
    if (at >= 0) this.calls.splice(at, 1);
    this.post({ kind: "settle_attempt", task: call.task, attempt: call.call.attempt, outcome });
  }

  succeed(call: CallEffect, json: Json): void {
    this.settle(call, { kind: "success", value: { kind: "inline", json } });
  }

  fail(call: CallEffect, code: TaskError["code"] = "COMPONENT_FAILED", message = "no"): void {
    this.settle(call, { kind: "failed", error: { code, message } });
  }

  /** Stores a value and gives the reference to it, as a transport does with a large result. */
  blob(json: Json): { readonly kind: "blob"; readonly blob: BlobId; readonly bytes: number } {
    const blob = String(this.blobs.size + 1).padStart(64, "b") as BlobId;
    const bytes = JSON.stringify(json).length;
    this.blobs.set(blob, { json, bytes });
    return { kind: "blob", blob, bytes };
  }

  /** Answers the fetches that are held. */
  supply(): void {
    const ids = this.fetches.splice(0);
    this.post({ kind: "supply_blobs", blobs: new Map(ids.map((id) => [id, this.blobs.get(id)])) });
  }

  /** The call under way for a step. */
  call(stepId: string, item = 0): CallEffect {
    const found = this.calls.find(({ call }) => call.stepId === stepId && call.itemIndex === item);
    if (!found)
      throw new Error(`no call under way for ${stepId}; under way: ${this.calledSteps().join(", ") || "none"}`);
    return found;
  }

  calledSteps(): string[] {
    return this.calls.map(({ call }) => call.stepId).sort();
  }

  /** Moves the clock, firing timers on the way as the alarm would. */
  advance(ms: number): void {
    const until = this.now + ms;
    while (this.dueAt !== undefined && this.dueAt <= until) {
      this.now = Math.max(this.now, this.dueAt);
      this.post({ kind: "fire_timers" });
    }
    this.now = until;
  }

  /** As after a crash: the calls are lost, the state comes from the journal. */
  async reload(): Promise<void> {
    this.calls.length = 0;
    this.#plans.clear();
    this.engine = this.#newEngine(await this.loadedTree());
    this.post({ kind: "recover" });
  }

  async loadedTree() {
    return loadTree(this.journal, this.#planStore(), async ({ blob }) => JSON.stringify(this.blobs.get(blob)?.json));
  }

  /** Results by item; `undefined` while an item is under way. */
  results(ordinal = 0): (FlowResult | undefined)[] {
    const node = this.engine.tree.runs[ordinal];
    return Array.from({ length: node?.itemCount ?? 0 }, (_, index): FlowResult | undefined => {
      const item = node?.items.get(index);
      if (item?.kind !== "ended") return undefined;
      if (item.outcome === "skipped") return { outcome: "skipped" };
      const read = this.engine.values.read(item.valueSeq);
      if (read.kind !== "value") throw new Error("the result is not resident");
      return item.outcome === "success"
        ? { outcome: "success", result: read.value }
        : { outcome: "failed", error: read.value as unknown as TaskError };
    });
  }

  #moveLarge(entry: JournalEntry): JournalEntry {
    const limit = this.#options.largeCharacters ?? Number.POSITIVE_INFINITY;
    if (entry.value?.kind !== "text" || entry.value.text.length <= limit) return entry;
    return { ...entry, value: this.blob(JSON.parse(entry.value.text)) };
  }

  #act(effect: Effect): void {
    switch (effect.kind) {
      case "call":
        this.calls.push(effect);
        return;
      case "abort_call":
        this.aborted.push(effect);
        return;
      case "fetch_blobs":
        this.fetches.push(...effect.blobs);
        if (!this.#options.holdFetches) this.supply();
        return;
      case "store_flow":
        this.blobs.set(effect.flowId, { json: JSON.parse(effect.text), bytes: effect.text.length });
        return;
      case "control_child":
        this.childControls.push(`${effect.action} ${effect.runId}`);
        return;
      case "hold_cache":
      case "settle_cache":
        this.cacheEffects.push(effect);
        return;
      case "tend_chunk":
        this.chunks.push(effect);
        return;
      case "run_ended":
        return;
    }
  }

  #planStore(): Engine["plans"] {
    return {
      get: (flowId) => this.#plans.get(flowId),
      put: (flowId, flow) => {
        const plan = compilePlan(flowId, flow);
        this.#plans.set(flowId, plan);
        return plan;
      },
    };
  }

  #newEngine(tree: Engine["tree"]): Engine {
    return {
      tree,
      schedule: emptySchedule(),
      values: new ValueCache(this.journal, this.#options.valueCacheBytes ?? 1_000_000),
      plans: this.#planStore(),
      resolver: this.#resolver,
      approvalLinks: this.#options.approvalLinks,
      settings: this.settings,
    };
  }
}
