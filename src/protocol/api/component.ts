import { z } from "zod";
import { jsonValue } from "./json-value.ts";
import { queryBoolean } from "./query-value.ts";

export const listComponentsQuery = z.object({ excludeSchemas: queryBoolean.optional() });

/** `GET /components`: what the routes of the configuration reach. */
export const componentList = z
  .object({
    components: z.array(
      z.object({
        path: z.string().meta({ description: "What a step writes.", examples: ["/builtin/eval"] }),
        plugin: z.string(),
        componentId: z.string(),
        description: z.string().optional(),
        inputSchema: jsonValue.optional(),
        outputSchema: jsonValue.optional(),
      }),
    ),
    complete: z.boolean().meta({ description: "False when a plugin could not be asked." }),
    failedPlugins: z.array(
      z.object({
        plugin: z.string(),
        routes: z.array(z.string()).meta({ description: "Where its components would be." }),
        error: z.string().meta({ description: "Why it could not be asked." }),
      }),
    ),
  })
  .meta({ id: "ComponentList" });
