import type { CallToolResult } from "@modelcontextprotocol/client";
import type { McpResultMode } from "../../core/config/index.ts";
import type { Json } from "../../protocol/json.ts";
import type { FailedOutcome } from "./tool-failure.ts";

export type ToolOutput = { readonly kind: "output"; readonly output: Json } | FailedOutcome;

/**
 * What a tool's result is to a flow: its `content` array, as flows have always read it (`$[0].text`), or, where the plugin is
 * configured with `result: structured`, the structured content of tools that give one.
 */
export function readToolResult(tool: string, result: CallToolResult, mode: McpResultMode): ToolOutput {
  const content = toJson(result.content);
  const structured = result.structuredContent === undefined ? undefined : toJson(result.structuredContent);
  if (result.isError === true) {
    const message = textOf(result) || `Tool '${tool}' reported an error`;
    const data = { content, ...(structured !== undefined && { structuredContent: structured }) };
    return { kind: "failed", error: { code: "COMPONENT_FAILED", message, data } };
  }
  return { kind: "output", output: mode === "structured" && structured !== undefined ? structured : content };
}

function textOf({ content }: CallToolResult): string {
  return content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
}

/** The library's objects came out of JSON; only their types do not say so. */
function toJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value));
}
