import type { FlowId } from "../../protocol/ids.ts";
import type { Expression } from "../expression/expression.ts";
import { isLazy } from "../expression/index.ts";
import type { Flow, Step } from "../flow/flow.ts";
import type { Plan, PlanExpression, PlanStep } from "./plan.ts";

/** Prepares a flow for running. Accepts what `validateFlow` finds no fatal fault in; linear in the size of the flow. */
export function compilePlan(flowId: FlowId, flow: Flow): Plan {
  const indexOf = new Map(flow.steps.map((step, index) => [step.id as string, index]));
  const compile = (expression: Expression) => compileExpression(expression, indexOf);
  const steps = flow.steps.map(
    (step, index): PlanStep => ({
      index,
      step,
      skip: step.skip && compile(step.skip),
      foreach: step.foreach && compile(step.foreach),
      input: compileInput(step, compile),
      compensate: compileCompensation(step, index, compile),
    }),
  );
  return {
    flowId,
    flow,
    steps,
    indexOf,
    output: compile(flow.output),
    outputStep: wholeStep(flow.output, indexOf),
    mustExecute: steps.filter(({ step }) => step.mustExecute).map(({ index }) => index),
  };
}

/** What it waits for is what the input and the key of its cache wait for; either is evaluated alone. */
function compileInput({ input, cache }: Step, compile: (expression: Expression) => PlanExpression): PlanExpression {
  if (!cache?.key) return compile(input);
  return { ...compile({ kind: "array", items: [input, cache.key] }), expression: input };
}

function compileCompensation(
  { id, compensate }: Step,
  index: number,
  compile: (expression: Expression) => PlanExpression,
): PlanStep | undefined {
  if (!compensate) return undefined;
  return {
    index,
    step: { id, ...compensate, onError: { kind: "fail" }, mustExecute: false },
    skip: undefined,
    foreach: undefined,
    input: compile(compensate.input),
    compensate: undefined,
  };
}

function compileExpression(expression: Expression, indexOf: ReadonlyMap<string, number>): PlanExpression {
  const statics = new Set<number>();
  const lazies: Expression[] = [];
  const visit = (part: Expression): void => {
    switch (part.kind) {
      case "if":
      case "coalesce":
        lazies.push(part);
        return;
      case "step": {
        const index = indexOf.get(part.step);
        if (isLazy(part)) lazies.push(part);
        else if (index !== undefined) statics.add(index);
        return;
      }
      case "variable":
        if (isLazy(part)) lazies.push(part);
        return;
      case "array":
        part.items.forEach(visit);
        return;
      case "object":
        for (const [, value] of part.entries) visit(value);
        return;
      case "template":
        for (const piece of part.parts) if (typeof piece !== "string") visit(piece);
        return;
      case "literal":
      case "input":
      case "item":
      case "index":
        return;
    }
  };
  visit(expression);
  return { expression, statics: [...statics], lazies };
}

function wholeStep(output: Expression, indexOf: ReadonlyMap<string, number>): number | undefined {
  if (output.kind !== "step" || output.path.length > 0 || output.onSkip.kind !== "skip") return undefined;
  return indexOf.get(output.step);
}
