import type { Namespace, TaskId } from "../protocol/ids.ts";
import type { Capabilities } from "./capabilities.ts";

const PURPOSE = "task";
/** As long as a run may be open; the deadline of the attempt itself is in the journal. */
const VALID_MS = 366 * 24 * 60 * 60 * 1000;

/** What a token permits: to report what one attempt at one task came to. */
export interface TaskTicket {
  readonly namespace: Namespace;
  readonly taskId: TaskId;
  readonly attempt: number;
}
type TaskToken =
  | { readonly kind: "valid"; readonly ticket: TaskTicket }
  | { readonly kind: "expired" }
  | { readonly kind: "forged" };

/** Tokens for attempts that a worker answers later. Whoever holds one may report, and nothing else. */
export class TaskTokens {
  readonly #capabilities: Capabilities;
  readonly #now: () => number;

  constructor(capabilities: Capabilities, now: () => number) {
    this.#capabilities = capabilities;
    this.#now = now;
  }

  issue({ namespace, taskId, attempt }: TaskTicket): string {
    return this.#capabilities.issue(PURPOSE, [namespace, taskId, attempt, this.#now() + VALID_MS]);
  }

  read(token: string): TaskToken {
    const content = this.#capabilities.read(PURPOSE, token);
    if (!Array.isArray(content)) return { kind: "forged" };
    const [namespace, taskId, attempt, expiresAt] = content;
    if (
      typeof namespace !== "string" ||
      typeof taskId !== "string" ||
      typeof attempt !== "number" ||
      typeof expiresAt !== "number"
    ) {
      return { kind: "forged" };
    }
    if (expiresAt <= this.#now()) return { kind: "expired" };
    return { kind: "valid", ticket: { namespace: namespace as Namespace, taskId: taskId as TaskId, attempt } };
  }
}
