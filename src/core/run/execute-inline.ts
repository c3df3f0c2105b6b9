import type { Json } from "../../protocol/json.ts";
import type { InlineComponent } from "../ports/component-resolver.ts";
import type { TaskOutcome } from "../ports/task-outcome.ts";

export function executeInline(component: InlineComponent, input: Json): TaskOutcome {
  try {
    return component.execute(input);
  } catch (error) {
    return { kind: "crashed", attachments: [], causes: [error instanceof Error ? error.message : String(error)] };
  }
}
