import type { JsonObject } from "../../protocol/json.ts";
import { TASK_ERROR_CODES, type TaskErrorCode } from "../../protocol/task-error.ts";
import { nearestName } from "../diagnostics/index.ts";
import { describeJson, FieldReader, type Found, type Report } from "./field-reader.ts";
import type { Backoff, RetryPolicy } from "./flow.ts";
import { BACKOFF_FIELDS, RETRY_FIELDS } from "./known-fields.ts";
import { readDuration } from "./read-duration.ts";

/** As many attempts as the reference makes by default: one and three retries. */
const DEFAULT_MAX_ATTEMPTS = 4;
const DEFAULT_MIN_DELAY_MS = 1000;
const DEFAULT_MAX_DELAY_MS = 10_000;
const DEFAULT_FACTOR = 2;
const TYPES: readonly Backoff["type"][] = ["constant", "exponential", "fibonacci"];
const JITTERS: readonly Backoff["jitter"][] = ["none", "full"];

/** Reads a step's `retry`. */
export function readRetryPolicy(source: Found<JsonObject> | undefined, report: Report): RetryPolicy | undefined {
  if (source === undefined) return undefined;
  const fields = new FieldReader(source, RETRY_FIELDS, report);
  const on = fields.array("on");
  return {
    maxAttempts: fields.integer("maxAttempts", 1) ?? DEFAULT_MAX_ATTEMPTS,
    backoff: readBackoff(fields.object("backoff") ?? { value: {}, at: source.at }, report),
    ...(on && { on: on.value.flatMap((code, index) => readCode({ value: code, at: [...on.at, index] }, report)) }),
  };
}

function readBackoff(source: Found<JsonObject>, report: Report): Backoff {
  const fields = new FieldReader(source, BACKOFF_FIELDS, report);
  const minDelayMs = readDuration(fields.get("minDelay"), report) ?? DEFAULT_MIN_DELAY_MS;
  const maxDelayMs = readDuration(fields.get("maxDelay"), report) ?? Math.max(minDelayMs, DEFAULT_MAX_DELAY_MS);
  if (maxDelayMs < minDelayMs) {
    report("invalidValue", `'maxDelay' (${maxDelayMs} ms) is less than 'minDelay' (${minDelayMs} ms)`, source.at, {
      hint: "Raise maxDelay or leave it out.",
    });
  }
  const factor = fields.get("factor");
  const isFactor = typeof factor?.value === "number" && factor.value >= 1;
  if (factor !== undefined && !isFactor) {
    report("invalidValue", `'factor' must be a number from 1 on, not ${describeJson(factor.value)}`, factor.at, {
      hint: "For example 2: each delay is twice the last.",
    });
  }
  return {
    type: readOneOf(fields, "type", TYPES, report) ?? "fibonacci",
    minDelayMs,
    maxDelayMs,
    factor: typeof factor?.value === "number" ? factor.value : DEFAULT_FACTOR,
    jitter: readOneOf(fields, "jitter", JITTERS, report) ?? "none",
  };
}

function readOneOf<Value extends string>(
  fields: FieldReader<typeof BACKOFF_FIELDS>,
  name: "type" | "jitter",
  known: readonly Value[],
  report: Report,
): Value | undefined {
  const written = fields.string(name);
  if (written === undefined) return undefined;
  const value = known.find((candidate) => candidate === written);
  const at = fields.get(name)?.at ?? [];
  if (value === undefined)
    report("invalidValue", `Unknown ${name} '${written}'`, at, { hint: `One of ${known.join(", ")}.` });
  return value;
}

function readCode(source: Found, report: Report): TaskErrorCode[] {
  const code = TASK_ERROR_CODES.find((known) => known === source.value);
  if (code !== undefined) return [code];
  const near = typeof source.value === "string" ? nearestName(source.value, TASK_ERROR_CODES) : undefined;
  report("invalidValue", `${JSON.stringify(source.value)} is not an error code`, source.at, {
    hint: near === undefined ? `One of ${TASK_ERROR_CODES.join(", ")}.` : `Did you mean ${near}?`,
  });
  return [];
}
