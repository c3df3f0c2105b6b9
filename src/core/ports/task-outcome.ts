import type { TaskError } from "../../protocol/task-error.ts";
import type { Value } from "./value.ts";

/** What an executed attempt came to. Transports map their world to this; the core alone decides the retry. */
export type TaskOutcome =
  /** `cached`: it is the result of an earlier call. `warnings`: what was odd about the call but did not matter to the component. */
  | {
      readonly kind: "success";
      readonly value: Value;
      readonly cached?: true;
      readonly warnings?: readonly string[];
    }
  /** The component's own verdict, or a transport failure mapped to TIMEOUT / UNREACHABLE. `retryAfterMs`: the worker's `Retry-After`. */
  | {
      readonly kind: "failed";
      readonly error: TaskError;
      readonly retryAfterMs?: number;
      readonly warnings?: readonly string[];
    }
  /**
   * An unexpected throw in a builtin or mock. The engine makes of it UNREACHABLE `step "<id>" failed` with `data.stack`
   * (flow-semantics §3.4): `attachments` go to the first entry, each of `causes` is a further entry.
   */
  | { readonly kind: "crashed"; readonly attachments: readonly string[]; readonly causes: readonly string[] };
