import type { Json } from "../../protocol/json.ts";
import type { Flow } from "../flow/flow.ts";
import type { FlowTypes } from "./check-flow-types.ts";
import { inferInput } from "./infer-input.ts";
import { schemaOfType } from "./type-schema.ts";

/** Schemas that a flow does not have and that can be told from the rest. */
export interface InferredSchemas {
  readonly input?: Json;
  readonly output?: Json;
  /** By step id, in the order of the flow. */
  readonly steps: ReadonlyMap<string, Json>;
  /** Why a part of the input is left open. */
  readonly conflicts: readonly string[];
}

/** What to fill in (TYPE-14): the results of steps, the output, and the input from its use. Nothing that is there is changed. */
export function inferSchemas(flow: Flow, types: FlowTypes): InferredSchemas {
  const declared = flow.schemas?.steps ?? {};
  const steps = new Map<string, Json>();
  for (const { id } of flow.steps) {
    const type = types.steps.get(id)?.output;
    const schema = type && schemaOfType(type);
    if (schema !== undefined && !Object.hasOwn(declared, id)) steps.set(id, schema);
  }
  const output = flow.schemas?.output === undefined ? schemaOfType(types.output) : undefined;
  const { schema: input, conflicts } =
    flow.schemas?.input === undefined ? inferInput(flow, types) : { schema: undefined, conflicts: [] };
  return { ...(input !== undefined && { input }), ...(output !== undefined && { output }), steps, conflicts };
}
