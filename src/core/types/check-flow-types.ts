/**
 * The type checker (TYPE-1, TYPE-2, TYPE-11): one pass over the steps in their order, then the output. Types flow forward
 * only; nothing is unified or solved.
 */
import type { Diagnostic } from "../../protocol/diagnostic.ts";
import type { Json } from "../../protocol/json.ts";
import { diagnosticOf } from "../diagnostics/index.ts";
import { type Expression, formatPath, type Path } from "../expression/index.ts";
import { isObject, type Report } from "../flow/field-reader.ts";
import type { Flow, Step } from "../flow/flow.ts";
import { validateSubflows } from "../flow/validate-subflows.ts";
import type { ComponentCatalog } from "./component-catalog.ts";
import { describeType } from "./describe-type.ts";
import { elementType } from "./project.ts";
import { isSubtype } from "./subtype.ts";
import { synthesize, type TypeScope } from "./synthesize.ts";
import { ANY, NULL, type Type, typeOfSchema } from "./type.ts";
import { unionOf } from "./union.ts";
import type { Reason } from "./verdict.ts";

export interface TypeCheckOptions {
  readonly catalog: ComponentCatalog;
  /** Also warn of what cannot be decided. */
  readonly strict: boolean;
}

export interface FlowTypes {
  /** Paths only, as those of `validateFlow`. */
  readonly diagnostics: readonly Diagnostic[];
  readonly steps: ReadonlyMap<string, StepTypes>;
  readonly output: Type;
}
interface StepTypes {
  /** What the step passes; with `foreach`, for one element. */
  readonly input: Type;
  /** What its component expects. */
  readonly expected: Type;
  readonly output: Type;
}

/** Checks what a flow passes to components, takes out of results and gives, and says the type of each. */
export function checkFlowTypes(flow: Flow, options: TypeCheckOptions): FlowTypes {
  return checkFlow(flow, options, new Map());
}

/** `inherited`: variables of the flow around this one. */
function checkFlow(flow: Flow, options: TypeCheckOptions, inherited: ReadonlyMap<string, Type>): FlowTypes {
  const diagnostics: Diagnostic[] = [];
  const report: Report = (kind, message, at, detail = {}) =>
    diagnostics.push(diagnosticOf(kind, message, { ...detail, path: formatPath(at) }));
  const { schemas } = flow;
  const outputs = new Map<string, Type>();
  const steps = new Map<string, StepTypes>();
  const scope: TypeScope = {
    from: "workflow_output",
    input: typeOfSchema(schemas?.input, schemas?.defs),
    steps: outputs,
    variables: schemas?.variables === undefined ? inherited : variableTypes(flow),
    report,
  };

  for (const [index, step] of flow.steps.entries()) {
    const types = checkStep(step, index, flow, { ...scope, from: step.id }, options);
    steps.set(step.id, types);
    outputs.set(step.id, types.output);
  }
  const output = synthesize(flow.output, scope, ["output"]);
  if (schemas?.output !== undefined)
    demand(output, typeOfSchema(schemas.output, schemas.defs), flow.output, scope, ["output"], options.strict);

  const inner = validateSubflows(
    flow,
    (subflow) => checkFlow(subflow, options, scope.variables).diagnostics,
    // What is wrong with the document itself is told by `validateFlow`.
    () => undefined,
  );
  return { diagnostics: [...diagnostics, ...inner.filter(isAboutTypes)], steps, output };
}

function checkStep(
  step: Step,
  index: number,
  flow: Flow,
  scope: TypeScope,
  { catalog, strict }: TypeCheckOptions,
): StepTypes {
  const at: Path = ["steps", index];
  if (step.skip) synthesize(step.skip, scope, [...at, "skip"]);
  const elements = step.foreach && elementsOf(step.foreach, scope, [...at, "foreach"], strict);
  const inner = elements === undefined ? scope : { ...scope, item: elements };
  const input = synthesize(step.input, inner, [...at, "input"]);
  if (step.cache?.key) synthesize(step.cache.key, inner, [...at, "cache", "key"]);

  const entry = catalog.find(step.component);
  const expected = typeOfSchema(entry.kind === "known" ? entry.inputSchema : undefined);
  demand(input, expected, step.input, inner, [...at, "input"], strict);

  const declared = flow.schemas?.steps;
  const schema = declared !== undefined && Object.hasOwn(declared, step.id) ? declared[step.id] : undefined;
  if (schema !== undefined) return { input, expected, output: typeOfSchema(schema, flow.schemas?.defs) };

  const result = typeOfSchema(entry.kind === "known" ? entry.outputSchema : undefined);
  if (entry.kind === "unknown") {
    scope.report("untypedComponentOutput", `Step '${step.id}' is not checked: ${entry.reason}`, [...at, "component"], {
      data: { step_id: step.id, component: step.component },
      hint: entry.hint,
    });
  } else if (result.kind === "any" && strict) {
    indeterminate("component does not declare output schema", scope, at);
  }
  if (step.foreach === undefined) return { input, expected, output: result };
  // An element that ends skipped is null in the results.
  const items = step.onError.kind === "skip" ? unionOf([result, NULL]) : result;
  return { input, expected, output: { kind: "array", items } };
}

const ARRAY = typeOfSchema({ type: "array" });

function elementsOf(foreach: Expression, scope: TypeScope, at: Path, strict: boolean): Type {
  const type = synthesize(foreach, scope, at);
  return demand(type, ARRAY, foreach, scope, at, strict) ? elementType(type) : ANY;
}

/** Reports why an expression's type does not fit; false if it certainly does not. */
function demand(
  actual: Type,
  expected: Type,
  expression: Expression,
  scope: TypeScope,
  at: Path,
  strict: boolean,
): boolean {
  const verdict = isSubtype(actual, expected);
  if (verdict.kind === "unknown" && strict) {
    indeterminate(`cannot verify ${at[0] === "output" ? "output" : "input"} type statically`, scope, at);
  }
  if (verdict.kind !== "no") return true;
  const [wanted, given] = [describeType(expected), describeType(actual)];
  for (const reason of verdict.reasons) {
    const detail = reasonText(reason);
    scope.report(
      "typeMismatch",
      `Type mismatch in ${placeName(scope)}: expected ${wanted}, got ${given}. ${detail}`,
      placeOf(reason.path, expression, at),
      {
        data: { step_id: scope.from, expected: wanted, actual: given, detail },
        hint: "Pass a value of the expected type, or correct the schema that is wrong.",
      },
    );
  }
  return false;
}

function indeterminate(reason: string, scope: TypeScope, at: Path): void {
  scope.report("typeCheckIndeterminate", `Cannot determine type in ${placeName(scope)}: ${reason}`, at, {
    data: { step_id: scope.from, reason },
    hint: "Nothing is wrong for certain; a schema for this value would tell.",
  });
}

function placeName({ from }: TypeScope): string {
  return from === "workflow_output" ? "the flow's output" : `step '${from}'`;
}

function reasonText({ path, message }: Reason): string {
  return path.length === 0 ? message : `${formatPath(path)}: ${message}`;
}

/** The innermost place in the flow's own text that holds what the reason is about. */
function placeOf(path: Path, expression: Expression, at: Path): Path {
  const [segment, ...rest] = path;
  const child =
    expression.kind === "object"
      ? expression.entries.find(([key]) => key === segment)?.[1]
      : expression.kind === "array" && typeof segment === "number"
        ? expression.items[segment]
        : undefined;
  return child === undefined || segment === undefined ? at : placeOf(rest, child, [...at, segment]);
}

function variableTypes(flow: Flow): ReadonlyMap<string, Type> {
  const declared: Json = flow.schemas?.variables ?? null;
  const properties: Json = isObject(declared) ? (declared["properties"] ?? null) : null;
  if (!isObject(properties)) return new Map();
  return new Map(Object.entries(properties).map(([name, schema]) => [name, typeOfSchema(schema, flow.schemas?.defs)]));
}

const TYPE_KINDS: ReadonlySet<string> = new Set([
  "untypedComponentOutput",
  "typeCheckIndeterminate",
  "typeMismatch",
  "unknownPropertyInPath",
  "undefinedVariable",
  "undefinedStepReference",
]);

function isAboutTypes({ kind }: Diagnostic): boolean {
  return TYPE_KINDS.has(kind);
}
