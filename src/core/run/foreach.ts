/** The end of a `foreach` step: results in item order, `null` for a skipped element, the error of the lowest index that failed. */

import type { BlobId } from "../../protocol/ids.ts";
import type { Json } from "../../protocol/json.ts";
import type { TaskError } from "../../protocol/task-error.ts";
import { boundResult } from "./bound-result.ts";
import { completeTask } from "./complete-task.ts";
import type { TaskAddress } from "./event.ts";
import { activeTask, TASK_FAILED, TASK_SKIPPED } from "./state.ts";
import type { Turn } from "./turn.ts";
import { inline, park } from "./turn.ts";

export function finishForeach(turn: Turn, task: TaskAddress): void {
  const active = activeTask(turn.tree, task);
  if (active?.kind !== "foreach" || active.tasks.settled < active.tasks.status.length) return;
  const { status, valueSeq } = active.tasks;
  const dropSource = () => {
    const { sources } = turn.schedule;
    const at = sources.findIndex((source) => source.kind === "elements" && isSameTask(source.task, task));
    if (at >= 0) sources.splice(at, 1);
  };

  const failed = status.indexOf(TASK_FAILED);
  if (failed >= 0) {
    const error = turn.values.read(valueSeq[failed] ?? 0);
    if (error.kind === "not_resident") {
      park(turn, { kind: "finish_foreach", task }, error.blobs);
      return;
    }
    dropSource();
    completeTask(turn, task, { outcome: "failed", error: error.value as unknown as TaskError }, 1);
    return;
  }

  const results: Json[] = [];
  const missing: BlobId[] = [];
  for (const [index, seq] of valueSeq.entries()) {
    const read = status[index] === TASK_SKIPPED ? ({ kind: "value", value: null } as const) : turn.values.read(seq);
    if (read.kind === "value") results.push(read.value);
    else missing.push(...read.blobs);
  }
  if (missing.length > 0) {
    park(turn, { kind: "finish_foreach", task }, missing);
    return;
  }
  dropSource();
  // What its elements gave was bounded one by one.
  const whole = boundResult(inline(results), turn.settings.maxResultBytes);
  if (whole.kind === "success") completeTask(turn, task, { outcome: "success", value: whole.value }, 1);
  else completeTask(turn, task, { outcome: "failed", error: whole.error }, 1);
}

function isSameTask(a: TaskAddress, b: TaskAddress): boolean {
  return a.run === b.run && a.item === b.item && a.step === b.step;
}
