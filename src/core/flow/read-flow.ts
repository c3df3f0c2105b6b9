import type { Diagnostic } from "../../protocol/diagnostic.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "../../protocol/json-depth.ts";
import { diagnosticOf } from "../diagnostics/index.ts";
import { type Expression, formatPath, type ParsedExpression, parseExpression } from "../expression/index.ts";
import { FieldReader, type Found, isObject, type Report } from "./field-reader.ts";
import type { Flow, FlowExample, Step } from "./flow.ts";
import { FLOW_FIELDS } from "./known-fields.ts";
import { readDuration } from "./read-duration.ts";
import { readSchemas } from "./read-schemas.ts";
import { readStep, type StepContext } from "./read-step.ts";
import { readExample, readTests } from "./read-tests.ts";

export interface ParsedFlow {
  /** Absent when a diagnostic is fatal. */
  readonly flow?: Flow;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads a flow document in any dialect into the canonical model (FLOW-1). Never throws; diagnostics carry paths, not lines. */
export function parseFlowDocument(document: Json): ParsedFlow {
  const diagnostics: Diagnostic[] = [];
  const report: Report = (kind, message, at, detail = {}) =>
    diagnostics.push(diagnosticOf(kind, message, { ...detail, path: formatPath(at) }));
  if (!isObject(document)) {
    report("wrongType", "A flow must be an object", [], { hint: "Start with `name:`, `steps:` and `output:`." });
    return { diagnostics };
  }
  if (isDeeperThan(document, MAX_JSON_DEPTH)) {
    report("nestingTooDeep", `Nested more than ${MAX_JSON_DEPTH} levels deep`, [], {
      hint: "Flatten the document, or keep nested data in a blob.",
    });
    return { diagnostics };
  }
  const flow = readFlow({ value: document, at: [] }, report, (problems) => diagnostics.push(...problems));
  const isUsable = !diagnostics.some(({ level }) => level === "fatal");
  return isUsable ? { flow, diagnostics } : { diagnostics };
}

const UNKNOWN_KEY_HINTS: Readonly<Record<string, string>> = {
  variables: "Declare variables under schemas.properties.variables.",
  variables_schema: "Declare variables under schemas.properties.variables.",
  variablesSchema: "Declare variables under schemas.properties.variables.",
  input: "The schema of the input goes under schemas.properties.input; inputs themselves come with each run.",
  outputs: "Did you mean 'output'?",
};

function readFlow(
  source: Found<JsonObject>,
  report: Report,
  addProblems: (problems: readonly Diagnostic[]) => void,
): Flow {
  const fields = new FieldReader(source, FLOW_FIELDS, report, UNKNOWN_KEY_HINTS);
  const stepSchemas = new Map<string, Json>();
  const context: StepContext = { report, stepSchemas, expression: (found, foreach) => collect(readAt(found, foreach)) };
  const steps = (fields.array("steps")?.value ?? []).map((step, index) =>
    readStep({ value: step, at: ["steps", index] }, context),
  );

  const name = fields.string("name");
  const description = fields.string("description");
  const version = fields.string("version");
  const schemas = readSchemas(fields, stepSchemas, report);
  const output = fields.get("output");
  const test = readTests(fields.object("test"), report);
  const examples = fields
    .array("examples")
    ?.value.map((example, index) => readExample({ value: example, at: ["examples", index] }, report));
  const metadata = fields.object("metadata")?.value;
  const timeoutMs = readDuration(fields.get("timeout"), report);
  const itemTimeoutMs = readDuration(fields.get("itemTimeout"), report);
  const maxConcurrency = fields.integer("maxConcurrency", 1);
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(version !== undefined && { version }),
    ...(schemas && { schemas }),
    steps: steps.filter((step): step is Step => step !== undefined),
    output: output ? context.expression(output) : { kind: "literal", value: null, quoted: false },
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(itemTimeoutMs !== undefined && { itemTimeoutMs }),
    ...(maxConcurrency !== undefined && { maxConcurrency }),
    ...(test && { test }),
    ...(examples &&
      examples.length > 0 && { examples: examples.filter((example): example is FlowExample => example !== undefined) }),
    ...(metadata && Object.keys(metadata).length > 0 && { metadata }),
  };

  function collect({ expression, problems }: ParsedExpression): Expression {
    addProblems(problems);
    return expression;
  }
}

function readAt(found: Found, foreach: Expression | undefined): ParsedExpression {
  return parseExpression(found.value, { at: found.at, ...(foreach && { foreach }) });
}
