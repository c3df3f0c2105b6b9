import type { TaskOutcome } from "../../core/ports/task-outcome.ts";
import type { Json } from "../../protocol/json.ts";
import { storeValue } from "../store-value.ts";
import type { CallBuiltin } from "./builtin.ts";
import { evaluateJsonata } from "./evaluate-jsonata.ts";
import { checkInput, rejectInput } from "./input-check.ts";

const info = {
  component: "/jsonata",
  description: "Evaluates a JSONata expression on data: pure and bounded, without clock, randomness and $eval.",
  inputSchema: {
    type: "object",
    properties: {
      expression: { type: "string", minLength: 1, maxLength: 65_536 },
      data: { description: "What the expression sees as $." },
    },
    required: ["expression"],
  },
  outputSchema: { description: "What the expression gives; null where it gives nothing." },
};

export const jsonata: CallBuiltin = {
  kind: "call",
  info,
  async execute({ input }, { blobs }) {
    const checked = checkInput<{ readonly expression: string; readonly data?: Json }>(info, input);
    if (checked.kind === "failed") return checked;
    const { expression: text, data = null } = checked.fields;
    const result = await evaluateJsonata(text, data);
    if (result.kind === "unreadable") return rejectInput(info.component, "/expression", result.message);
    if (result.kind === "failed") return failed(result.message);
    return { kind: "success", value: await storeValue(result.value, blobs) };
  },
};

function failed(message: string): TaskOutcome {
  return { kind: "failed", error: { code: "INVALID_INPUT", message: `the expression failed: ${message}` } };
}
