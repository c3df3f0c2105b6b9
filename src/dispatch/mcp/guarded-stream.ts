import { createParser } from "eventsource-parser";
import { parseJson } from "../../protocol/parse-json.ts";
import type { Timers } from "../deadline.ts";
import { type EventStreamLimits, readChunk } from "../http-jsonrpc/event-stream.ts";
import { readRpcMessage } from "../http-jsonrpc/json-rpc.ts";
import type { LostExchange } from "./mcp-fault.ts";

/**
 * An MCP event stream that ends: after its response, when an event is larger than it may be or cannot be taken over exactly,
 * or when nothing has come for too long. `onLost` hears why there will be no response, which the client library would wait for
 * until the deadline. A stream whose events have ids may be continued by another request: its end is no loss.
 */
export function guardEventStream(
  body: ReadableStream<Uint8Array>,
  limits: Pick<EventStreamLimits, "maxBytes" | "idleMs">,
  timers: Timers,
  onLost: (exchange: LostExchange) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let pending = 0;
  let isAnswered = false;
  let isResumable = false;
  let fault: LostExchange | undefined;
  const parser = createParser({
    onEvent: ({ id, data }) => {
      pending = 0;
      if (id !== undefined && id !== "") isResumable = true;
      if (data === "") return;
      const parsed = parseJson(data);
      if (parsed.kind === "invalid") {
        fault ??= { kind: "broken", reason: `an event of the stream cannot be understood: ${parsed.message}` };
        return;
      }
      const kind = readRpcMessage(parsed.json)?.kind;
      isAnswered ||= kind === "result" || kind === "error";
    },
  });
  const stop = (controller: ReadableStreamDefaultController<Uint8Array>, lost?: LostExchange): void => {
    if (lost) onLost(lost);
    controller.close();
    // The server may have gone already.
    reader.cancel().catch(() => {});
  };
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = await readChunk(reader, limits.idleMs, timers);
      if (chunk.kind === "silent") return stop(controller, chunk);
      if (chunk.kind === "end")
        return stop(controller, isAnswered || isResumable ? undefined : describeEnd(chunk.reason));
      pending += chunk.bytes.byteLength;
      parser.feed(decoder.decode(chunk.bytes, { stream: true }));
      if (fault) return stop(controller, fault);
      if (pending > limits.maxBytes) return stop(controller, { kind: "too_large", limitBytes: limits.maxBytes });
      controller.enqueue(chunk.bytes);
      if (isAnswered) stop(controller);
    },
    cancel: (reason) => reader.cancel(reason),
  });
}

function describeEnd(reason: string | undefined): LostExchange {
  const why = reason === undefined ? "" : `: ${reason}`;
  return { kind: "broken", reason: `the server's event stream ended without the response to the call${why}` };
}
