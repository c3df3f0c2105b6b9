/** What must hold of what workers tell of their progress: RUN-160 and RUN-161. */
import type { JournalEntry } from "../../src/core/ports/journal.ts";
import type { AttemptCall } from "../../src/core/ports/transport.ts";
import type { TaskAddress } from "../../src/core/run/event.ts";
import { check } from "./simulation-failure.ts";
import { addressKey } from "./task-names.ts";

export class ProgressCheck {
  /** By task: the last word that is in the journal. */
  readonly #told = new Map<string, string>();

  appended({ event, value }: JournalEntry): void {
    if (event.kind === "step_completed") this.#told.delete(addressKey(event));
    if (event.kind !== "attempt_progress") return;
    check(value?.kind === "text", () => `${addressKey(event)} tells nothing`);
    this.#told.set(addressKey(event), value.text);
  }

  /** An attempt leaves. */
  called(task: TaskAddress, { taskId, lastProgress }: AttemptCall): void {
    const [told, given] = [this.#told.get(addressKey(task)), lastProgress && JSON.stringify(lastProgress)];
    check(told === given, () => `${taskId} is given ${given} as the last word, and not ${told}`);
  }
}
