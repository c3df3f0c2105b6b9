import type { TaskOutcome } from "../core/ports/task-outcome.ts";
import type { Transport } from "../core/ports/transport.ts";
import type { ComponentInfo } from "../protocol/component.ts";

/** Stands for a plugin that cannot be reached from where the orchestrator runs, and says why. */
export class UnreachableTransport implements Transport {
  readonly #reason: string;

  constructor(reason: string) {
    this.#reason = reason;
  }

  async execute(): Promise<TaskOutcome> {
    return { kind: "failed", error: { code: "ORCHESTRATOR_ERROR", message: this.#reason } };
  }

  async listComponents(): Promise<readonly ComponentInfo[]> {
    throw new Error(this.#reason);
  }
}
