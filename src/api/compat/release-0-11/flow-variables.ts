import { z } from "zod";
import { flowVariables } from "../../../core/flow/index.ts";
import { blobIdSchema } from "../../../protocol/api/identifier.ts";
import type { FlowLibrary } from "../../flow-library.ts";
import type { Operation } from "../../operation.ts";
import { compatOperation } from "../compat-face.ts";

/** Here it is the schema of all variables, and the environment variables by name. */
export function flowVariablesOperation(library: FlowLibrary): Operation {
  return compatOperation({
    method: "get",
    path: "/flows/{flowId}/variables",
    scope: ["runs:read", "flows:write"],
    params: z.object({ flowId: blobIdSchema }),
    async handle({ namespace, params }) {
      const { flowId, flow } = await library.load(namespace, params.flowId);
      const envVars = Object.entries(flowVariables(flow)).flatMap(([name, { envVar }]) =>
        envVar === undefined ? [] : [[name, envVar] as const],
      );
      return Response.json({ flowId, schema: flow.schemas?.variables, envVars: Object.fromEntries(envVars) });
    },
  });
}
