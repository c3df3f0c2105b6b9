import jsonataLibrary, { type Expression } from "jsonata";
import type { TaskOutcome } from "../../core/ports/task-outcome.ts";
import type { Json } from "../../protocol/json.ts";
import { storeValue } from "../store-value.ts";
import type { CallBuiltin } from "./builtin.ts";
import { checkInput, rejectInput } from "./input-check.ts";
import { JsonataLimitError, limit, limitedOptions } from "./jsonata-limits.ts";

const info = {
  component: "/jsonata",
  description: "Evaluates a JSONata expression on data: pure and bounded, without clock, randomness and $eval.",
  inputSchema: {
    type: "object",
    properties: {
      expression: { type: "string", minLength: 1, maxLength: 65_536 },
      data: { description: "What the expression sees as $." },
    },
    required: ["expression"],
  },
  outputSchema: { description: "What the expression gives; null where it gives nothing." },
};

export const jsonata: CallBuiltin = {
  kind: "call",
  info,
  async execute({ input }, { blobs }) {
    const checked = checkInput<{ readonly expression: string; readonly data?: Json }>(info, input);
    if (checked.kind === "failed") return checked;
    const { expression: text, data = null } = checked.fields;
    let expression: Expression;
    try {
      expression = jsonataLibrary(text, limitedOptions);
    } catch (cause) {
      return rejectInput(info.component, "/expression", describeFault(cause));
    }
    limit(expression);
    let result: Json;
    try {
      result = toJson(await expression.evaluate(data));
    } catch (cause) {
      return failed(describeFault(cause));
    }
    return { kind: "success", value: await storeValue(result, blobs) };
  },
};

/** Functions and nothing at all become null, as JSON does it; numbers that JSON cannot hold are refused. */
function toJson(value: unknown): Json {
  const text = JSON.stringify(value ?? null, (_key, member: unknown) => {
    if (typeof member === "number" && !Number.isFinite(member)) {
      throw new JsonataLimitError(`the result holds ${member}, which JSON cannot`);
    }
    return isFunction(member) ? null : member;
  });
  const json: Json = JSON.parse(text);
  return json;
}

/** JSONata's own functions are objects that hold their whole environment. */
function isFunction(member: unknown): boolean {
  if (typeof member === "function") return true;
  return (
    typeof member === "object" && member !== null && ("_jsonata_lambda" in member || "_jsonata_function" in member)
  );
}

function describeFault(cause: unknown): string {
  if (cause instanceof RangeError) return "the expression or its result is nested too deep";
  // JSONata throws plain objects.
  if (typeof cause !== "object" || cause === null || !("message" in cause)) return "unknown fault";
  const message = String(cause.message);
  const position = "position" in cause ? cause.position : undefined;
  const isPlaced = typeof position === "number" && !(cause instanceof JsonataLimitError);
  return isPlaced ? `${message} (at character ${position})` : message;
}

function failed(message: string): TaskOutcome {
  return { kind: "failed", error: { code: "INVALID_INPUT", message: `the expression failed: ${message}` } };
}
