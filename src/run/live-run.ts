/**
 * One run tree, awake. Owns the engine and the mailbox: commands are taken one at a time, each is decided, appended and only
 * then acted upon; there is no other way to change a run. What crosses the border: commands in, calls and timers out.
 * Invariant: the engine's state is never ahead of the journal when somebody else gets to see it. If a turn or its append
 * fails, this object is spent (`spent`), its calls are dropped, and a new one is loaded from the journal.
 */

import type { BlobStore } from "../core/ports/blob-store.ts";
import type { Journal, JournalEntry } from "../core/ports/journal.ts";
import type { ChildAction, Command, Effect } from "../core/run/command.ts";
import type { Decision } from "../core/run/decide.ts";
import { decide } from "../core/run/decide.ts";
import type { Engine } from "../core/run/engine.ts";
import type { TaskAddress } from "../core/run/event.ts";
import { loadTree } from "../core/run/load.ts";
import { emptySchedule } from "../core/run/schedule.ts";
import type { RunTree } from "../core/run/state.ts";
import { ValueCache } from "../core/run/value-cache.ts";
import type { BlobId, Namespace, RunId } from "../protocol/ids.ts";
import { fetchBlobTexts, readBlobText, readValue } from "./blob-text.ts";
import type { CallEnd } from "./call-end.ts";
import { Calls } from "./calls.ts";
import { ChunkRuns } from "./chunk-runs.ts";
import { Dispatchers } from "./dispatchers.ts";
import { hasLargeValue, moveLargeValues } from "./large-values.ts";
import { TreePlans } from "./plan-cache.ts";
import { ProgressNotes } from "./progress-notes.ts";
import type { RunDeps } from "./run-deps.ts";
import { RunSecrets } from "./run-secrets.ts";
import { SnapshotWriter } from "./snapshot-writer.ts";
import { StepCache } from "./step-cache.ts";

/** Calls under way from which on their ends are gathered; for a millisecond more with every so many calls, up to a limit. */
const GATHER_FROM = 4;
const CALLS_PER_MILLISECOND = 20;
const LONGEST_GATHERING_MS = 10;
/** Bytes of JSON text kept in memory per run tree. */
const VALUE_CACHE_BYTES = 16 * 2 ** 20;

export interface LiveRunListener {
  /** A turn is over, its events are appended. Called before its effects leave. */
  appended(entries: readonly JournalEntry[]): void;
  /** The turn's effects have left. */
  settled(run: LiveRun): void;
  /** A run of the tree has ended. */
  ended(run: LiveRun, ordinal: number): void;
  /** Something is asked of a run in an object of its own. */
  controlChild(runId: RunId, action: ChildAction): void;
  /** Nothing more can be done with this object. */
  failed(error: unknown): void;
}

export class LiveRun {
  readonly calls: Calls;
  readonly chunks: ChunkRuns;
  readonly plans: TreePlans;
  readonly values: ValueCache;
  readonly progress: ProgressNotes;
  readonly secrets: RunSecrets;
  readonly #engine: Engine;
  readonly #journal: Journal;
  readonly #deps: RunDeps;
  readonly #blobs: BlobStore;
  readonly #listener: LiveRunListener;
  readonly #mailbox: Command[] = [];
  readonly #fetching = new Set<BlobId>();
  readonly #snapshots: SnapshotWriter;
  readonly #cache: StepCache;
  #drained: (() => void)[] = [];
  /** A turn is decided and not appended yet: its large values are on their way to the blob store. */
  #isAhead = false;
  #written: (() => void)[] = [];
  #failure: unknown;
  #dueAt: number | undefined;
  #more = false;
  #busy = false;
  #gathering = false;
  /** A turn or its append failed: whoever holds this lets go of it and loads the run again. */
  spent = false;

  private constructor(
    tree: RunTree,
    plans: TreePlans,
    journal: Journal,
    deps: RunDeps,
    blobs: BlobStore,
    listener: LiveRunListener,
  ) {
    this.#journal = journal;
    this.#deps = deps;
    this.#blobs = blobs;
    this.#listener = listener;
    this.plans = plans;
    this.values = new ValueCache(journal, VALUE_CACHE_BYTES);
    this.#engine = {
      tree,
      schedule: emptySchedule(),
      values: this.values,
      plans,
      resolver: deps.resolver,
      approvalLinks: deps.approvalLinks,
      settings: deps.settings,
    };
    this.#snapshots = new SnapshotWriter(journal, tree.seq);
    this.#cache = new StepCache((namespace, key) => deps.stepCache(namespace, key), blobs);
    this.progress = new ProgressNotes(
      (task, attempt, progress) => this.post({ kind: "note_progress", task, attempt, progress }),
      (delayMs, run) => setTimeout(run, delayMs),
    );
    this.secrets = new RunSecrets(
      () => this.tree,
      (seq) => readValue(journal, blobs, seq),
    );
    this.chunks = new ChunkRuns({
      secrets: this.secrets,
      journal,
      blobs,
      deps,
      tree: () => this.tree,
      post: (command) => this.post(command),
    });
    const dispatchers = new Dispatchers((index) => {
      const root = this.tree.root;
      if (!root) throw new Error("a call left before its run was created");
      return deps.dispatcher(root.namespace, root.runId, index);
    });
    this.calls = new Calls(
      (task, attempt, end) => this.post(this.#callEnded(task, attempt, end)),
      dispatchers,
      (delayMs, run) => setTimeout(run, delayMs),
      { cache: this.#cache, progress: (task, attempt, told) => void this.progress.note(task, attempt, told) },
    );
  }

  /** Rebuilds the run from its journal (empty if it has none) and takes up what was under way. */
  static async load(journal: Journal, deps: RunDeps, blobs: BlobStore, listener: LiveRunListener): Promise<LiveRun> {
    const plans = new TreePlans();
    const tree = await loadTree(journal, plans, ({ blob }) => readBlobText(blobs, blob));
    const run = new LiveRun(tree, plans, journal, deps, blobs, listener);
    if (tree.root) run.post({ kind: "recover" });
    return run;
  }

  get tree(): RunTree {
    return this.#engine.tree;
  }

  /**
   * Takes a command; it is carried out at once, or as soon as those before it are done. While many calls are under way their
   * ends are gathered for a moment: those that come in one breath are taken in by one turn and one write. A write also holds up
   * the calls that are leaving until it is durable, so the more there are, the fewer writes there should be.
   */
  post(command: Command): void {
    if (this.spent) return;
    // What a worker told of an attempt goes before its end.
    if (command.kind === "settle_attempt" || command.kind === "lose_attempt")
      this.progress.flush(command.task, command.attempt);
    else if (command.kind === "fire_timers") this.progress.flushAll();
    this.#mailbox.push(command);
    if (this.#busy || this.#gathering) return;
    if (command.kind !== "settle_attempt" || this.calls.count < GATHER_FROM) void this.#work();
    else this.#gather();
  }

  #gather(): void {
    this.#gathering = true;
    const delayMs = Math.min(LONGEST_GATHERING_MS, Math.floor(this.calls.count / CALLS_PER_MILLISECOND));
    setTimeout(() => {
      this.#gathering = false;
      if (!this.#busy) void this.#work();
    }, delayMs);
  }

  /** When the next timer is due, epoch milliseconds. */
  get dueAt(): number | undefined {
    return this.#dueAt;
  }

  /** Something is under way that only this object's memory knows: should it be lost, the alarm has to bring the run back. */
  get pending(): boolean {
    return this.calls.count > 0 || this.chunks.isBusy || this.#more || this.#gathering || this.#fetching.size > 0;
  }

  /** Resolves once every command posted so far has been carried out. Throws if one could not be: nothing of it happened. */
  async drained(): Promise<void> {
    if (this.#busy || this.#gathering) await new Promise<void>((resolve) => this.#drained.push(resolve));
    this.#checkUsable();
  }

  /** Resolves when everything the state tells is in the journal: nobody may be shown more. Throws if it could not be written. */
  async written(): Promise<void> {
    while (this.#isAhead) await new Promise<void>((resolve) => this.#written.push(resolve));
    this.#checkUsable();
  }

  #checkUsable(): void {
    if (this.spent) throw new Error("the run could not be brought up to date", { cause: this.#failure });
  }

  #callEnded(task: TaskAddress, attempt: number, end: CallEnd): Command {
    switch (end.kind) {
      case "handed_over":
        return {
          kind: "hand_over_attempt",
          task,
          attempt,
          deadlineAt: this.#deps.now() + end.withinMs,
          ...(end.cache && { cache: end.cache }),
        };
      case "lost":
        return { kind: "lose_attempt", task, attempt };
      default:
        return { kind: "settle_attempt", task, attempt, outcome: end };
    }
  }

  async #work(): Promise<void> {
    this.#busy = true;
    try {
      while (this.#mailbox.length > 0) {
        const decision = this.#decideAll();
        // Only a large value makes this wait; without one the whole turn is one synchronous block.
        if (hasLargeValue(decision.entries)) await this.#commitLarge(decision);
        else this.#commit(decision.entries, decision);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#busy = false;
      for (const resolve of this.#drained.splice(0)) resolve();
    }
  }

  async #commitLarge(decision: Decision): Promise<void> {
    this.#isAhead = true;
    try {
      const entries = await moveLargeValues(decision.entries, this.#blobs);
      if (this.spent) return;
      this.#commit(entries, decision);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isAhead = false;
      for (const resolve of this.#written.splice(0)) resolve();
    }
    // A macrotask: whoever waits to read comes in before the next turn.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }

  #fail(error: unknown): void {
    if (this.spent) return;
    this.spent = true;
    this.#failure = error;
    this.#mailbox.length = 0;
    this.calls.abortAll();
    this.chunks.stop();
    this.#listener.failed(error);
  }

  /** Takes what is in the mailbox, up to a turn's worth of events: it is appended in one block. */
  #decideAll(): Decision {
    const entries: JournalEntry[] = [];
    const effects: Effect[] = [];
    let more = false;
    let dueAt = this.#dueAt;
    while (!more && entries.length < this.#deps.settings.eventsPerTurn) {
      const command = this.#mailbox.shift();
      if (!command) break;
      const decision = decide(this.#engine, command, this.#deps.now());
      entries.push(...decision.entries);
      effects.push(...decision.effects);
      ({ more, dueAt } = decision);
    }
    return { entries, effects, more, dueAt };
  }

  #commit(entries: readonly JournalEntry[], decision: Decision): void {
    this.#journal.append(entries);
    this.values.release();
    this.#snapshots.appended(this.tree);
    this.#dueAt = decision.dueAt;
    this.#listener.appended(entries);
    for (const effect of decision.effects) this.#act(effect);
    this.#more = decision.more;
    this.#listener.settled(this);
    // A macrotask: replies, cancels and other events come in between.
    if (decision.more) setTimeout(() => this.post({ kind: "proceed" }), 0);
  }

  #act(effect: Effect): void {
    switch (effect.kind) {
      case "call":
        this.calls.send(effect.task, effect.call, this.#deps.transport(effect.call.plugin, effect.call.namespace));
        return;
      case "abort_call":
        this.calls.abort(effect.task, effect.attempt);
        return;
      case "hold_cache":
        void this.#cache.hold(this.#namespace, effect.cache.key, effect.taskId, effect.attempt, effect.until);
        return;
      case "settle_cache":
        void this.#cache.settle(this.#namespace, effect.cache, effect.taskId, effect.attempt, effect.value);
        return;
      case "fetch_blobs":
        void this.#fetch(effect.blobs.filter((blob) => !this.#fetching.has(blob)));
        return;
      case "store_flow":
        // The journal has the flow; this copy only makes it readable by its id, and the next start of the run repeats it.
        this.#blobs.put(new TextEncoder().encode(effect.text), { blobType: "flow" }).catch(() => undefined);
        return;
      case "control_child":
        this.#listener.controlChild(effect.runId, effect.action);
        return;
      case "tend_chunk":
        this.chunks.tend(effect);
        return;
      case "run_ended":
        this.#listener.ended(this, effect.run);
        return;
    }
  }

  get #namespace(): Namespace {
    const { root } = this.tree;
    if (!root) throw new Error("an effect of a run that was not created");
    return root.namespace;
  }

  async #fetch(ids: readonly BlobId[]): Promise<void> {
    if (ids.length === 0) return;
    for (const id of ids) this.#fetching.add(id);
    try {
      const blobs = await fetchBlobTexts(this.#blobs, ids);
      this.post({ kind: "supply_blobs", blobs });
    } catch (error) {
      // The store could not be reached: the object is loaded again by its alarm, and asks again.
      this.#fail(error);
    } finally {
      for (const id of ids) this.#fetching.delete(id);
    }
  }
}
