import { parseDuration } from "../../core/flow/index.ts";
import type { Json } from "../../protocol/json.ts";
import type { SleepBuiltin } from "./builtin.ts";
import { checkInput, rejectInput } from "./input-check.ts";
import { parseDateTime } from "./parse-date-time.ts";

const DAY_MS = 24 * 60 * 60 * 1000;
const MAX_SLEEP_MS = 366 * DAY_MS;
const WAYS = ["duration_ms", "duration", "until"] as const;

const info = {
  component: "/sleep",
  description:
    "Waits, durably, then gives back what it was handed. A run that sleeps costs nothing. Takes exactly one of duration_ms, duration and until.",
  inputSchema: {
    type: "object",
    properties: {
      duration_ms: { type: "integer", minimum: 0, maximum: MAX_SLEEP_MS, description: "Milliseconds, at most a year." },
      duration: { type: "string", description: 'A length of time: "90s", "1h30m", "2d" or ISO 8601 ("PT1H").' },
      until: {
        type: "string",
        description: "A point in time, RFC 3339: 2026-01-31T08:00:00Z. In the past, it does not wait.",
      },
      passthrough: { description: "Handed on in the result." },
    },
  },
  outputSchema: {
    type: "object",
    properties: { duration_ms: { type: "integer" }, until: { type: "string" }, passthrough: {} },
    required: ["duration_ms"],
  },
};

interface SleepInput {
  readonly duration_ms?: number;
  readonly duration?: string;
  readonly until?: string;
  readonly passthrough?: Json;
}

export const sleep: SleepBuiltin = {
  kind: "sleep",
  info,
  plan(input, now) {
    const checked = checkInput<SleepInput>(info, input);
    if (checked.kind === "failed") return checked;
    const { fields } = checked;
    const given = WAYS.filter((name) => fields[name] !== undefined);
    if (given.length !== 1) {
      const found = given.length === 0 ? "none of them" : given.join(" and ");
      return rejectInput(info.component, "", `give exactly one of duration_ms, duration and until; got ${found}`);
    }
    const wait = lengthOf(fields, now);
    if (typeof wait === "string") return rejectInput(info.component, `/${given.join("")}`, wait);
    if (wait > MAX_SLEEP_MS)
      return rejectInput(info.component, `/${given.join("")}`, "longer than 366 days, the most that a step may sleep");
    const { until, passthrough } = fields;
    const result = {
      duration_ms: wait,
      ...(until !== undefined && { until }),
      ...(passthrough !== undefined && { passthrough }),
    };
    return { kind: "sleep", durationMs: wait, result };
  },
};

/** Milliseconds from `now`; what is wrong, if that cannot be told. */
function lengthOf({ duration_ms: milliseconds, duration, until }: SleepInput, now: number): number | string {
  if (milliseconds !== undefined) return milliseconds;
  if (duration !== undefined) {
    const parsed = parseDuration(duration);
    return parsed.kind === "duration" ? parsed.ms : parsed.message;
  }
  const at = parseDateTime(until ?? "");
  return at === undefined
    ? "not an RFC 3339 date and time with an offset: write 2026-01-31T08:00:00Z or 2026-01-31T09:00:00+01:00"
    : Math.max(0, at - now);
}
