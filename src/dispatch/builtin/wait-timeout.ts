import { parseDuration } from "../../core/flow/parse-duration.ts";
import type { Json } from "../../protocol/json.ts";
import { rejectInput } from "./input-check.ts";

const MAX_WAIT_MS = 366 * 24 * 60 * 60 * 1000;

export const timeoutSchema = { type: ["string", "number", "null"] };

/** A duration as flows write them, longer than zero and at most a year; absent if none is given. */
export function readWaitTimeout(
  component: string,
  timeout: Json | undefined,
): { readonly kind: "read"; readonly ms: number | undefined } | ReturnType<typeof rejectInput> {
  if (timeout === undefined || timeout === null) return { kind: "read", ms: undefined };
  const parsed = parseDuration(timeout);
  if (parsed.kind === "invalid") return rejectInput(component, "/timeout", parsed.message);
  if (parsed.ms === 0) return rejectInput(component, "/timeout", "must be longer than zero");
  if (parsed.ms > MAX_WAIT_MS) return rejectInput(component, "/timeout", "longer than a year");
  return { kind: "read", ms: parsed.ms };
}
