import type { Flow } from "../../../src/core/flow/index.ts";
import type { ComponentCatalog } from "../../../src/core/types/index.ts";
import type { Json, JsonObject } from "../../../src/protocol/json.ts";

/** The components that a test flow describes under `metadata.components`: `{<path>: {input?, output?}}`. */
export function flowCatalog(flow: Flow): ComponentCatalog {
  const components = objectOf(flow.metadata?.["components"]);
  return {
    find(path) {
      if (components[path] === undefined)
        return { kind: "unknown", reason: `there is no component '${path}'`, hint: "Look for a misspelling." };
      const { input, output } = objectOf(components[path]);
      return {
        kind: "known",
        ...(input !== undefined && { inputSchema: input }),
        ...(output !== undefined && { outputSchema: output }),
      };
    },
  };
}

function objectOf(value: Json | undefined): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
}
