import { assertNever } from "../../protocol/assert-never.ts";
import { nearestName } from "../diagnostics/index.ts";
import { type Expression, formatPath, type Path } from "../expression/index.ts";
import { isObject, type Report } from "./field-reader.ts";
import type { Flow } from "./flow.ts";
import { variableDefault } from "./flow-variables.ts";

/** References go to steps that come earlier, to variables that exist, and to the element only inside a `foreach`. */
export function validateReferences(flow: Flow, report: Report): void {
  const earlier = new Set<string>();
  const all = new Set<string>(flow.steps.map(({ id }) => id));
  for (const [index, step] of flow.steps.entries()) {
    const check = (name: string, expression: Expression | undefined, hasItem: boolean, inside: Path = []) => {
      if (expression)
        checkExpression(expression, ["steps", index, name, ...inside], {
          flow,
          report,
          all,
          earlier,
          from: step.id,
          hasItem,
        });
    };
    check("skip", step.skip, false);
    check("foreach", step.foreach, false);
    check("input", step.input, step.foreach !== undefined);
    check("cache", step.cache?.key, step.foreach !== undefined, ["key"]);
    const { foreach } = step;
    if (foreach && (foreach.kind === "object" || (foreach.kind === "literal" && !Array.isArray(foreach.value)))) {
      report("foreachNotAnArray", `The foreach of step '${step.id}' gives no array`, ["steps", index, "foreach"], {
        hint: "Refer to an array: foreach: { $input: $.items }.",
      });
    }
    earlier.add(step.id);
    if (step.compensate) {
      const at = ["steps", index, "compensate", "input"];
      const hasItem = step.foreach !== undefined;
      checkExpression(step.compensate.input, at, { flow, report, all, earlier, from: step.id, hasItem, hasRun: true });
    }
  }
  checkExpression(flow.output, ["output"], { flow, report, all, earlier, from: "workflow_output", hasItem: false });
}

/** Beyond this many steps a misspelt id is not compared with all of them: a flow can be wrong thousands of times. */
const MAX_COMPARED_NAMES = 200;

interface Surroundings {
  readonly flow: Flow;
  readonly report: Report;
  readonly all: ReadonlySet<string>;
  readonly earlier: ReadonlySet<string>;
  /** The step whose expression this is; `workflow_output` for the output. */
  readonly from: string;
  readonly hasItem: boolean;
  /** The step has its result when the expression is evaluated: it is that of its compensation. */
  readonly hasRun?: true;
}

function checkExpression(expression: Expression, at: Path, around: Surroundings): void {
  switch (expression.kind) {
    case "step":
      checkStep(expression, at, around);
      if (expression.onSkip.kind === "use_default")
        checkExpression(expression.onSkip.value, [...at, "onSkip", "defaultValue"], around);
      return;
    case "input":
      if (expression.path.length > 0 && around.flow.schemas?.input === undefined) {
        reportFieldAccess("workflow_input", expression.path, "no input schema available", at, around.report);
      }
      return;
    case "variable":
      checkVariable(expression.path, expression.default !== undefined, at, around);
      if (expression.default) checkExpression(expression.default, at, around);
      return;
    case "item":
    case "index":
      if (!around.hasItem) {
        around.report("itemOutsideForeach", `$${expression.kind} is used outside of the input of a foreach step`, at, {
          hint: "Give the step a `foreach:`; only its input sees the element.",
        });
      }
      return;
    case "array":
    case "coalesce":
      for (const [index, item] of expression.items.entries()) checkExpression(item, [...at, index], around);
      return;
    case "object":
      for (const [key, value] of expression.entries) checkExpression(value, [...at, key], around);
      return;
    case "if":
      checkExpression(expression.condition, [...at, "condition"], around);
      checkExpression(expression.then, [...at, "then"], around);
      if (expression.else) checkExpression(expression.else, [...at, "else"], around);
      return;
    case "template":
      for (const part of expression.parts) if (typeof part !== "string") checkExpression(part, at, around);
      return;
    case "literal":
      return;
    default:
      assertNever(expression);
  }
}

function checkStep(
  { step, path }: Extract<Expression, { kind: "step" }>,
  at: Path,
  { from, all, earlier, report, hasRun }: Surroundings,
): void {
  if (step === from && !hasRun) {
    report("selfReference", `Step '${step}' references itself`, at, {
      data: { step_id: step },
      hint: "A step cannot wait for its own result.",
    });
  } else if (!earlier.has(step)) {
    const isLater = all.has(step);
    const near = isLater || earlier.size > MAX_COMPARED_NAMES ? undefined : nearestName(step, earlier);
    const advice =
      near === undefined ? "Steps can refer only to steps that are listed before them." : `Did you mean '${near}'?`;
    report("undefinedStepReference", `Step '${from}' references undefined step '${step}'`, at, {
      data: { from_step: from, referenced_step: step },
      hint: isLater ? `Step '${step}' comes later: move it before this one.` : advice,
    });
  } else if (path.length > 0) {
    reportFieldAccess(step, path, "no output schema available", at, report);
  }
}

function checkVariable(path: Path, hasDefault: boolean, at: Path, { from, flow, report }: Surroundings): void {
  const [name] = path;
  if (typeof name !== "string") return;
  const declared = flow.schemas?.variables;
  if (declared === undefined) {
    report("missingVariableSchema", "No variable schema defined", ["variables"], {
      hint: `Declare '${name}' under schemas.properties.variables.properties.`,
    });
    return;
  }
  const properties =
    isObject(declared) && isObject(declared["properties"] ?? null) ? Object.keys(declared["properties"] ?? {}) : [];
  if (!properties.includes(name)) {
    const context = `step '${from}'`;
    const near = nearestName(name, properties);
    const detail = {
      data: { variable: name, context },
      hint:
        near === undefined ? `Declare it under schemas.properties.variables.properties.` : `Did you mean '${near}'?`,
    };
    if (hasDefault || variableDefault(flow, name) !== undefined) {
      report("undefinedVariable", `Variable '${name}' is not defined in ${context}`, at, detail);
    } else {
      report("undefinedRequiredVariable", `Required variable '${name}' is not defined in ${context}`, at, detail);
    }
  }
  if (path.length > 1)
    reportFieldAccess(`variable_${name}`, path, "variable field type validation not yet implemented", at, report);
}

function reportFieldAccess(step: string, path: Path, reason: string, at: Path, report: Report): void {
  const field = formatPath(path);
  report("unvalidatedFieldAccess", `Field access '${field}' on step '${step}' cannot be validated: ${reason}`, at, {
    data: { step_id: step, field, reason },
    hint: "Nothing to do: the path is looked up when the flow runs.",
    experimental: true,
  });
}
