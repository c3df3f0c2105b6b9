import type { Json, JsonObject } from "../../protocol/json.ts";
import type { Expression, OnSkip } from "./expression.ts";
import { type ExpressionReader, inside, NULL_LITERAL, type Place } from "./expression-reader.ts";

const ACTIONS: ReadonlyMap<Json | undefined, OnSkip["kind"]> = new Map([
  ["skip", "skip"],
  ["useDefault", "use_default"],
  ["use_default", "use_default"],
]);

/**
 * What a reference says about a skipped step: `onSkip` / `on_skip`, in object form (`{action: useDefault, defaultValue}`) or
 * flat (`on_skip: use_default`, the default beside it).
 */
export function readOnSkip(source: JsonObject, place: Place, reader: ExpressionReader): OnSkip {
  const key = Object.hasOwn(source, "onSkip") ? "onSkip" : "on_skip";
  const written = source[key];
  if (written === undefined || written === null) return { kind: "skip" };

  const nested = typeof written === "object" && !Array.isArray(written) ? written : undefined;
  const action = ACTIONS.get(nested === undefined ? written : nested["action"]);
  if (action === undefined) {
    reader.report("invalidExpression", `'${key}' has no action that is known`, [...place.at, key], {
      hint: "Write onSkip: { action: useDefault, defaultValue: <value> } or onSkip: { action: skip }.",
    });
    return { kind: "skip" };
  }
  if (nested === undefined || key === "on_skip") {
    reader.report("olderForm", `'${key}' is written in an older form`, [...place.at, key], {
      hint:
        action === "skip"
          ? "Write onSkip: { action: skip }."
          : "Write onSkip: { action: useDefault, defaultValue: <value> }.",
    });
  }
  if (action === "skip") return { kind: "skip" };
  // The canonical spelling holds the default two levels below the reference, wherever the source holds it.
  const value =
    nested === undefined
      ? readDefault(source, place, 2, reader)
      : readDefault(nested, { at: [...place.at, key], depth: place.depth + 1 }, 1, reader);
  return { kind: "use_default", value };
}

function readDefault(holder: JsonObject, place: Place, levels: number, reader: ExpressionReader): Expression {
  for (const key of ["defaultValue", "default_value", "default"]) {
    const value = holder[key];
    if (value !== undefined) return reader.read(value, inside(place, key, levels));
  }
  return NULL_LITERAL;
}
