import { compileSchema } from "../../core/schema/index.ts";
import type { Json } from "../../protocol/json.ts";
import type { WaitBuiltin } from "./builtin.ts";
import { checkInput, rejectInput } from "./input-check.ts";
import { readWaitTimeout, timeoutSchema } from "./wait-timeout.ts";

/** Characters of JSON: the schema is read again for every signal. */
const MAX_SCHEMA_LENGTH = 64 * 1024;

const info = {
  component: "/wait_for_event",
  description:
    "Waits, durably, for a signal of this name to the run or to one it is part of, and gives its payload. A run that waits costs nothing.",
  inputSchema: {
    type: "object",
    properties: {
      name: {
        type: "string",
        minLength: 1,
        maxLength: 256,
        description: "POST /runs/{runId}/signals/{name} sends it.",
      },
      timeout: {
        ...timeoutSchema,
        description: "Fails with TIMEOUT after so long, at most a year; never unless given.",
      },
      schema: { type: ["object", "boolean", "null"], description: "JSON Schema of the payloads that are taken." },
    },
    required: ["name"],
  },
};

/** A signal from outside. */
export const waitForEvent: WaitBuiltin = {
  kind: "wait",
  info,
  plan(input) {
    const checked = checkInput<{ readonly name: string; readonly timeout?: Json; readonly schema?: Json }>(info, input);
    if (checked.kind === "failed") return checked;
    const { name, timeout, schema } = checked.fields;
    const bound = readWaitTimeout(info.component, timeout);
    if (bound.kind === "failed") return bound;
    const fault = schema === undefined ? undefined : schemaFault(schema);
    if (fault !== undefined) return rejectInput(info.component, "/schema", fault);
    return {
      kind: "signal",
      name,
      ...(bound.ms !== undefined && { timeoutMs: bound.ms }),
      ...(schema !== undefined && schema !== null && { schema }),
    };
  },
};

/** Why a schema cannot be used; nothing if it can, as far as can be told without a value. */
export function schemaFault(schema: Json): string | undefined {
  if (JSON.stringify(schema).length > MAX_SCHEMA_LENGTH) return `longer than ${MAX_SCHEMA_LENGTH} characters of JSON`;
  const check = compileSchema(schema)({});
  const fault = check.kind === "unusable_schema" ? check.message : patternFault(schema);
  return fault === undefined ? undefined : `not a usable JSON Schema: ${fault}`;
}

/** A pattern would only be looked at when a text comes that it is for. */
function patternFault(schema: Json): string | undefined {
  if (typeof schema !== "object" || schema === null) return undefined;
  for (const [key, value] of Object.entries(schema)) {
    const patterns = key === "pattern" ? [value] : key === "patternProperties" ? Object.keys(value ?? {}) : [];
    const fault = patterns.flatMap(regExpFault)[0] ?? patternFault(value);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function regExpFault(pattern: Json): readonly string[] {
  if (typeof pattern !== "string") return [];
  try {
    void new RegExp(pattern, "u");
    return [];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}
