import type { Command } from "../core/run/command.ts";
import { withOrdinal } from "../core/run/run-id.ts";
import type { RunNode, RunTree } from "../core/run/state.ts";
import type { RunReply } from "./run-api.ts";

export type HoldCommand = Extract<Command, { by: unknown }>;

/** Why a run cannot be paused or resumed. */
export function refuseHold(
  { root, pausedBy }: RunTree,
  node: RunNode,
  { kind, by }: HoldCommand,
): Extract<RunReply<never>, { ok: false }> | undefined {
  const verb = kind === "pause_run" ? "pause" : "resume";
  if (!root) return { ok: false, fault: { kind: "not_found" } };
  const refuse = (message: string) => ({ ok: false, fault: { kind: "precondition", message } }) as const;
  if (node.ordinal !== 0) {
    const runId = withOrdinal(root.runId, node.ordinal);
    return refuse(`run ${runId} is a sub-run and is paused with its tree: ${verb} its root run ${root.runId}`);
  }
  if (node.status !== "running")
    return refuse(`run ${root.runId} has ended (${node.status}): there is nothing to ${verb}`);
  if (kind === "resume_run" && by === "request" && pausedBy.includes("parent")) {
    return refuse(`run ${root.runId} is paused with the run that started it: resume run ${root.parent?.runId}`);
  }
  return undefined;
}
