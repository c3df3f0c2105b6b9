import type { Flow } from "../core/flow/index.ts";
import { compileSchema } from "../core/schema/index.ts";
import { submissionRedactor } from "../core/secrets/index.ts";
import type { RequestFault } from "../protocol/api/error-body.ts";
import type { Json } from "../protocol/json.ts";
import { ApiError, invalidRequest } from "./api-error.ts";
import { withoutSecrets } from "./without-secrets.ts";

/** The items of a submission, and where in the request's body each stands. */
export interface RunInput {
  readonly inputs: readonly Json[];
  readonly pointerTo: (index: number) => string;
}

const MAX_FAULTS = 100;

/** An array is one item per element, anything else one item; nothing at all is one item `{}`. */
export function readRunInput(body: { readonly input?: Json; readonly inputs?: readonly Json[] }): RunInput {
  const { input, inputs } = body;
  if (inputs !== undefined) {
    if (input !== undefined) throw invalidRequest([{ pointer: "/inputs", message: "give either `input` or `inputs`" }]);
    return { inputs, pointerTo: (index) => `/inputs/${index}` };
  }
  if (Array.isArray(input)) return { inputs: input, pointerTo: (index) => `/input/${index}` };
  return { inputs: [input ?? (input === null ? null : {})], pointerTo: () => "/input" };
}

/** Refuses items that the flow's input schema refuses, with a pointer to each fault. */
export function checkRunInput(flow: Flow, { inputs, pointerTo }: RunInput): void {
  const schema = flow.schemas?.input;
  if (schema === undefined) return;
  const check = compileSchema(schema, flow.schemas?.defs);
  const faults: RequestFault[] = [];
  for (const [index, input] of inputs.entries()) {
    const checked = check(input);
    if (checked.kind === "unusable_schema") {
      throw new ApiError("INVALID_ARGUMENT", `The flow's input schema cannot be used: ${checked.message}`);
    }
    faults.push(
      ...checked.faults.map(({ pointer, message }) => ({ pointer: `${pointerTo(index)}${pointer}`, message })),
    );
    if (faults.length >= MAX_FAULTS) break;
  }
  if (faults.length === 0) return;
  const redactor = submissionRedactor(flow, { inputs });
  throw withoutSecrets(invalidRequest(faults.slice(0, MAX_FAULTS)), redactor);
}
