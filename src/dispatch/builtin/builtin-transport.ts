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
    return withinDeadline(call, signal, this.#deps.timers, async (attemptSignal) => {
      try {
        return await builtin.execute(call, this.#deps, attemptSignal);
      } catch (cause) {
        return { kind: "crashed", attachments: [], causes: describeCauses(cause) };
      }
    });
  }

  async listComponents(): Promise<readonly ComponentInfo[]> {
    return listBuiltins();
  }
}

function describeCauses(cause: unknown): readonly string[] {
  const messages: string[] = [];
  for (let current: unknown = cause; current !== undefined && messages.length < 8; ) {
    messages.push(current instanceof Error ? current.message : String(current));
    current = current instanceof Error ? current.cause : undefined;
  }
  return messages;
}
