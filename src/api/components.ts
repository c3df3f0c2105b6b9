import { componentList, listComponentsQuery } from "../protocol/api/component.ts";
import type { ApiDeps } from "./api-deps.ts";
import { jsonReply, type Operation, operation } from "./operation.ts";

export function componentOperations(deps: ApiDeps): readonly Operation[] {
  return [
    operation({
      method: "get",
      path: "/components",
      scope: ["runs:read", "flows:write", "workers"],
      operationId: "listComponents",
      tag: "System",
      summary: "The components that steps can name",
      description:
        "A plugin that cannot be asked is named in `failedPlugins`, with its routes and the reason; the others are listed all the same.",
      query: listComponentsQuery,
      responses: { 200: { description: "Sorted by path.", schema: componentList } },
      async handle({ namespace, query, warnings }) {
        const { components, complete, failedPlugins } = await deps.components(namespace);
        // Absent fields are left out by the JSON writer.
        const listed = components.map(({ path, plugin, component, description, inputSchema, outputSchema }) => ({
          path,
          plugin,
          componentId: component,
          description,
          inputSchema: query.excludeSchemas ? undefined : inputSchema,
          outputSchema: query.excludeSchemas ? undefined : outputSchema,
        }));
        return jsonReply({ components: listed, complete, failedPlugins }, { warnings });
      },
    }),
  ];
}
