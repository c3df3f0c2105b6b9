/** What must hold of compensations after every row: RUN-135, RUN-136 and RUN-141. */
import type { JournalEntry } from "../../src/core/ports/journal.ts";
import type { Completion, RunTree } from "../../src/core/run/state.ts";
import { TASK_SUCCESS } from "../../src/core/run/state.ts";
import { completionOf, keptTasks } from "../../src/core/run/undo.ts";
import { check } from "./simulation-failure.ts";
import { addressKey } from "./task-names.ts";

export class CompensationCheck {
  /** Tasks that somebody has taken on to undo. */
  readonly #taken = new Set<string>();
  readonly #undone = new Set<string>();
  readonly #completed = new Set<string>();

  /** Judged by the state before the row. */
  before(tree: RunTree, { event, seq }: JournalEntry): void {
    const where = () => `row ${seq} ${JSON.stringify(event)}`;
    if (event.kind === "run_completed")
      check(tree.runs[event.run]?.compensating === 0, () => `${where()} while something of it is being undone`);
    const task = event.kind === "sub_run_created" ? event.parent : event;
    if (!("step" in task)) return;
    const node = tree.runs[task.run];
    const state = node?.items.get(task.item);
    if (!task.undo) {
      check(state?.kind !== "compensating" && !node?.stopping, () => `${where()}: something else goes on`);
      return;
    }
    check(state?.kind === "compensating", () => `${where()}: nothing of the item is undone`);
    check(task.step === state.undoTasks.settled, () => `${where()} is not the next one`);
    for (const run of state.waitsFor)
      check(tree.runs[run]?.status !== "running", () => `${where()} comes before the end of run ${run}`);
  }

  /** Judged by the state after it. */
  after(tree: RunTree, { event, seq }: JournalEntry): void {
    const where = () => `row ${seq} ${JSON.stringify(event)}`;
    if (event.kind === "step_completed" && !event.undo && event.undoable) this.#completed.add(addressKey(event));
    if (event.kind === "step_completed" && event.undo && event.outcome === "success") {
      const of = completionOf(tree, event);
      check(of !== undefined && !this.#undone.has(addressKey(of)), () => `${where()} is undone twice`);
      this.#undone.add(addressKey(of));
    }
    if (event.kind !== "compensation_started") return;
    const state = tree.runs[event.run]?.items.get(event.item);
    check(state?.kind === "compensating", () => `${where()} had no effect`);
    let last = seq;
    for (const of of state.queue) {
      check(of.seq < last, () => `${where()} undoes ${addressKey(of)} out of turn`);
      last = of.seq;
      this.#checkTaken(tree, of, where);
    }
  }

  #checkTaken(tree: RunTree, of: Completion, where: () => string): void {
    const key = addressKey(of);
    check(this.#completed.has(key), () => `${where()} undoes ${key}, which has not completed`);
    check(!this.#taken.has(key), () => `${where()} undoes ${key}, which somebody else undoes`);
    this.#taken.add(key);
    const tasks = keptTasks(tree.runs[of.run], of.item);
    check(tasks !== undefined, () => `${where()}: what ${key} refers to is gone`);
    if (of.element === undefined)
      check(tasks.status[of.step] === TASK_SUCCESS, () => `${where()}: ${key} did not succeed`);
  }
}
