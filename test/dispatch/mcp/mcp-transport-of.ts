import { MemoryBlobStore } from "../../../src/blobs/memory-blob-store.ts";
import type { Timers } from "../../../src/dispatch/deadline.ts";
import { McpTransport, type McpTransportOptions } from "../../../src/dispatch/mcp/mcp-transport.ts";
import { attemptCall } from "../attempt-call.ts";
import { ManualTimers } from "../manual-timers.ts";

/** A transport with a clock that stands still, and how to call one of its tools. */
export function mcpTransport(url: string, overrides: Partial<McpTransportOptions> & { readonly timers?: Timers } = {}) {
  const timers = new ManualTimers();
  const transport = new McpTransport({
    plugin: "tools",
    result: "content",
    url,
    headers: {},
    fetch,
    timers,
    generations: new Map(),
    blobs: new MemoryBlobStore(),
    ...overrides,
  });
  const call = (tool: string, input: Parameters<typeof attemptCall>[0] = {}, signal = new AbortController().signal) =>
    transport.execute(attemptCall({ plugin: "tools", componentId: `/${tool}`, input: {}, ...input }), signal);
  return { transport, timers, call };
}
