import type { Json } from "../../protocol/json.ts";
import type { SleepBuiltin } from "./builtin.ts";
import { checkInput } from "./input-check.ts";

const MAX_SLEEP_MS = 366 * 24 * 60 * 60 * 1000;

const info = {
  component: "/sleep",
  description: "Waits, durably, then gives back what it was handed. A run that sleeps costs nothing.",
  inputSchema: {
    type: "object",
    properties: {
      duration_ms: { type: "integer", minimum: 0, maximum: MAX_SLEEP_MS, description: "Milliseconds, at most a year." },
      passthrough: { description: "Handed on in the result." },
    },
    required: ["duration_ms"],
  },
  outputSchema: {
    type: "object",
    properties: { duration_ms: { type: "integer" }, passthrough: {} },
    required: ["duration_ms"],
  },
};

export const sleep: SleepBuiltin = {
  kind: "sleep",
  info,
  plan(input) {
    const checked = checkInput<{ readonly duration_ms: number; readonly passthrough?: Json }>(info, input);
    if (checked.kind === "failed") return checked;
    const { duration_ms: durationMs, passthrough } = checked.fields;
    const result = { duration_ms: durationMs, ...(passthrough !== undefined && { passthrough }) };
    return { kind: "sleep", durationMs, result };
  },
};
