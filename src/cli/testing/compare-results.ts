/** How `stepflow test` decides: the expectation is a subset of what came (flow-semantics §7.1, decisions: API and CLI). */
import type { FlowResult } from "../../protocol/flow-result.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import { normalizeResult, resultDocument } from "./normalize-result.ts";

/** One place where the actual result is not what was expected. */
export interface Difference {
  /** JSON path in the FlowResult: `$.result.items[0]`. */
  readonly path: string;
  readonly expected: Json;
  /** Absent: there is nothing at that place. */
  readonly actual?: Json;
}

/**
 * Without an expectation, success passes. `output` without `result` (or `error`) compares the outcome alone. Objects: each
 * expected key must be there and match, more keys are fine; arrays: same length, element by element; scalars: equal.
 */
export function compareResults(expected: Json | undefined, actual: FlowResult): readonly Difference[] {
  const wanted = expected === undefined || expected === null ? { outcome: "success" } : normalizeResult(expected);
  const got = normalizeResult(resultDocument(actual));
  return differences(wanted, got, "$");
}

function differences(expected: Json, actual: Json | undefined, path: string): Difference[] {
  if (actual === undefined) return [{ path, expected }];
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return [{ path, expected, actual }];
    return expected.flatMap((item, index) => differences(item, actual[index], `${path}[${index}]`));
  }
  if (isObject(expected)) {
    if (!isObject(actual)) return [{ path, expected, actual }];
    return Object.entries(expected).flatMap(([key, child]) =>
      differences(child, Object.hasOwn(actual, key) ? actual[key] : undefined, path + pathSegment(key)),
    );
  }
  return expected === actual ? [] : [{ path, expected, actual }];
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function pathSegment(key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
