/**
 * Watches a journal grow. Owns a state of its own, built from the appended rows alone, and judges each row against the state
 * before it. Whatever else goes wrong in the world, these must hold after every append.
 */
import type { JournalEntry } from "../../src/core/ports/journal.ts";
import type { RunEvent, TaskAddress } from "../../src/core/run/event.ts";
import type { PlanSource } from "../../src/core/run/evolve.ts";
import { evolve } from "../../src/core/run/evolve.ts";
import type { ActiveTask, RunTree } from "../../src/core/run/state.ts";
import { activeTask, activeTasks, emptyTree, isPaused, isSettled, taskSlot } from "../../src/core/run/state.ts";
import type { BlobId } from "../../src/protocol/ids.ts";
import { CompensationCheck } from "./compensation-check.ts";
import { checkHeld } from "./holds.ts";
import { firstDifference } from "./same-tree.ts";
import { SignalInvariants } from "./signal-invariants.ts";
import { check } from "./simulation-failure.ts";
import { addressKey, decidedRetries, TaskNames } from "./task-names.ts";

export interface InvariantWorld {
  readonly maxResends: number;
  /** Far more than it takes to fetch what the input of a lost attempt needs. */
  readonly resendWithinMs: number;
  /** Of the simulated world: it never goes back. */
  time(): number;
  hasBlob(blob: BlobId): boolean;
}

export class JournalInvariants {
  /** As the appended rows tell it. */
  readonly tree: RunTree = emptyTree();
  readonly names = new TaskNames();
  /** `<task>#<retry>` of every attempt that was started. */
  readonly attempts = new Set<string>();
  readonly #signals = new SignalInvariants();
  readonly #plans: PlanSource;
  readonly #world: InvariantWorld;
  /** Every row as it was appended. */
  readonly #rows: JournalEntry[] = [];
  readonly #compensations = new CompensationCheck();
  readonly #calling = new Set<string>();
  /** Taken over by their worker: nobody holds them, so nobody can lose them. */
  readonly #handedOver = new Set<string>();
  /** Attempts whose call is gone, and that were not sent again since; when that happened. */
  readonly #lost = new Map<string, number>();
  /** Times an attempt was sent again since the last decided retry. */
  readonly #resends = new Map<string, number>();

  constructor(plans: PlanSource, world: InvariantWorld) {
    this.#plans = plans;
    this.#world = world;
  }

  /** The object was loaded again: what was under way may be sent again. */
  reloaded(now: number): void {
    this.#lost.clear();
    for (const key of this.#calling) if (!this.#handedOver.has(key)) this.#lost.set(key, now);
  }

  /** Whoever held the call of the task has said that it is gone. */
  callLost(task: TaskAddress, now: number): void {
    const key = addressKey(task);
    if (!this.#handedOver.has(key)) this.#lost.set(key, now);
  }

  /** The attempt under way got no reply: then at least it must have been sent. */
  timedOut(task: TaskAddress, now: number): void {
    const key = addressKey(task);
    if (isPaused(this.tree)) return;
    check((this.#lost.get(key) ?? now) + this.#world.resendWithinMs >= now, () => `${key} was lost and not sent again`);
  }

  /** Takes in a row as it was appended. */
  appended(entry: JournalEntry): void {
    const { event, at } = entry;
    const where = () => `row ${entry.seq} ${JSON.stringify(event)}`;
    check(entry.seq === this.tree.seq + 1, () => `a gap before ${where()}`);
    check(at >= this.tree.at, () => `time went back at ${where()}`);
    const { value } = entry;
    check(value?.kind !== "blob" || this.#world.hasBlob(value.blob), () => `${where()}: its blob does not exist`);
    this.#rows.push(entry);
    const run = runOf(event);
    if (run !== undefined) {
      check(this.tree.runs[run]?.status === "running", () => `${where()} follows the end of run ${run}`);
      if ("item" in event && event.kind !== "item_added") {
        check(
          this.tree.runs[run]?.items.get(event.item)?.kind !== "ended",
          () => `${where()} follows the end of its item`,
        );
      }
    }
    if (event.kind === "item_started") {
      const { itemTimeoutMs } = this.tree.runs[event.run]?.plan.flow ?? {};
      check(event.deadlineAt - at === itemTimeoutMs, () => `${where()}: the item has another time`);
      check(!isTimed(this.tree, event), () => `${where()}: its time has begun before`);
    }
    if ((event.kind === "item_completed" || event.kind === "compensation_started") && event.expired)
      check(isOverdue(this.tree, event, at), () => `${where()}: its time is not up`);
    if ("step" in event) this.#checkTask(event, entry, where);
    this.#signals.appended(this.tree, entry, "step" in event ? activeTask(this.tree, event) : undefined);
    if (event.kind === "sub_run_created") this.#checkReady(event.parent, where);
    checkHeld(this.tree, entry);
    this.#compensations.before(this.tree, entry);
    evolve(this.tree, entry, this.#plans);
    this.#compensations.after(this.tree, entry);
    // What was lost meanwhile is sent again from now on.
    if (event.kind === "run_resumed") for (const key of this.#lost.keys()) this.#lost.set(key, this.#world.time());
    if (event.kind === "sub_run_created") this.names.learn(this.tree, event);
    if (event.kind === "step_started") {
      const active = activeTask(this.tree, event);
      if (active?.kind === "calling")
        this.attempts.add(`${this.names.of(this.tree, event)}#${decidedRetries(active.tries)}`);
    }
    this.#count(event, where);
  }

  /** What the engine believes must be what its journal says. */
  agreesWith(live: RunTree): void {
    const difference = firstDifference(live, this.tree);
    check(!difference, () => `the live state differs from the journal: ${difference}`);
  }

  /** Nothing was taken out of the journal, or changed. */
  stillThere(rows: readonly JournalEntry[]): void {
    check(
      rows.length === this.#rows.length && rows.every((row, index) => row === this.#rows[index]),
      () => "a row of the journal is not what was appended",
    );
  }

  #checkTask(event: Extract<RunEvent, TaskAddress>, entry: JournalEntry, where: () => string): void {
    const { at } = entry;
    const slot = taskSlot(this.tree, event);
    check(!slot || !isSettled(slot.table.status[slot.index]), () => `${where()}: the task has settled before`);
    const before = activeTask(this.tree, event);
    switch (event.kind) {
      case "step_started": {
        const attempted = before && "attempt" in before ? before.attempt : 0;
        check(event.attempt === attempted + 1, () => `${where()} follows attempt ${attempted}`);
        check(before?.kind !== "backing_off" || at >= before.retryAt, () => `${where()} is too early`);
        const key = addressKey(event);
        check(before?.kind !== "calling" || this.#lost.delete(key), () => `${where()}: an attempt is under way`);
        this.#resends.set(key, before?.kind === "calling" ? (this.#resends.get(key) ?? 0) + 1 : 0);
        check((this.#resends.get(key) ?? 0) <= this.#world.maxResends, () => `${where()} is sent again too often`);
        check(event.deadlineAt > at, () => `${where()} has no time left`);
        this.#checkReady(event, where);
        return;
      }
      case "attempt_failed":
        check(event.retryAt >= at, () => `${where()} is due in the past`);
        return;
      case "step_waiting":
        checkUntil(event, entry);
        this.#checkReady(event, where);
        return;
      case "signal_awaited":
        this.#checkReady(event, where);
        return;
      case "step_completed":
        if (event.attempt > 0) this.#checkReady(event, where);
        this.#checkNotEarly(before, event, at, where);
        return;
      case "approval_decided":
        check(before?.kind === "awaiting", () => `${where()}: nobody is asked`);
        return;
      case "attempt_handed_over":
      case "attempt_progress":
      case "attempt_reported":
        check(
          before?.kind === "calling" && before.attempt === event.attempt,
          () => `${where()}: that attempt is not under way`,
        );
        return;
      case "foreach_expanded":
        check(!before, () => `${where()}: the step is under way`);
        return;
    }
  }

  #checkNotEarly(
    before: ActiveTask | undefined,
    event: Extract<RunEvent, { kind: "step_completed" }>,
    at: number,
    where: () => string,
  ): void {
    if (before?.kind === "sleeping")
      check(event.outcome !== "success" || at >= before.until, () => `${where()} woke early`);
    if (before?.kind === "calling") check(event.attempt === before.attempt, () => `${where()} settles another attempt`);
  }

  /** Nothing of a step runs before what its expressions certainly refer to has settled. */
  #checkReady(task: TaskAddress, where: () => string): void {
    if (task.undo) return;
    const node = this.tree.runs[task.run];
    const step = node?.plan.steps[task.step];
    const statuses = node && activeTasks(node, task.item)?.status;
    for (const expression of [step?.skip, step?.foreach, step?.input]) {
      for (const other of expression?.statics ?? []) {
        check(isSettled(statuses?.[other]), () => `${where()} did not wait for step ${other}`);
      }
    }
  }

  #count(event: RunEvent, where: () => string): void {
    if ("step" in event && event.kind !== "attempt_progress") {
      this.#handedOver.delete(addressKey(event));
      this.#lost.delete(addressKey(event));
    }
    if (event.kind === "attempt_handed_over") this.#handedOver.add(addressKey(event));
    if (event.kind === "step_started") this.#calling.add(addressKey(event));
    else if (event.kind === "attempt_failed" || event.kind === "step_completed")
      this.#calling.delete(addressKey(event));
    else if (event.kind === "item_completed" || event.kind === "compensation_started")
      this.#drop(`${event.run}/${event.item}/`);
    else if (event.kind === "run_stopping") this.#drop(`${event.run}/`, "/undo");
    else if (event.kind === "run_completed") this.#drop(`${event.run}/`);
    check(
      this.#calling.size === this.tree.calling,
      () => `${this.#calling.size} calls are under way, not ${this.tree.calling}`,
    );
    const cap = this.tree.root?.maxConcurrency ?? 0;
    check(this.#calling.size <= cap, () => `${where()}: more than ${cap} calls are under way`);
    this.#checkShares(event, where);
  }

  /** The bounds of a `foreach` and of a sub-run's items. */
  #checkShares(event: RunEvent, where: () => string): void {
    if (!("step" in event)) return;
    const node = this.tree.runs[event.run];
    const active = [...(node?.items.values() ?? [])].filter(({ kind }) => kind !== "ended").length;
    check(active <= (node?.maxActiveItems ?? Number.POSITIVE_INFINITY), () => `${where()}: too many items are active`);
    const owner = node && !event.undo && activeTasks(node, event.item)?.active.get(event.step);
    const limit = node?.plan.steps[event.step]?.step.maxConcurrency ?? Number.POSITIVE_INFINITY;
    if (owner && owner.kind === "foreach")
      check(owner.tasks.active.size <= limit, () => `${where()}: too many elements are active`);
  }

  #drop(prefix: string, except?: string): void {
    for (const key of this.#calling) {
      if (key.startsWith(prefix) && !(except && key.endsWith(except))) this.#calling.delete(key);
    }
  }
}

interface ItemAddress {
  readonly run: number;
  readonly item: number;
}

function isTimed({ runs }: RunTree, { run, item }: ItemAddress): boolean {
  const state = runs[run]?.items.get(item);
  return state?.kind === "active" && state.deadlineAt !== undefined;
}

/** Its own time, its run's, or where it is already being undone, that of its end before. */
function isOverdue({ runs }: RunTree, { run, item }: ItemAddress, at: number): boolean {
  const state = runs[run]?.items.get(item);
  const own = state?.kind === "active" ? state.deadlineAt : undefined;
  const whole = runs[run]?.deadlineAt;
  if (state?.kind === "compensating") return state.expired === true;
  return (own !== undefined && own <= at) || (whole !== undefined && whole <= at);
}

/** RUN-132, as far as the row tells it. */
function checkUntil({ until }: Extract<RunEvent, { kind: "step_waiting" }>, { at, value, seq }: JournalEntry): void {
  if (value?.kind !== "text") return;
  const told: { readonly duration_ms: number; readonly until?: string } = JSON.parse(value.text);
  const wanted = told.until === undefined ? at + told.duration_ms : Math.max(at, Date.parse(told.until));
  check(until === wanted && until === at + told.duration_ms, () => `row ${seq} sleeps until ${until}, not ${wanted}`);
}

/** The run that must still be running for the event to happen. */
function runOf(event: RunEvent): number | undefined {
  switch (event.kind) {
    case "flow_recorded":
    case "run_created":
      return undefined;
    case "sub_run_created":
      return event.parent.run;
    default:
      return event.run;
  }
}
