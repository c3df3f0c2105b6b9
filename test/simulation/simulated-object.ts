/**
 * The twin of the object that hosts a run: engine, journal, blobs and an alarm, in a world where it may die at any point of a
 * turn. Owns what survives (journal, blobs, alarm) and what does not (engine, fetches under way). Like the real one it appends
 * before it acts, moves large values to blobs first, and recovers from the journal alone.
 */
import type { Plan } from "../../src/core/plan/index.ts";
import { compilePlan } from "../../src/core/plan/index.ts";
import type { Journal, JournalEntry } from "../../src/core/ports/journal.ts";
import type { Command, Effect } from "../../src/core/run/command.ts";
import type { Decision } from "../../src/core/run/decide.ts";
import { decide } from "../../src/core/run/decide.ts";
import type { Engine, EngineSettings } from "../../src/core/run/engine.ts";
import { loadTree } from "../../src/core/run/load.ts";
import { emptySchedule } from "../../src/core/run/schedule.ts";
import { writeSnapshot } from "../../src/core/run/snapshot.ts";
import { ValueCache } from "../../src/core/run/value-cache.ts";
import { MemoryJournal } from "../../src/journal/memory-journal.ts";
import type { BlobId, FlowId } from "../../src/protocol/ids.ts";
import type { Json } from "../../src/protocol/json.ts";
import { workerResolver } from "../support/memory-run.ts";
import type { EventQueue } from "./event-queue.ts";
import type { FaultPlan, Limits } from "./fault-plan.ts";
import { hashText, type Prng } from "./prng.ts";
import { check } from "./simulation-failure.ts";

const RESOLVER = workerResolver();

export interface ObjectWorld {
  readonly queue: EventQueue;
  readonly prng: Prng;
  readonly faults: FaultPlan;
  readonly limits: Limits;
  readonly settings: EngineSettings;
  now(): number;
  /** A turn's events are durable; nothing of its effects has left. */
  appended(entries: readonly JournalEntry[], command: Command, decision: Decision): void;
  reloaded(): void;
  call(effect: Extract<Effect, { kind: "call" }>): void;
}

export class SimulatedObject {
  readonly journal = new MemoryJournal();
  readonly plans = new Map<FlowId, Plan>();
  readonly #world: ObjectWorld;
  readonly #blobs = new Map<BlobId, string>();
  readonly #fetching = new Set<BlobId>();
  #engine: Engine | undefined;
  #crashes = 0;
  #alarmAt: number | undefined;
  /** Grows with every death: what belonged to an earlier life does not reach a later one. */
  life = 0;

  constructor(world: ObjectWorld) {
    this.#world = world;
  }

  /** Carries a command out, loading the object first if it is not awake. False if it died before the events were durable. */
  async post(command: Command): Promise<boolean> {
    if (!this.#engine) await this.#load();
    return this.#turn(command);
  }

  get planSource() {
    return { get: (flowId: FlowId) => this.plans.get(flowId) };
  }

  putBlob(json: Json): { readonly kind: "blob"; readonly blob: BlobId; readonly bytes: number } {
    const text = JSON.stringify(json);
    const blob = blobIdOf(text);
    this.#blobs.set(blob, text);
    return { kind: "blob", blob, bytes: text.length };
  }

  /** The value of a row, wherever it lies. */
  value(seq: number): Json {
    const stored = this.journal.readValue(seq);
    const text = stored?.kind === "blob" ? this.#blobs.get(stored.blob) : stored?.text;
    check(text !== undefined, () => `row ${seq} has no value`);
    return JSON.parse(text);
  }

  #turn(command: Command): boolean {
    const { prng, faults } = this.#world;
    const engine = this.#engine;
    if (!engine) return false;
    const decision = decide(engine, command, this.#world.now());
    if (this.#dies(faults.crashBeforeAppend)) return false;
    const entries = decision.entries.map((entry) => this.#moveLarge(entry));
    this.journal.append(entries);
    engine.values.release();
    this.#world.appended(this.journal.read(engine.tree.seq - entries.length, entries.length, true), command, decision);
    if (prng.chance(faults.snapshot)) this.journal.saveSnapshot(engine.tree.seq, writeSnapshot(engine.tree));
    this.#ringBy(decision.dueAt);
    if (this.#dies(faults.crashAfterAppend)) return true;
    for (const effect of decision.effects) {
      if (this.#dies(faults.crashBetweenEffects / decision.effects.length)) return true;
      this.#act(effect);
    }
    if (decision.more) this.#planHere(0, { kind: "proceed" });
    if (prng.chance(faults.spuriousAlarm)) this.#planHere(prng.between(0, 2_000), { kind: "fire_timers" });
    return true;
  }

  get tree(): Engine["tree"] | undefined {
    return this.#engine?.tree;
  }

  #act(effect: Effect): void {
    switch (effect.kind) {
      case "call":
        this.#world.call(effect);
        return;
      case "fetch_blobs":
        this.#fetch(effect.blobs.filter((blob) => !this.#fetching.has(blob)));
        return;
      case "store_flow":
        this.#blobs.set(effect.flowId, effect.text);
        return;
      case "abort_call":
      case "control_child":
      case "hold_cache":
      case "settle_cache":
      case "run_ended":
        return;
    }
  }

  #fetch(ids: readonly BlobId[]): void {
    if (ids.length === 0) return;
    for (const id of ids) this.#fetching.add(id);
    const { life } = this;
    this.#world.queue.plan(this.#world.now() + this.#world.prng.between(0, 50), async () => {
      if (life !== this.life) return;
      for (const id of ids) this.#fetching.delete(id);
      const blobs = new Map(ids.map((id) => [id, this.#readBlob(id)]));
      await this.post({ kind: "supply_blobs", blobs });
    });
  }

  #readBlob(id: BlobId): { readonly json: Json; readonly bytes: number } | undefined {
    const text = this.#blobs.get(id);
    return text === undefined ? undefined : { json: JSON.parse(text), bytes: text.length };
  }

  /** Something this life of the object does to itself. */
  #planHere(inMs: number, command: Command): void {
    const { life } = this;
    this.#world.queue.plan(this.#world.now() + inMs, async () => {
      if (life === this.life) await this.post(command);
    });
  }

  #ringBy(dueAt: number | undefined): void {
    if (dueAt === undefined || (this.#alarmAt !== undefined && this.#alarmAt <= dueAt)) return;
    const { prng, faults, queue } = this.#world;
    const early = prng.chance(faults.earlyAlarm) ? prng.between(0, 3_000) : 0;
    const late = prng.chance(faults.lateAlarm) ? prng.between(0, 3_000) : 0;
    const at = Math.max(this.#world.now(), dueAt - early);
    this.#alarmAt = at;
    queue.plan(at + late, async () => {
      if (this.#alarmAt !== at) return;
      this.#alarmAt = undefined;
      await this.post({ kind: "fire_timers" });
    });
  }

  #dies(probability: number): boolean {
    const { prng, faults, queue } = this.#world;
    if (this.#crashes >= faults.maxCrashes || !prng.chance(probability)) return false;
    this.#crashes += 1;
    this.life += 1;
    this.#engine = undefined;
    this.#fetching.clear();
    // The watchdog's alarm brings it back.
    queue.plan(this.#world.now() + prng.between(0, 10_000), async () => {
      if (!this.#engine) await this.#load();
    });
    return true;
  }

  async #load(): Promise<void> {
    const plans = this.#planStore();
    const tree = await loadTree(this.journal, plans, async ({ blob }) => this.#blobs.get(blob) ?? "");
    const replayed = await loadTree(
      withoutSnapshot(this.journal),
      plans,
      async ({ blob }) => this.#blobs.get(blob) ?? "",
    );
    check(
      writeSnapshot(tree) === writeSnapshot(replayed),
      () => "the snapshot and its tail differ from the whole journal",
    );
    this.#engine = {
      tree,
      schedule: emptySchedule(),
      values: new ValueCache(this.journal, this.#world.limits.valueCacheBytes),
      plans,
      resolver: RESOLVER,
      settings: this.#world.settings,
    };
    this.#world.reloaded();
    if (tree.root) this.#turn({ kind: "recover" });
  }

  #moveLarge(entry: JournalEntry): JournalEntry {
    if (entry.value?.kind !== "text" || entry.value.text.length <= this.#world.limits.blobCharacters) return entry;
    const blob = blobIdOf(entry.value.text);
    this.#blobs.set(blob, entry.value.text);
    return { ...entry, value: { kind: "blob", blob, bytes: entry.value.text.length } };
  }

  #planStore(): Engine["plans"] {
    return {
      get: (flowId) => this.plans.get(flowId),
      put: (flowId, flow) => {
        const plan = compilePlan(flowId, flow);
        this.plans.set(flowId, plan);
        return plan;
      },
    };
  }
}

function withoutSnapshot(journal: Journal): Journal {
  return {
    exists: () => journal.exists(),
    append: (entries) => journal.append(entries),
    read: (after, limit, withValues) => journal.read(after, limit, withValues),
    readValue: (seq) => journal.readValue(seq),
    saveSnapshot: (seq, text) => journal.saveSnapshot(seq, text),
    latestSnapshot: () => undefined,
  };
}

function blobIdOf(text: string): BlobId {
  return Array.from({ length: 8 }, (_, part) => hashText(`${part}${text}`).toString(16).padStart(8, "0")).join(
    "",
  ) as BlobId;
}
