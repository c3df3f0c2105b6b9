/** What a run came to, folded from its journal: the results of its steps, elements and items, without those of its sub-runs. */
import type { Outcome } from "../../protocol/flow-result.ts";
import type { StoredValue } from "../ports/journal.ts";
import type { RunEvent } from "../run/event.ts";

export interface RecordedResult {
  readonly outcome: Outcome;
  /** The result or the error; absent where there is none, or where it is that of a step (below). */
  readonly value?: StoredValue;
}
/** A `foreach` step that did not come to its end, or failed. */
export interface RecordedForeach {
  readonly array: StoredValue;
  readonly count: number;
  readonly elements: Map<number, RecordedResult>;
}
export interface RecordedItem {
  /** By index of the step. */
  readonly steps: Map<number, RecordedResult>;
  readonly foreachs: Map<number, RecordedForeach>;
  /** By index: what they came to was undone. */
  undone: ReadonlySet<number>;
  /** `isStep`: the value is that of the step which is the flow's whole output. */
  end: (RecordedResult & { readonly isStep: boolean }) | undefined;
}

/** A journal entry that says how the run's own tasks and items ended, with its value wherever that lies. */
export interface RecordedEntry {
  readonly event: RunEvent;
  readonly value?: StoredValue;
}

const NONE: ReadonlySet<number> = new Set();

/** Whether an event belongs into a recording. `steps`: of which steps results are wanted. */
export function isRecorded(event: RunEvent, steps: ReadonlySet<number>): boolean {
  if (!("run" in event) || event.run !== 0) return false;
  switch (event.kind) {
    case "item_added":
    case "item_completed":
      return true;
    case "step_completed":
    case "foreach_expanded":
      // The `step` of a compensation is a place in a queue.
      return !event.undo && steps.has(event.step);
    default:
      return false;
  }
}

export class Recording {
  /** By item. */
  readonly inputs: StoredValue[] = [];
  readonly items = new Map<number, RecordedItem>();

  add({ event, value }: RecordedEntry): void {
    switch (event.kind) {
      case "item_added":
        if (value) this.inputs[event.item] = value;
        return;
      case "foreach_expanded":
        if (!value) return;
        this.#item(event.item).foreachs.set(event.step, { array: value, count: event.count, elements: new Map() });
        return;
      case "step_completed": {
        const { steps, foreachs } = this.#item(event.item);
        const result = { outcome: event.outcome, ...(value && { value }) };
        if (event.element !== undefined) foreachs.get(event.step)?.elements.set(event.element, result);
        else {
          steps.set(event.step, result);
          if (event.outcome !== "failed") foreachs.delete(event.step);
        }
        return;
      }
      case "item_completed":
        this.#item(event.item).end = {
          outcome: event.outcome,
          // A failed one's error may lie in the row in which it was begun to be undone.
          isStep: event.from !== undefined && event.outcome !== "failed",
          ...(value && { value }),
        };
        return;
      default:
        return;
    }
  }

  noteUndone(item: number, steps: readonly number[]): void {
    this.#item(item).undone = new Set(steps);
  }

  #item(index: number): RecordedItem {
    const known = this.items.get(index);
    if (known) return known;
    const item: RecordedItem = { steps: new Map(), foreachs: new Map(), undone: NONE, end: undefined };
    this.items.set(index, item);
    return item;
  }
}
