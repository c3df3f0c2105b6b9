import { componentList, listComponentsQuery } from "../protocol/api/component.ts";
import type { ApiDeps } from "./api-deps.ts";
import { jsonReply, type Operation, operation } from "./operation.ts";

export function componentOperations(deps: ApiDeps): readonly Operation[] {
  return [
    operation({
      method: "get",
      path: "/components",
      operationId: "listComponents",
      tag: "System",
      summary: "The components that steps can name",
      description: "A plugin that cannot be asked is named in `failedPlugins`; the others are listed all the same.",
      query: listComponentsQuery,
      responses: { 200: { description: "Sorted by path.", schema: componentList } },
      async handle({ query, warnings }) {
        const { components, complete, failedPlugins } = await deps.components();
        const listed = components.map(({ component, inputSchema, outputSchema, ...rest }) => ({
          ...rest,
          componentId: component,
          ...(inputSchema === undefined || query.excludeSchemas ? {} : { inputSchema }),
          ...(outputSchema === undefined || query.excludeSchemas ? {} : { outputSchema }),
        }));
        return jsonReply({ components: listed, complete, failedPlugins }, { warnings });
      },
    }),
  ];
}
