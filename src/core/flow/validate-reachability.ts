import { referencedSteps } from "../expression/index.ts";
import type { Report } from "./field-reader.ts";
import type { Flow } from "./flow.ts";

/** Steps that no step and no output mentions. As in the reference this is not transitive and does not look at `mustExecute`. */
export function validateReachability(flow: Flow, report: Report): void {
  const mentioned = new Set(referencedSteps(flow.output));
  for (const { input, skip, foreach, cache } of flow.steps) {
    for (const expression of [input, skip, foreach, cache?.key]) {
      if (expression) for (const step of referencedSteps(expression)) mentioned.add(step);
    }
  }
  for (const [index, { id, mustExecute }] of flow.steps.entries()) {
    if (mentioned.has(id)) continue;
    report("unreachableStep", `Step '${id}' is not reachable from the output`, ["steps", index], {
      data: { step_id: id },
      hint: mustExecute
        ? "It runs all the same, because of mustExecute."
        : "It will not run: refer to it, or set mustExecute: true.",
    });
  }
}
