/**
 * The twin of the object that hosts a run: engine, journal, blobs and an alarm, in a world where it may die at any point of a
 * turn. Owns what survives (journal, blobs, alarm) and what does not (engine, calls held, fetches under way). Like the real one
 * it appends before it acts, moves large values to blobs first, keeps its alarm behind everything that is pending, and recovers
 * from the journal alone. Nothing else wakes it: a world in which it is not woken comes to a stop.
 */
import type { Plan } from "../../src/core/plan/index.ts";
import { compilePlan } from "../../src/core/plan/index.ts";
import type { Journal, JournalEntry } from "../../src/core/ports/journal.ts";
import type { Command, Effect } from "../../src/core/run/command.ts";
import type { Decision } from "../../src/core/run/decide.ts";
import { decide } from "../../src/core/run/decide.ts";
import type { Engine, EngineSettings } from "../../src/core/run/engine.ts";
import type { TaskAddress } from "../../src/core/run/event.ts";
import { loadTree } from "../../src/core/run/load.ts";
import { emptySchedule } from "../../src/core/run/schedule.ts";
import { attemptUnderWay } from "../../src/core/run/settle-attempt.ts";
import { writeSnapshot } from "../../src/core/run/snapshot.ts";
import { ValueCache } from "../../src/core/run/value-cache.ts";
import { MemoryJournal } from "../../src/journal/memory-journal.ts";
import type { BlobId, FlowId } from "../../src/protocol/ids.ts";
import type { Json } from "../../src/protocol/json.ts";
import { AlarmClock } from "../../src/run/alarm-clock.ts";
import { Watchdog } from "../../src/run/watchdog.ts";
import { workerResolver } from "../support/memory-run.ts";
import type { Limits, SingleFault } from "./fault-plan.ts";
import { firstDifference } from "./same-tree.ts";
import { type AlarmWorld, SimulatedAlarm } from "./simulated-alarm.ts";
import { SimulatedBlobs } from "./simulated-blobs.ts";
import { check } from "./simulation-failure.ts";
import { addressKey } from "./task-names.ts";

const RESOLVER = workerResolver();
/** As the real object does after a turn or a load that failed. */
const RETRY_LOAD_MS = 2_000;
/** The longest the watchdog waits before it looks after calls that are held. */
const LONGEST_WATCH_MS = 30_000;
/** As the real fetch does before it gives up. */
const MAX_GET_FAILURES = 5;

export interface ObjectWorld extends AlarmWorld {
  readonly limits: Limits;
  readonly settings: EngineSettings;
  /** Time goes by while the object is busy: whatever falls into it happens afterwards. */
  pass(ms: number): void;
  /** A turn's events are durable; nothing of its effects has left. */
  appended(entries: readonly JournalEntry[], command: Command, decision: Decision): void;
  reloaded(): void;
  call(effect: Extract<Effect, { kind: "call" }>): void;
}

export class SimulatedObject {
  readonly journal = new MemoryJournal();
  readonly blobs: SimulatedBlobs;
  readonly plans = new Map<FlowId, Plan>();
  /** Grows with every death: what belonged to an earlier life does not reach a later one. */
  life = 0;
  /** Turns that have written. */
  writes = 0;
  readonly #world: ObjectWorld;
  readonly #alarm: SimulatedAlarm;
  #singlePlayed = false;
  readonly #failures = { crash: 0, append: 0, load: 0, get: 0, put: 0 };
  #clock: AlarmClock;
  #watchdog = new Watchdog();
  #engine: Engine | undefined;
  /** Calls whose reply is awaited in this life. */
  readonly #held = new Map<string, { readonly task: TaskAddress; readonly attempt: number }>();
  readonly #fetching = new Set<BlobId>();
  #callsStarted = 0;
  #more = false;
  /** The last turn asks for blobs. */
  #asks = false;
  #dueAt: number | undefined;

  constructor(world: ObjectWorld, blobs = new SimulatedBlobs()) {
    this.#world = world;
    this.blobs = blobs;
    this.#alarm = new SimulatedAlarm(
      world,
      () => this.#ring(),
      () => this.#visit(),
    );
    this.#clock = this.#newClock();
  }

  /** Carries a command out, loading the object first if it is not awake. False if it failed before the events were durable. */
  async post(command: Command): Promise<boolean> {
    if (!this.#engine && !(await this.#load())) return false;
    if (command.kind === "settle_attempt" && command.digest === undefined) this.#letGo(command);
    if (command.kind === "hand_over_attempt" || command.kind === "lose_attempt") this.#letGo(command);
    return this.#turn(command);
  }

  get planSource() {
    return { get: (flowId: FlowId) => this.plans.get(flowId) };
  }

  get tree(): Engine["tree"] | undefined {
    return this.#engine?.tree;
  }

  putBlob(json: Json): ReturnType<SimulatedBlobs["put"]> {
    return this.blobs.put(JSON.stringify(json));
  }

  /** The value of a row, wherever it lies. */
  value(seq: number): Json {
    const stored = this.journal.readValue(seq);
    const text = stored?.kind === "blob" ? this.blobs.text(stored.blob) : stored?.text;
    check(text !== undefined, () => `row ${seq} has no value`);
    return JSON.parse(text);
  }

  #turn(command: Command): boolean {
    const { prng, faults } = this.#world;
    const engine = this.#engine;
    if (!engine) return false;
    const decision = decide(engine, command, this.#world.now());
    const write = decision.entries.length > 0 ? this.writes : -1;
    if (this.#crashes(faults.crashBeforeAppend, write, "crash_before")) return false;
    const entries = this.#commit(engine, decision, write);
    if (!entries) return false;
    this.#world.appended(entries, command, decision);
    if (prng.chance(faults.snapshot)) this.journal.saveSnapshot(engine.tree.seq, writeSnapshot(engine.tree));
    this.#note(decision);
    // One block with the append: what is going to leave has the alarm behind it before it leaves.
    this.#arm();
    if (this.#crashes(faults.crashAfterAppend, write, "crash_after")) return true;
    for (const effect of decision.effects) {
      if (this.#crashes(faults.crashBetweenEffects / decision.effects.length)) return true;
      this.#act(effect);
    }
    if (decision.more) this.#planHere(0, { kind: "proceed" });
    if (prng.chance(faults.spuriousAlarm)) this.#planHere(prng.between(0, 2_000), { kind: "fire_timers" });
    if (prng.chance(faults.evict)) this.#evictWithin(prng.between(0, 5_000));
    return true;
  }

  /** Moves large values and appends. Undefined if the storage said no: then the engine is gone. */
  #commit(engine: Engine, decision: Decision, write: number): readonly JournalEntry[] | undefined {
    const { prng, faults } = this.#world;
    const entries = decision.entries.map((entry) => this.#moveLarge(entry));
    const hasBlobs = entries.some((entry, index) => entry !== decision.entries[index]);
    if (hasBlobs && prng.chance(faults.blobIsSlow)) this.#world.pass(prng.between(0, 5_000));
    const fails =
      this.#fails("append", faults.appendFails) ||
      this.#isSingle("storage_error", write) ||
      (hasBlobs && this.#fails("put", faults.blobPutFails));
    if (fails) {
      this.#discard();
      this.#retryLater();
      return undefined;
    }
    if (write >= 0) this.writes += 1;
    this.journal.append(entries);
    engine.values.release();
    return this.journal.read(engine.tree.seq - entries.length, entries.length, true);
  }

  #note(decision: Decision): void {
    this.#dueAt = decision.dueAt;
    this.#more = decision.more;
    this.#asks = decision.effects.some(({ kind }) => kind === "fetch_blobs");
    for (const effect of decision.effects) {
      if (effect.kind === "call") {
        const { task, call } = effect;
        this.#held.set(heldKey(task, call.attempt), { task, attempt: call.attempt });
        this.#callsStarted += 1;
      } else if (effect.kind === "abort_call") this.#letGo(effect);
    }
    for (const [key, { task, attempt }] of this.#held) {
      const counts = this.tree && attemptUnderWay(this.tree, task, attempt);
      check(
        counts !== undefined,
        () => `the reply of ${key} does not count any more, but nobody told its call to stop`,
      );
    }
  }

  #letGo({ task, attempt }: { readonly task: TaskAddress; readonly attempt: number }): void {
    this.#held.delete(heldKey(task, attempt));
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
        this.blobs.putAs(effect.flowId as string as BlobId, effect.text);
        return;
      case "abort_call":
      case "control_child":
      case "hold_cache":
      case "settle_cache":
      case "tend_chunk":
      case "run_ended":
        return;
    }
  }

  #fetch(ids: readonly BlobId[], failures = 0): void {
    if (ids.length === 0) return;
    for (const id of ids) this.#fetching.add(id);
    const { life } = this;
    const { prng, faults, queue } = this.#world;
    const latency = prng.chance(faults.blobIsSlow) ? prng.between(0, 20_000) : prng.between(0, 50);
    queue.plan(this.#world.time() + latency + 100 * failures, async () => {
      if (life !== this.life) return;
      if (this.#fails("get", faults.blobGetFails)) {
        if (failures + 1 < MAX_GET_FAILURES) {
          this.#fetch(ids, failures + 1);
          return;
        }
        this.#discard();
        this.#retryLater();
        return;
      }
      for (const id of ids) this.#fetching.delete(id);
      await this.post({ kind: "supply_blobs", blobs: new Map(ids.map((id) => [id, this.blobs.read(id)])) });
    });
  }

  /** Something this life of the object does to itself. */
  #planHere(inMs: number, command: Command): void {
    const { life } = this;
    this.#world.queue.plan(this.#world.time() + inMs, async () => {
      if (life === this.life) await this.post(command);
    });
  }

  /** True unless the handler was cut off. */
  async #ring(): Promise<boolean> {
    this.#clock.forget();
    const { crash } = this.#failures;
    if (await this.post({ kind: "fire_timers" })) {
      this.#watchdog.backOff({ started: this.#callsStarted });
      this.#arm();
    }
    return crash === this.#failures.crash;
  }

  /** Somebody asks the object for something. False once the run has ended. */
  async #visit(): Promise<boolean> {
    if (!this.#engine && !(await this.#load())) return true;
    if (this.#clock.isLost) this.#clock.ringBy(this.#world.now());
    return this.tree?.runs[0]?.status === "running";
  }

  #arm(): void {
    if (!this.#engine) return;
    if (this.#dueAt !== undefined) this.#clock.ringBy(this.#dueAt);
    const isPending = this.#held.size > 0 || this.#fetching.size > 0 || this.#more || this.#asks;
    if (isPending) this.#clock.ringBy(this.#world.now() + this.#watchdog.delay({ started: this.#callsStarted }));
    if (this.#dueAt !== undefined) this.#checkAlarm(this.#dueAt, "what is due next");
    if (isPending) this.#checkAlarm(this.#world.now() + LONGEST_WATCH_MS, "what is under way");
  }

  /** It may ring earlier than it has to, never later. */
  #checkAlarm(by: number, what: string): void {
    const { at } = this.#alarm;
    const isForgotten = at === null && this.#world.faults.lostAlarm > 0;
    check(
      isForgotten || (at !== null && at <= Math.max(by, this.#world.now())),
      () => `the alarm stands at ${at}, behind ${what} at ${by}`,
    );
  }

  #retryLater(): void {
    this.#clock.ringBy(this.#world.now() + RETRY_LOAD_MS);
  }

  #crashes(probability: number, write = -1, kind?: SingleFault["kind"]): boolean {
    const { prng, faults } = this.#world;
    const isDue = this.#failures.crash < faults.maxCrashes && prng.chance(probability);
    if (!isDue && !(kind && this.#isSingle(kind, write))) return false;
    this.#failures.crash += 1;
    this.#die();
    return true;
  }

  #isSingle(kind: SingleFault["kind"], write: number): boolean {
    const { single } = this.#world.faults;
    if (!single || !("write" in single) || single.kind !== kind || single.write !== write) return false;
    // A write that is lost is tried again under the same number.
    if (this.#singlePlayed) return false;
    this.#singlePlayed = true;
    return true;
  }

  #fails(kind: "append" | "load" | "get" | "put", probability: number): boolean {
    if (this.#failures[kind] >= this.#world.faults.maxCrashes || !this.#world.prng.chance(probability)) return false;
    this.#failures[kind] += 1;
    return true;
  }

  /** Puts the object to sleep once nothing is under way that only its memory knows. */
  #evictWithin(ms: number): void {
    const { life } = this;
    this.#world.queue.plan(this.#world.time() + ms, async () => {
      if (life === this.life && this.#held.size === 0 && this.#fetching.size === 0 && !this.#more) this.#die();
    });
  }

  /** The process is gone. */
  #die(): void {
    this.#discard();
    this.#clock = this.#newClock();
    this.#watchdog = new Watchdog();
  }

  #discard(): void {
    this.life += 1;
    this.#engine = undefined;
    this.#dueAt = undefined;
    this.#more = false;
    this.#asks = false;
    this.#held.clear();
    this.#fetching.clear();
  }

  #newClock(): AlarmClock {
    return new AlarmClock(this.#alarm, () => this.#world.now());
  }

  /** False if it could not be read, or its first turn failed. */
  async #load(): Promise<boolean> {
    if (this.journal.exists()) await this.#clock.load();
    if (this.#fails("load", this.#world.faults.loadFails)) {
      this.#retryLater();
      return false;
    }
    const plans = this.#planStore();
    const fetchText = async ({ blob }: { readonly blob: BlobId }) => this.blobs.text(blob) ?? "";
    const tree = await loadTree(this.journal, plans, fetchText);
    const replayed = await loadTree(withoutSnapshot(this.journal), plans, fetchText);
    const difference = firstDifference(tree, replayed);
    check(!difference, () => `the snapshot and its tail differ from the whole journal: ${difference}`);
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
    return this.#engine !== undefined;
  }

  #moveLarge(entry: JournalEntry): JournalEntry {
    if (entry.value?.kind !== "text" || entry.value.text.length <= this.#world.limits.blobCharacters) return entry;
    // Too short for that wherever the real bound lies.
    if (entry.event.kind === "attempt_progress") return entry;
    return { ...entry, value: this.blobs.put(entry.value.text) };
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

function heldKey(task: TaskAddress, attempt: number): string {
  return `${addressKey(task)}#${attempt}`;
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
