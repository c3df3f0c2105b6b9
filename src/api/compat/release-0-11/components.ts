import { z } from "zod";
import { queryBoolean } from "../../../protocol/api/query-value.ts";
import type { ApiDeps } from "../../api-deps.ts";
import type { Operation } from "../../operation.ts";
import { compatOperation } from "../compat-face.ts";

export function componentOperations(deps: ApiDeps): readonly Operation[] {
  return [
    compatOperation({
      method: "get",
      path: "/components",
      scope: ["runs:read", "flows:write", "workers"],
      query: z.object({ includeSchemas: queryBoolean.optional() }),
      async handle({ namespace, query: { includeSchemas = true } }) {
        const { components } = await deps.components(namespace);
        return Response.json({
          components: components.map(({ path, description, inputSchema, outputSchema }) => ({
            component: path,
            description,
            input_schema: includeSchemas ? inputSchema : undefined,
            output_schema: includeSchemas ? outputSchema : undefined,
          })),
        });
      },
    }),
  ];
}
