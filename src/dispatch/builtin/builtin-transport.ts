import type { TaskOutcome } from "../../core/ports/task-outcome.ts";
import type { AttemptCall, Transport } from "../../core/ports/transport.ts";
import type { ComponentInfo } from "../../protocol/component.ts";
import { withinDeadline } from "../deadline.ts";
import type { BuiltinDeps } from "./builtin.ts";
import { findBuiltin, listBuiltins } from "./index.ts";

/** Executes the builtins that leave the object (blobs, files, models, expressions). */
export class BuiltinTransport implements Transport {
  readonly #deps: BuiltinDeps;

  constructor(deps: BuiltinDeps) {
    this.#deps = deps;
  }

  async execute(call: AttemptCall, signal: AbortSignal): Promise<TaskOutcome> {
    const builtin = findBuiltin(call.componentId);
    if (builtin?.kind !== "call") {
      const message = builtin
        ? `the builtin ${call.componentId} is not called: the engine carries it out`
        : `there is no builtin ${call.componentId}`;
      return { kind: "failed", error: { code: "COMPONENT_NOT_FOUND", message } };
    }
    return withinDeadline(call, signal, this.#deps.timers, (attemptSignal) =>
      builtin.execute(call, this.#deps, attemptSignal),
    );
  }

  async listComponents(): Promise<readonly ComponentInfo[]> {
    return listBuiltins();
  }
}
