import type { Json } from "../../protocol/json.ts";

export type ParsedDuration =
  | { readonly kind: "duration"; readonly ms: number }
  | { readonly kind: "invalid"; readonly message: string };

/** Ten years: longer waits are mistakes. */
const MAX_DURATION_MS = 3650 * 86_400_000;
const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);
const SHORT = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d)\s*)+$/;
const SHORT_PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;
const ISO =
  /^P(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
const ISO_PART_MS = [7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1000];

/** A length of time: a number of milliseconds, `"30s"`, `"1h30m"`, `"250ms"`, or ISO 8601 (`"PT1M30S"`) without months and years. */
export function parseDuration(source: Json): ParsedDuration {
  const ms = typeof source === "number" ? source : typeof source === "string" ? readText(source.trim()) : undefined;
  if (ms === undefined || !Number.isFinite(ms) || ms < 0) {
    return {
      kind: "invalid",
      message: 'not a duration: write milliseconds (1500), "30s", "1h30m" or ISO 8601 ("PT30S")',
    };
  }
  if (ms > MAX_DURATION_MS) return { kind: "invalid", message: "longer than ten years" };
  return { kind: "duration", ms: Math.round(ms) };
}

function readText(text: string): number | undefined {
  // Longer texts are no durations, and patterns must not be run over megabytes.
  if (text.length > 100) return undefined;
  if (SHORT.test(text)) {
    let ms = 0;
    for (const [, amount, unit] of text.matchAll(SHORT_PART))
      ms += Number(amount) * (UNIT_MS.get(unit ?? "") ?? Number.NaN);
    return ms;
  }
  const parts = ISO.exec(text)?.slice(1);
  if (parts === undefined || !parts.some((part) => part !== undefined)) return undefined;
  return parts.reduce((ms, part, index) => ms + Number(part ?? 0) * (ISO_PART_MS[index] ?? 0), 0);
}
