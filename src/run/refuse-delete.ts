import { withOrdinal } from "../core/run/run-id.ts";
import type { RunNode, RunTree } from "../core/run/state.ts";
import { precondition } from "./precondition.ts";
import type { RunReply } from "./run-api.ts";

/** Why a run cannot be deleted; nothing if it can. */
export function refuseDelete(
  { runId: rootRunId, parent }: NonNullable<RunTree["root"]>,
  { ordinal, status }: Pick<RunNode, "ordinal" | "status">,
  withItsRun: boolean,
): Extract<RunReply<never>, { ok: false }> | undefined {
  const runId = withOrdinal(rootRunId, ordinal);
  if (ordinal !== 0) return precondition(`run ${runId} is a sub-run: delete its root run ${rootRunId}`);
  if (status === "running") return precondition(`run ${runId} is still running: cancel it first`);
  if (parent?.chunk && !withItsRun)
    return precondition(`run ${runId} is a part of run ${parent.runId}: delete its root ${parent.rootRunId}`);
  return undefined;
}
