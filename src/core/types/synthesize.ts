import { assertNever } from "../../protocol/assert-never.ts";
import { nearestName } from "../diagnostics/index.ts";
import { type Expression, formatPath, type Path } from "../expression/index.ts";
import type { Report } from "../flow/field-reader.ts";
import { projectPath } from "./project.ts";
import { shapeOf } from "./shape.ts";
import { ANY, NULL, type Type, typeOfSchema } from "./type.ts";
import { unionOf } from "./union.ts";

/** What an expression can refer to, by type; and where its faults are told. */
export interface TypeScope {
  /** The step whose expression it is; `workflow_output` for the output. */
  readonly from: string;
  readonly input: Type;
  /** Of the steps before. */
  readonly steps: ReadonlyMap<string, Type>;
  readonly variables: ReadonlyMap<string, Type>;
  /** Inside a `foreach`. */
  readonly item?: Type;
  readonly report: Report;
}

const STRING = typeOfSchema({ type: "string" });
const INTEGER = typeOfSchema({ type: "integer" });

/**
 * The type of an expression's value (TYPE-2). References to what is not there are reported and typed Any, so that one fault is
 * told once.
 */
export function synthesize(expression: Expression, scope: TypeScope, at: Path): Type {
  switch (expression.kind) {
    case "literal":
      return { kind: "literal", value: expression.value };
    case "array":
      return { kind: "tuple", items: expression.items.map((item, index) => synthesize(item, scope, [...at, index])) };
    case "object":
      return {
        kind: "object",
        properties: new Map(expression.entries.map(([key, value]) => [key, synthesize(value, scope, [...at, key])])),
      };
    case "step":
      return stepType(expression, scope, at);
    case "input":
      return inside(scope.input, expression.path, scope, at);
    case "variable":
      return variableType(expression, scope, at);
    case "item":
      return inside(scope.item ?? ANY, expression.path, scope, at);
    case "index":
      return INTEGER;
    case "if": {
      synthesize(expression.condition, scope, [...at, "condition"]);
      const taken = synthesize(expression.then, scope, [...at, "then"]);
      const otherwise = expression.else ? synthesize(expression.else, scope, [...at, "else"]) : NULL;
      return unionOf([taken, otherwise]);
    }
    case "coalesce":
      return unionOf(expression.items.map((item, index) => synthesize(item, scope, [...at, index])));
    case "template":
      for (const part of expression.parts) if (typeof part !== "string") synthesize(part, scope, at);
      return STRING;
    default:
      return assertNever(expression);
  }
}

function stepType(expression: Extract<Expression, { kind: "step" }>, scope: TypeScope, at: Path): Type {
  const { step, path, onSkip } = expression;
  const onSkipped =
    onSkip.kind === "use_default" ? [synthesize(onSkip.value, scope, [...at, "onSkip", "defaultValue"])] : [];
  const type = scope.steps.get(step);
  if (type === undefined) {
    scope.report("undefinedStepReference", `Step '${scope.from}' references undefined step '${step}'`, at, {
      data: { from_step: scope.from, referenced_step: step },
      hint: "Steps can refer only to steps that are listed before them.",
    });
    return ANY;
  }
  // A step that came to null is null whatever the path.
  const [present, absent] = path.length > 0 ? splitNull(type) : [[type], []];
  const results = present.length > 0 ? [inside(unionOf(present), path, scope, at)] : [];
  return unionOf([...results, ...absent, ...onSkipped]);
}

function splitNull(type: Type): readonly [present: readonly Type[], absent: readonly Type[]] {
  const shape = shapeOf(type);
  if (shape.kind === "union") {
    const absent = shape.members.some(isNull);
    return [shape.members.filter((member) => !isNull(member)), absent ? [NULL] : []];
  }
  return isNull(type) ? [[], [NULL]] : [[type], []];
}

function isNull(type: Type): boolean {
  const shape = shapeOf(type);
  if (shape.kind === "values") return shape.values.every((value) => value === null);
  return shape.kind === "scalar" && shape.name === "null";
}

function variableType(expression: Extract<Expression, { kind: "variable" }>, scope: TypeScope, at: Path): Type {
  const [name, ...rest] = expression.path;
  const fallback = expression.default && synthesize(expression.default, scope, at);
  // Not a name: the parser has said so.
  if (typeof name !== "string") return ANY;
  const declared = scope.variables.get(name);
  if (declared === undefined) {
    if (fallback) return fallback;
    const near = nearestName(name, scope.variables.keys());
    scope.report("undefinedVariable", `Variable '${name}' is not defined in step '${scope.from}'`, at, {
      data: { variable: name, context: `step '${scope.from}'` },
      hint:
        near === undefined ? "Declare it under schemas.properties.variables.properties." : `Did you mean '${near}'?`,
    });
    return ANY;
  }
  if (!fallback) return inside(declared, rest, scope, at);
  const projection = projectPath(declared, rest);
  return projection.kind === "found" ? unionOf([projection.type, fallback]) : fallback;
}

/** The type at a path; a path that cannot be there is 2101. */
function inside(type: Type, path: Path, scope: TypeScope, at: Path): Type {
  const projection = projectPath(type, path);
  if (projection.kind === "found") return projection.type;
  const { segment, known } = projection;
  const text = formatPath(path);
  if (typeof segment === "number") {
    scope.report("unknownPropertyInPath", `Cannot index non-array at path '${text}' in step '${scope.from}'`, at, {
      data: { step_id: scope.from, path: text, property: "<array index>" },
      hint: "Leave the index out, or correct the schema that says it is no array.",
    });
    return ANY;
  }
  scope.report("unknownPropertyInPath", `Unknown property '${segment}' at path '${text}' in step '${scope.from}'`, at, {
    data: { step_id: scope.from, path: text, property: segment },
    hint: hintFor(segment, known),
  });
  return ANY;
}

function hintFor(name: string, known: readonly string[]): string {
  if (known.length === 0) return "It is no object, or one without properties; correct the path or the schema.";
  const near = nearestName(name, known.slice(0, 200));
  return near === undefined ? `There are: ${known.slice(0, 12).join(", ")}.` : `Did you mean '${near}'?`;
}
