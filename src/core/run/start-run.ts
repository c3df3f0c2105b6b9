import type { Command } from "./command.ts";
import { boundsField } from "./component-bounds.ts";
import { EngineFault } from "./engine-fault.ts";
import { nodeAt } from "./evolve.ts";
import { addItems, scheduleRun } from "./sub-run.ts";
import { takeOver } from "./take-over.ts";
import { maxFailuresOf } from "./tolerance.ts";
import type { Turn } from "./turn.ts";
import { emit, inline } from "./turn.ts";

/** Writes down the whole submission before anything of it runs. */
export function startRun(turn: Turn, command: Extract<Command, { kind: "start_run" }>): void {
  if (turn.tree.root) throw new EngineFault("journal_out_of_order", "the run was created already");
  const { plan, takeOver: taken } = command;
  const inputs = taken?.inputs ?? command.inputs.map(inline);
  for (const [flowId, text] of command.flows) emit(turn, { kind: "flow_recorded", flowId }, { kind: "text", text });
  emit(
    turn,
    {
      kind: "run_created",
      runId: command.runId,
      namespace: command.namespace,
      flowId: command.flowId,
      planId: plan.flowId,
      itemCount: inputs.length,
      maxConcurrency: command.maxConcurrency,
      labels: command.labels,
      files: command.files,
      ...deadline(turn, command),
      ...(command.maxActiveItems !== undefined && { maxActiveItems: command.maxActiveItems }),
      ...maxFailuresOf(command.toleratedFailures, inputs.length),
      ...(command.bodyHash !== undefined && { bodyHash: command.bodyHash }),
      ...boundsField(command.allowComponents ?? []),
      ...(command.parent && { parent: command.parent }),
      ...(taken && { origin: taken.origin }),
      ...(command.secrets && { secrets: command.secrets }),
    },
    taken?.variables ?? inline(command.variables ?? {}),
  );
  if (taken) {
    for (const [item, input] of inputs.entries()) emit(turn, { kind: "item_added", run: 0, item }, input);
    takeOver(turn, taken.items);
  } else {
    // A chunk is not cut again.
    addItems(turn, nodeAt(turn.tree, 0), command.inputs, !command.parent?.chunk);
  }
  scheduleRun(turn, nodeAt(turn.tree, 0));
}

function deadline(turn: Turn, { plan, deadlineAt }: Extract<Command, { kind: "start_run" }>): { deadlineAt?: number } {
  if (deadlineAt !== undefined) return { deadlineAt };
  return plan.flow.timeoutMs === undefined ? {} : { deadlineAt: turn.now + plan.flow.timeoutMs };
}
