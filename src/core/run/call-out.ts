import type { Json } from "../../protocol/json.ts";
import type { CallTarget } from "../ports/component-resolver.ts";
import type { CachedCall } from "../ports/transport.ts";
import { EngineFault } from "./engine-fault.ts";
import type { TaskAddress } from "./event.ts";
import { nodeAt } from "./evolve.ts";
import { lastProgress } from "./progress.ts";
import { withOrdinal } from "./run-id.ts";
import type { Tries } from "./state.ts";
import { activeTask } from "./state.ts";
import { stepAt, taskIdOf } from "./task.ts";
import type { Turn } from "./turn.ts";
import { emit, inline } from "./turn.ts";

export interface Departure {
  readonly attempt: number;
  readonly tries: Tries;
  readonly componentId: string;
  readonly target: CallTarget;
  readonly cache?: CachedCall;
  /** The call tells somebody of an approval. */
  readonly notice?: { readonly asking: number; readonly timeoutMs: number; readonly request: Json };
}

/** Journals the attempt, then lets it leave (A2). */
export function callOut(turn: Turn, task: TaskAddress, departure: Departure, input: Json): void {
  const { root } = turn.tree;
  if (!root) throw new EngineFault("unknown_address", "a call before the run was created");
  const node = nodeAt(turn.tree, task.run);
  const { step } = stepAt(turn.tree, task);
  const { attempt, tries, target, notice } = departure;
  const bound = step.timeoutMs ?? target.timeoutMs ?? turn.settings.callTimeoutMs;
  const deadlineAt = turn.now + Math.min(bound, turn.settings.callTimeoutMs);
  const told = lastProgress(turn, activeTask(turn.tree, task));
  const started = { kind: "step_started", ...task, attempt, deadlineAt } as const;
  if (notice) {
    const { asking, timeoutMs, request } = notice;
    emit(turn, { ...started, notice: { asking, timeoutMs } }, inline(request));
  } else emit(turn, started);
  turn.schedule.timers.push({ kind: "deadline", at: deadlineAt, task, attempt });
  const runId = withOrdinal(root.runId, node.ordinal);
  const taskId = taskIdOf(turn.tree, task);
  turn.effects.push({
    kind: "call",
    task,
    call: {
      taskId,
      idempotencyKey: `${taskId}:${tries.transport + tries.component}`,
      attempt,
      namespace: root.namespace,
      runId,
      rootRunId: root.parent?.rootRunId ?? root.runId,
      flowId: node.flowId,
      stepId: step.id,
      itemIndex: task.item + (node.ordinal === 0 ? (root.parent?.chunk?.firstItem ?? 0) : 0),
      depth: node.depth,
      plugin: target.plugin,
      componentId: departure.componentId,
      ...(target.pathParams && { pathParams: target.pathParams }),
      input,
      deadlineAt,
      files: root.files,
      ...(told && { lastProgress: told }),
      ...(departure.cache && { cache: departure.cache }),
    },
  });
}
