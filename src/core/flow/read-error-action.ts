import type { JsonObject } from "../../protocol/json.ts";
import { nearestName } from "../diagnostics/index.ts";
import { FieldReader, type Found, type Report } from "./field-reader.ts";
import type { ErrorAction } from "./flow.ts";
import { ERROR_ACTION_FIELDS } from "./known-fields.ts";

/** The reference's default. */
const DEFAULT_MAX_RETRIES = 3;
const ACTIONS: ReadonlyMap<string, ErrorAction["kind"]> = new Map([
  ["fail", "fail"],
  ["useDefault", "use_default"],
  ["use_default", "use_default"],
  ["continue", "use_default"],
  ["skip", "skip"],
  ["retry", "retry"],
]);
const MODERN: Readonly<Record<ErrorAction["kind"], string>> = {
  fail: "fail",
  use_default: "useDefault",
  skip: "skip",
  retry: "retry",
};

/** Reads `onError`; absent means `fail`. */
export function readErrorAction(source: Found<JsonObject> | undefined, report: Report): ErrorAction {
  if (source === undefined) return { kind: "fail" };
  const fields = new FieldReader(source, ERROR_ACTION_FIELDS, report);
  const written = fields.string("action");
  const kind = written === undefined ? undefined : ACTIONS.get(written);
  const at = [...source.at, "action"];
  if (written === undefined || kind === undefined) {
    if (fields.get("action") === undefined) {
      report("missingField", "'onError' needs 'action'", source.at, { hint: "One of fail, useDefault, skip, retry." });
    } else if (written !== undefined) {
      const near = nearestName(written, Object.values(MODERN));
      const known = "One of fail, useDefault, skip, retry.";
      report("invalidValue", `Unknown action '${written}'`, at, {
        hint: near === undefined ? known : `Did you mean '${near}'? ${known}`,
      });
    }
    return { kind: "fail" };
  }
  if (written !== MODERN[kind]) {
    report("olderForm", `The action '${written}' is an older spelling of '${MODERN[kind]}'`, at, {
      hint: `Write action: ${MODERN[kind]}.`,
    });
  }
  if (kind === "use_default") return { kind, value: fields.get("defaultValue")?.value ?? null };
  if (kind === "retry") return { kind, maxRetries: fields.integer("maxRetries", 0) ?? DEFAULT_MAX_RETRIES };
  return { kind };
}
