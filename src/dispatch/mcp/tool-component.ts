import type { Tool } from "@modelcontextprotocol/client";
import type { McpResultMode } from "../../core/config/index.ts";
import type { ComponentInfo } from "../../protocol/component.ts";
import type { Json } from "../../protocol/json.ts";

/** The `content` array of a tool's result, as far as flows read it. */
const CONTENT_SCHEMA: Json = {
  type: "array",
  items: { type: "object", properties: { type: { type: "string" }, text: { type: "string" } }, required: ["type"] },
};

/** A tool as a component: `echo` is `/echo`. */
export function toolComponent(tool: Tool, mode: McpResultMode): ComponentInfo {
  const description = tool.description ?? tool.title;
  return {
    component: `/${tool.name}`,
    ...(description !== undefined && { description }),
    inputSchema: schema(tool.inputSchema),
    outputSchema: mode === "structured" && tool.outputSchema ? schema(tool.outputSchema) : CONTENT_SCHEMA,
  };
}

function schema(value: unknown): Json {
  return JSON.parse(JSON.stringify(value));
}
