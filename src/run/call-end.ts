import type { TaskOutcome } from "../core/ports/task-outcome.ts";
import type { AttemptReply, CachedCall } from "../core/ports/transport.ts";

/** How a call that has left this object came to its end. */
export type CallEnd =
  | TaskOutcome
  /** `cache`: others may wait for what is reported. */
  | (Extract<AttemptReply, { kind: "handed_over" }> & { readonly cache?: CachedCall })
  /** Whoever held the call is gone, and nobody knows what came of it. */
  | { readonly kind: "lost" };
