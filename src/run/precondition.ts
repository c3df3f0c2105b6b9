import type { RunReply } from "./run-api.ts";

/** Refuses what is not possible in the state that the run is in. */
export function precondition(message: string): Extract<RunReply<never>, { ok: false }> {
  return { ok: false, fault: { kind: "precondition", message } };
}
