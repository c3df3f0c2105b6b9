/** Something on the agenda cannot be carried out, now or ever: whatever it was for fails. */
import type { TaskError } from "../../protocol/task-error.ts";
import { completeTask } from "./complete-task.ts";
import { nodeAt } from "./evolve.ts";
import { endItem } from "./item.ts";
import type { Agendum, ItemSchedule } from "./schedule.ts";
import { isUnderWay, OUTPUT } from "./schedule.ts";
import { mayStart } from "./start-task.ts";
import { activeTask } from "./state.ts";
import type { Turn } from "./turn.ts";

export function giveUp(turn: Turn, agendum: Agendum, error: TaskError): void {
  if ("item" in agendum && !isUnderWay(turn.schedule, agendum.item)) return;
  switch (agendum.kind) {
    case "open_phase":
    case "phase_ready":
      failOwner(turn, agendum.item, agendum.owner, error);
      return;
    case "look_again":
      failOwner(turn, agendum.item, agendum.watch.owner, error);
      return;
    case "finish_item":
      failOwner(turn, agendum.item, OUTPUT, error);
      return;
    case "start_task":
      if (mayStart(turn, agendum.task, agendum.lost)) completeTask(turn, agendum.task, { outcome: "failed", error }, 0);
      return;
    case "finish_foreach":
      if (activeTask(turn.tree, agendum.task)?.kind === "foreach")
        completeTask(turn, agendum.task, { outcome: "failed", error }, 0);
      return;
    case "compensate":
      return;
    case "continue_parent": {
      const task = nodeAt(turn.tree, agendum.run).parent?.task;
      const active = task && activeTask(turn.tree, task);
      if (task && active?.kind === "sub_run" && active.child === agendum.run)
        completeTask(turn, task, { outcome: "failed", error }, active.attempt);
      return;
    }
    case "match_wait": {
      const active = activeTask(turn.tree, agendum.task);
      if (active?.kind === "awaiting") completeTask(turn, agendum.task, { outcome: "failed", error }, active.attempt);
      return;
    }
    case "match_signal":
      // It stays kept: another wait may have more luck.
      return;
  }
}

function failOwner(turn: Turn, item: ItemSchedule, owner: number, error: TaskError): void {
  if (owner === OUTPUT) endItem(turn, nodeAt(turn.tree, item.run), item.item, { kind: "failed", error });
  else completeTask(turn, { run: item.run, item: item.item, step: owner }, { outcome: "failed", error }, 0);
}
