/** Writes down what a run takes over from an earlier one, before anything of it runs. */
import type { ReusedItem } from "../reuse/index.ts";
import type { Turn } from "./turn.ts";
import { emit } from "./turn.ts";

export function takeOver(turn: Turn, items: readonly ReusedItem[]): void {
  for (const reused of items) {
    const { item } = reused;
    const rows = new Map<number, number>();
    for (const { step, result } of reused.steps) {
      const event = {
        kind: "step_completed",
        run: 0,
        item,
        step,
        outcome: result.outcome,
        attempt: 0,
        reused: true,
      } as const;
      rows.set(step, emit(turn, event, result.value));
    }
    for (const { step, array, count, elements } of reused.foreachs) {
      emit(turn, { kind: "foreach_expanded", run: 0, item, step, count, reused: true }, array);
      for (const [element, { outcome, value }] of elements) {
        const event = {
          kind: "step_completed",
          run: 0,
          item,
          step,
          element,
          outcome,
          attempt: 0,
          reused: true,
        } as const;
        emit(turn, event, value);
      }
    }
    if (!reused.end) continue;
    const { outcome, step, value } = reused.end;
    const from = step === undefined ? undefined : rows.get(step);
    emit(
      turn,
      { kind: "item_completed", run: 0, item, outcome, reused: true, ...(from !== undefined && { from }) },
      value,
    );
  }
}
