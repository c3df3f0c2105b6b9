import type { Diagnostic } from "../../protocol/diagnostic.ts";
import type { Json } from "../../protocol/json.ts";
import {
  childrenOf,
  type Expression,
  formatPath,
  type Path,
  parsePath,
  serializeExpression,
} from "../expression/index.ts";
import type { Report } from "./field-reader.ts";
import type { Flow, Step } from "./flow.ts";
import { parseFlowDocument } from "./read-flow.ts";

/** Where builtins take a flow inline: by component, the input's fields. */
const INLINE_FLOW_FIELDS: Readonly<Record<string, readonly string[]>> = {
  map: ["workflow", "flow"],
  iterate: ["flow", "workflow"],
  eval: ["flow"],
};

/** The flows written inside a flow (for `put_blob`, `map`, `iterate`, `eval`), each read and validated, with paths of the outer document. */
export function validateSubflows(
  flow: Flow,
  validate: (subflow: Flow) => readonly Diagnostic[],
  report: Report,
): readonly Diagnostic[] {
  const inside = (call: Pick<Step, "component" | "input">, at: Path) =>
    inlineFlows(call).flatMap(([field, expression]) =>
      validateInline(expression, [...at, "input", field], validate, report),
    );
  return flow.steps.flatMap((step, index) => [
    ...inside(step, ["steps", index]),
    ...(step.compensate ? inside(step.compensate, ["steps", index, "compensate"]) : []),
  ]);
}

/** `builtins`: those whose flows are looked for; absent: all. */
export function inlineFlows(
  { component, input }: Pick<Step, "component" | "input">,
  builtins?: ReadonlySet<string>,
): readonly (readonly [field: string, Expression])[] {
  const builtin = /^(?:\/builtin)?\/(put_blob|map|iterate|eval)$/.exec(component)?.[1];
  if (builtin === undefined || builtins?.has(builtin) === false || input.kind !== "object") return [];
  const fields = new Map(input.entries);
  if (builtin === "put_blob") {
    const type = fields.get("blob_type");
    const data = fields.get("data");
    return data && type?.kind === "literal" && type.value === "flow" ? [["data", data]] : [];
  }
  return (INLINE_FLOW_FIELDS[builtin] ?? []).flatMap((field): (readonly [string, Expression])[] => {
    const expression = fields.get(field);
    return expression ? [[field, expression]] : [];
  });
}

function validateInline(
  expression: Expression,
  at: Path,
  validate: (subflow: Flow) => readonly Diagnostic[],
  report: Report,
): readonly Diagnostic[] {
  if (expression.kind === "literal") {
    return validateDocument(expression.value, expression.quoted ? [...at, "$literal"] : at, validate, report);
  }
  if (expression.kind !== "object") return [];
  if (!isConstant(expression)) {
    report("unquotedSubflow", "References inside this flow are taken from the outer flow", at, {
      hint: "Put the inner flow under $literal, so that its references are its own.",
    });
    return [];
  }
  return validateDocument(serializeExpression(expression), at, validate, report);
}

function validateDocument(
  document: Json,
  at: Path,
  validate: (subflow: Flow) => readonly Diagnostic[],
  report: Report,
): readonly Diagnostic[] {
  const { flow, diagnostics } = parseFlowDocument(document);
  if (flow === undefined) {
    const fatal = diagnostics.find(({ level }) => level === "fatal");
    const error = `Failed to parse subflow: ${fatal?.message ?? "it cannot be read"}`;
    report("invalidSubflowLiteral", `Invalid subflow literal: ${error}`, [...at, ...pathOf(fatal)], {
      data: { error },
      hint: fatal?.hint ?? "Correct the inner flow.",
    });
    return [];
  }
  return [...diagnostics, ...validate(flow)].map((diagnostic) => moved(diagnostic, at));
}

function moved(diagnostic: Diagnostic, at: Path): Diagnostic {
  return { ...diagnostic, path: formatPath([...at, ...pathOf(diagnostic)]) };
}

function pathOf(diagnostic: Diagnostic | undefined): Path {
  const parsed = parsePath(diagnostic?.path);
  return parsed.kind === "path" ? parsed.path : [];
}

/** Whether only plain values are in it, so that it is the same flow inside as it looks from outside. */
export function isConstant(expression: Expression): boolean {
  const isPlain =
    expression.kind === "literal" ? !expression.quoted : expression.kind === "array" || expression.kind === "object";
  return isPlain && childrenOf(expression).every(isConstant);
}
