import { isDeeperThan, MAX_RESULT_DEPTH } from "../../protocol/json-depth.ts";
import type { TaskError } from "../../protocol/task-error.ts";
import type { Value } from "../ports/value.ts";

export type BoundResult =
  | { readonly kind: "success"; readonly value: Value }
  | { readonly kind: "failed"; readonly error: TaskError };

/** The value, its text measured; a failure when it has more than `maxBytes` of JSON or is nested deeper than can be handed on. */
export function boundResult(value: Value, maxBytes: number): BoundResult {
  const measured =
    value.kind === "inline" && value.text === undefined ? { ...value, text: JSON.stringify(value.json) } : value;
  const bytes = measured.kind === "blob" ? measured.bytes : (measured.text?.length ?? 0);
  if (bytes <= maxBytes) {
    // A level takes two characters at least: small values need not be walked.
    const isTooDeep =
      measured.kind === "inline" && bytes > 2 * MAX_RESULT_DEPTH && isDeeperThan(measured.json, MAX_RESULT_DEPTH);
    return isTooDeep
      ? unusable(`the result is nested more than ${MAX_RESULT_DEPTH} levels deep`)
      : { kind: "success", value: measured };
  }
  return tooLarge(bytes, maxBytes);
}

export function tooLarge(bytes: number, maxBytes: number): Extract<BoundResult, { kind: "failed" }> {
  return unusable(
    `the result has ${bytes} bytes of JSON, more than maxResultBytes (${maxBytes}); store it as a blob and return the blob id`,
  );
}

function unusable(message: string): Extract<BoundResult, { kind: "failed" }> {
  return { kind: "failed", error: { code: "WORKER_ERROR", message } };
}
