import { assertNever } from "./assert-never.ts";
import type { RunStatus } from "./run.ts";

/** Whether a run of this status never changes again. */
export function hasEnded(status: RunStatus): boolean {
  switch (status) {
    case "running":
    case "paused":
      return false;
    case "completed":
    case "failed":
    case "cancelled":
    case "recoveryFailed":
      return true;
    default:
      return assertNever(status);
  }
}
