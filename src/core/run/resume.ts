/** Puts a task that is under way back into the schedule: its timers, and for a `foreach` the elements still to come. */
import type { TaskAddress } from "./event.ts";
import { nodeAt } from "./evolve.ts";
import type { ActiveTask } from "./state.ts";
import type { Turn } from "./turn.ts";

export function resumeTask(turn: Turn, task: TaskAddress, active: ActiveTask): void {
  const { timers, sources, agenda } = turn.schedule;
  switch (active.kind) {
    case "calling":
      timers.push({ kind: "deadline", at: active.deadlineAt, task, attempt: active.attempt });
      return;
    case "backing_off":
      timers.push({ kind: "retry", at: active.retryAt, task });
      return;
    case "sleeping":
      timers.push({ kind: "sleep", at: active.until, task });
      return;
    case "awaiting":
      if (active.until !== undefined) timers.push({ kind: "wait", at: active.until, task });
      return;
    case "sub_run":
      // A sub-run that is under way comes back by itself; one that has ended was not taken up by its parent yet.
      if (nodeAt(turn.tree, active.child).status !== "running")
        agenda.push({ kind: "continue_parent", run: active.child });
      return;
    case "foreach": {
      const step = nodeAt(turn.tree, task.run).plan.steps[task.step];
      sources.push({
        kind: "elements",
        task,
        next: 0,
        active: active.tasks.active.size,
        limit: step?.step.maxConcurrency ?? Number.POSITIVE_INFINITY,
      });
      for (const [element, inner] of active.tasks.active) resumeTask(turn, { ...task, element }, inner);
      if (active.tasks.settled === active.tasks.status.length) agenda.push({ kind: "finish_foreach", task });
      return;
    }
  }
}
