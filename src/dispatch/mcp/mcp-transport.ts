/**
 * Reaches the tools of an MCP server over Streamable HTTP: each is a component. Owns the session with the server and the names of
 * the tools it has been seen to have; out go `tools/call` and `tools/list`, in come outcomes. Whatever the server or the network
 * does becomes a `failed` outcome; results over 256 KiB are stored before they are handed on.
 */
import type { Client, RequestOptions } from "@modelcontextprotocol/client";
import type { McpResultMode } from "../../core/config/index.ts";
import type { BlobStore } from "../../core/ports/blob-store.ts";
import type { TaskOutcome } from "../../core/ports/task-outcome.ts";
import type { AttemptCall, Transport } from "../../core/ports/transport.ts";
import type { ComponentInfo } from "../../protocol/component.ts";
import type { Json, JsonObject } from "../../protocol/json.ts";
import { withinDeadline } from "../deadline.ts";
import { storeValue } from "../store-value.ts";
import { type McpServer, McpSession } from "./mcp-session.ts";
import { toolComponent } from "./tool-component.ts";
import { toolFailure } from "./tool-failure.ts";
import { readToolResult, type ToolOutput } from "./tool-result.ts";

export interface McpTransportOptions extends Omit<McpServer, "maxResponseBytes"> {
  readonly plugin: string;
  readonly result: McpResultMode;
  readonly maxResponseBytes?: number;
  readonly blobs: BlobStore;
  /** W3C trace context of a call, if it is traced. */
  readonly traceparent?: (call: AttemptCall) => string | undefined;
}

const DEFAULT_MAX_RESPONSE_BYTES = 16 * 1024 * 1024;

export class McpTransport implements Transport {
  readonly #options: McpTransportOptions;
  readonly #session: McpSession;
  readonly #knownTools = new Set<string>();

  constructor(options: McpTransportOptions) {
    this.#options = options;
    this.#session = new McpSession({ maxResponseBytes: DEFAULT_MAX_RESPONSE_BYTES, ...options });
  }

  execute(call: AttemptCall, signal: AbortSignal): Promise<TaskOutcome> {
    return withinDeadline(call, signal, this.#options.timers, (attemptSignal) => this.#attempt(call, attemptSignal));
  }

  async listComponents(signal: AbortSignal): Promise<readonly ComponentInfo[]> {
    try {
      const { tools } = await this.#session.use(signal, (client, options) => client.listTools(undefined, options));
      return tools.map((tool) => toolComponent(tool, this.#options.result));
    } catch (error) {
      const { message } = toolFailure(error, `plugin '${this.#options.plugin}'`, "tools/list").error;
      throw new Error(message, { cause: error });
    } finally {
      await this.#session.end();
    }
  }

  async #attempt(call: AttemptCall, signal: AbortSignal): Promise<TaskOutcome> {
    const tool = call.componentId.slice(1);
    const args = readArguments(call.input);
    if (!args) {
      const message = `the input of the MCP tool '${tool}' is its arguments and must be an object`;
      return { kind: "failed", error: { code: "INVALID_INPUT", message } };
    }
    const { plugin, blobs } = this.#options;
    let output: ToolOutput;
    try {
      output = await this.#session.use(signal, (client, options) => this.#callTool(client, tool, args, call, options));
    } catch (error) {
      if (signal.aborted) throw error;
      output = toolFailure(error, `component '${call.componentId}' of plugin '${plugin}'`, tool);
    }
    if (output.kind === "output") {
      this.#knownTools.add(tool);
      return { kind: "success", value: await storeValue(output.output, blobs) };
    }
    if (output.error.code !== "COMPONENT_FAILED" || !(await this.#isMissing(tool, signal))) return output;
    const message = `the MCP server of plugin '${plugin}' has no tool '${tool}'`;
    return { kind: "failed", error: { code: "COMPONENT_NOT_FOUND", message } };
  }

  async #callTool(
    client: Client,
    tool: string,
    args: JsonObject,
    call: AttemptCall,
    options: RequestOptions,
  ): Promise<ToolOutput> {
    const traceparent = this.#options.traceparent?.(call);
    const result = await client.callTool(
      { name: tool, arguments: args, ...(traceparent !== undefined && { _meta: { traceparent } }) },
      { ...options, headers: { ...options.headers, "idempotency-key": call.idempotencyKey } },
    );
    return readToolResult(tool, result, this.#options.result);
  }

  /** Servers report an unknown tool like any other failure, each in its own words: the list tells. */
  async #isMissing(tool: string, signal: AbortSignal): Promise<boolean> {
    if (this.#knownTools.has(tool)) return false;
    try {
      const { tools } = await this.#session.use(signal, (client, options) => client.listTools(undefined, options));
      for (const { name } of tools) this.#knownTools.add(name);
      return !this.#knownTools.has(tool);
    } catch (error) {
      if (signal.aborted) throw error;
      // What the tool said is the better answer.
      return false;
    }
  }
}

/** `undefined` for what cannot be the arguments of a tool. */
function readArguments(input: Json): JsonObject | undefined {
  if (input === null) return {};
  return typeof input === "object" && !Array.isArray(input) ? input : undefined;
}
