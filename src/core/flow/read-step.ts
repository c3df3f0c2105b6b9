import type { StepId } from "../../protocol/ids.ts";
import type { Json } from "../../protocol/json.ts";
import { isDeeperThan, MAX_JSON_DEPTH } from "../../protocol/json-depth.ts";
import type { Expression } from "../expression/index.ts";
import { describeJson, FieldReader, type Found, isObject, type Report } from "./field-reader.ts";
import type { Step } from "./flow.ts";
import { STEP_FIELDS } from "./known-fields.ts";
import { readCachePolicy } from "./read-cache-policy.ts";
import { readCompensation } from "./read-compensation.ts";
import { readDuration } from "./read-duration.ts";
import { readErrorAction } from "./read-error-action.ts";
import { readRetryPolicy } from "./read-retry-policy.ts";

/** What the reading of a step needs from the flow around it. */
export interface StepContext {
  readonly report: Report;
  /** Output schemas found on steps (an older place), by step id. */
  readonly stepSchemas: Map<string, Json>;
  expression(found: Found, foreach?: Expression): Expression;
}

/** Reads one step; `undefined` (and fatal reports) when it has no id or no component. */
export function readStep(source: Found, context: StepContext): Step | undefined {
  const { report } = context;
  if (!isObject(source.value)) {
    report("wrongType", `A step must be an object, not ${describeJson(source.value)}`, source.at, {
      hint: "Write `- id: …` and `component: …`.",
    });
    return undefined;
  }
  const fields = new FieldReader({ value: source.value, at: source.at }, STEP_FIELDS, report);
  for (const name of ["id", "component"] as const) {
    if (fields.get(name) === undefined) {
      report("missingField", `A step needs '${name}'`, source.at, {
        hint:
          name === "id" ? "Give it a name of its own: `id: fetch`." : "Name what it runs: `component: /builtin/eval`.",
      });
    }
  }
  const id = fields.string("id");
  const component = fields.string("component");
  if (id !== undefined) readStepSchemas(fields, id, context);

  const foreachSource = fields.get("foreach");
  const foreach = foreachSource && context.expression(foreachSource);
  const skip = fields.get("skip");
  const input = fields.get("input");
  const timeoutMs = readDuration(fields.get("timeout"), report);
  const retry = readRetryPolicy(fields.object("retry"), report);
  const cache = readCachePolicy(fields.object("cache"), report, (found) => context.expression(found, foreach));
  const compensate = readCompensation(fields.object("compensate"), report, (found) =>
    context.expression(found, foreach),
  );
  const maxConcurrency = fields.integer("maxConcurrency", 1);
  if (maxConcurrency !== undefined && foreach === undefined) {
    report("ignoredKey", "'maxConcurrency' of a step counts only with 'foreach'", [...source.at, "maxConcurrency"], {
      hint: "To bound the whole run, set it on the flow.",
    });
  }
  const metadata = fields.object("metadata")?.value;
  const step: Omit<Step, "id" | "component"> = {
    input: input ? context.expression(input, foreach) : { kind: "literal", value: null, quoted: false },
    onError: readErrorAction(fields.object("onError"), report),
    ...(skip && { skip: context.expression(skip) }),
    ...(foreach && { foreach }),
    ...(maxConcurrency !== undefined && { maxConcurrency }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(retry && { retry }),
    ...(cache && { cache }),
    ...(compensate && { compensate }),
    mustExecute: fields.boolean("mustExecute") ?? false,
    ...(metadata && Object.keys(metadata).length > 0 && { metadata }),
  };
  if (id === undefined || component === undefined) return undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- here and nowhere else a document's id becomes a StepId
  return { id: id as StepId, component, ...step };
}

function readStepSchemas(fields: FieldReader<typeof STEP_FIELDS>, id: string, context: StepContext): void {
  const output = fields.get("outputSchema");
  if (output !== undefined) {
    // In its canonical place it lies two levels deeper.
    if (isDeeperThan(output.value, MAX_JSON_DEPTH - 5)) {
      context.report("nestingTooDeep", `Nested more than ${MAX_JSON_DEPTH - 5} levels deep`, output.at, {
        hint: "Flatten the schema.",
      });
      return;
    }
    context.stepSchemas.set(id, output.value);
    context.report("olderForm", "A step's outputSchema has moved to the flow's schemas", output.at, {
      hint: `Write schemas: { properties: { steps: { properties: { ${id}: … } } } }.`,
    });
  }
  const input = fields.get("inputSchema");
  if (input !== undefined) {
    context.report("olderForm", "A step's inputSchema is ignored", input.at, {
      hint: "Remove it: the component declares what it takes.",
    });
  }
}
