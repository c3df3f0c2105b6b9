import jsonataLibrary, { type Expression } from "jsonata";
import type { Json } from "../../protocol/json.ts";
import { JsonataLimitError, limit, limitedOptions } from "./jsonata-limits.ts";

export type JsonataResult =
  | { readonly kind: "value"; readonly value: Json }
  /** It is no expression. */
  | { readonly kind: "unreadable"; readonly message: string }
  | { readonly kind: "failed"; readonly message: string };

/** Evaluates an expression on data, pure and bounded. What gives nothing gives null. */
export async function evaluateJsonata(text: string, data: Json): Promise<JsonataResult> {
  const compiled = compileJsonata(text);
  if (compiled.kind === "unreadable") return compiled;
  limit(compiled.expression);
  try {
    return { kind: "value", value: toJson(await compiled.expression.evaluate(data)) };
  } catch (cause) {
    return { kind: "failed", message: describeFault(cause) };
  }
}

/** Reads an expression; its fault comes with the place in the text. */
export function compileJsonata(
  text: string,
): { readonly kind: "expression"; readonly expression: Expression } | Extract<JsonataResult, { kind: "unreadable" }> {
  try {
    return { kind: "expression", expression: jsonataLibrary(text, limitedOptions) };
  } catch (cause) {
    return { kind: "unreadable", message: describeFault(cause) };
  }
}

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
