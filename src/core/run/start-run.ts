import type { Command } from "./command.ts";
import { EngineFault } from "./engine-fault.ts";
import { nodeAt } from "./evolve.ts";
import { scheduleRun } from "./sub-run.ts";
import { maxFailuresOf } from "./tolerance.ts";
import type { Turn } from "./turn.ts";
import { emit, inline } from "./turn.ts";

/** Writes down the whole submission before anything of it runs. */
export function startRun(turn: Turn, command: Extract<Command, { kind: "start_run" }>): void {
  if (turn.tree.root) throw new EngineFault("journal_out_of_order", "the run was created already");
  const { plan } = command;
  for (const [flowId, text] of command.flows) emit(turn, { kind: "flow_recorded", flowId }, { kind: "text", text });
  emit(
    turn,
    {
      kind: "run_created",
      runId: command.runId,
      namespace: command.namespace,
      flowId: command.flowId,
      planId: plan.flowId,
      itemCount: command.inputs.length,
      maxConcurrency: command.maxConcurrency,
      labels: command.labels,
      files: command.files,
      ...(plan.flow.timeoutMs !== undefined && { deadlineAt: turn.now + plan.flow.timeoutMs }),
      ...maxFailuresOf(command.toleratedFailures, command.inputs.length),
      ...(command.bodyHash !== undefined && { bodyHash: command.bodyHash }),
      ...(command.parent && { parent: command.parent }),
    },
    inline(command.variables ?? {}),
  );
  for (const [item, input] of command.inputs.entries()) emit(turn, { kind: "item_added", run: 0, item }, inline(input));
  scheduleRun(turn, nodeAt(turn.tree, 0));
}
