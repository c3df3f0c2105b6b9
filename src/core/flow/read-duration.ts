import type { Found, Report } from "./field-reader.ts";
import { parseDuration } from "./parse-duration.ts";

/** A duration longer than nothing, in milliseconds; what is wrong with it is reported. */
export function readDuration(found: Found | undefined, report: Report): number | undefined {
  if (found === undefined) return undefined;
  const parsed = parseDuration(found.value);
  if (parsed.kind === "duration" && parsed.ms > 0) return parsed.ms;
  const reason = parsed.kind === "invalid" ? parsed.message : "zero; it must be longer";
  report("invalidValue", `'${String(found.at.at(-1))}' is ${reason}`, found.at, { hint: 'For example "30s".' });
  return undefined;
}
