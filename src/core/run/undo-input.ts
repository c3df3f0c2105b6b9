import type { Expression } from "../expression/index.ts";
import { evaluate } from "../expression/index.ts";
import type { Evaluation, Scope } from "../expression/scope.ts";
import type { Engine } from "./engine.ts";
import { EngineFault } from "./engine-fault.ts";
import type { TaskAddress } from "./event.ts";
import { scopeOver } from "./item-scope.ts";
import { completionOf, keptTasks } from "./undo.ts";

/**
 * The resolved input of a compensation: it sees what the step's input saw, the earlier steps as they were when their item ended,
 * and the result of the step itself (of the element, in a `foreach`). What cannot be told is EXPRESSION_FAILURE, whatever stands
 * behind it.
 */
export function undoInput(engine: Engine, task: TaskAddress, expression: Expression): Evaluation {
  const result = evaluate(expression, undoScope(engine, task));
  switch (result.kind) {
    case "value":
    case "not_resident":
      return result;
    case "failed":
      return unusable(result.error.message);
    case "skipped":
      return unusable("it refers to a step that was skipped; give the reference onSkip: { action: useDefault }");
  }
}

function undoScope(engine: Engine, task: TaskAddress): Scope {
  const { tree, values } = engine;
  const of = completionOf(tree, task);
  const node = of && tree.runs[of.run];
  if (!of || !node) throw new EngineFault("unknown_address", "a compensation of nothing");
  const element = of.element === undefined ? undefined : { index: of.element, arraySeq: of.arraySeq };
  const scope = scopeOver(engine, node, of.item, keptTasks(node, of.item), element);
  const own = node.plan.steps[of.step]?.step.id;
  return {
    ...scope,
    step: (id) => (id === own ? { kind: "success", read: () => values.read(of.valueSeq) } : scope.step(id)),
  };
}

function unusable(why: string): Evaluation {
  return {
    kind: "failed",
    error: { code: "EXPRESSION_FAILURE", message: `the input of the compensation cannot be evaluated: ${why}` },
  };
}
