import { createParser } from "eventsource-parser";
import { parseJson } from "../../protocol/parse-json.ts";
import type { Timers } from "../deadline.ts";
import type { Exchange } from "./exchange.ts";
import { type RpcId, type RpcMessage, readRpcMessage } from "./json-rpc.ts";

export interface EventStreamLimits {
  /** Of one event. */
  readonly maxBytes: number;
  /** Between two chunks. */
  readonly idleMs: number;
  /** True while the worker waits for an answer of ours: its silence then means nothing. */
  readonly isWaitedFor?: () => boolean;
  /** Aborts when nobody wants to know any more. */
  readonly signal?: AbortSignal;
}

/**
 * Reads an event stream up to the response to request `id`. What comes after it is not read: workers drop the connection there
 * without ending the stream. Requests and notifications of the worker go to `onMessage`.
 */
export async function readEventStream(
  body: ReadableStream<Uint8Array>,
  id: RpcId,
  limits: EventStreamLimits,
  timers: Timers,
  onMessage: (message: Extract<RpcMessage, { kind: "request" | "notification" }>) => void,
): Promise<Exchange> {
  let answer: Exchange | undefined;
  let strangers = 0;
  let pending = 0;
  const parser = createParser({
    onEvent: ({ data }) => {
      if (answer) return;
      const parsed = parseJson(data);
      const message = parsed.kind === "json" ? readRpcMessage(parsed.json) : undefined;
      if (!message) {
        const why = parsed.kind === "invalid" ? parsed.message : "it is no JSON-RPC message";
        answer = { kind: "broken", reason: `an event of the worker's stream cannot be understood: ${why}` };
      } else if (message.kind === "request" || message.kind === "notification") {
        onMessage(message);
      } else if (message.id !== id && message.id !== undefined) {
        strangers++;
      } else {
        answer =
          message.kind === "error"
            ? { kind: "error", error: message.error }
            : { kind: "result", result: message.result, maxBytes: data.length * 3 };
      }
      pending = 0;
    },
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  const leave = (): void => void reader.cancel().catch(() => {});
  limits.signal?.addEventListener("abort", leave, { once: true });
  try {
    for (;;) {
      const chunk = await readChunk(reader, limits.idleMs, timers, limits.isWaitedFor);
      if (chunk.kind === "silent") return chunk;
      if (chunk.kind === "end") return { kind: "broken", reason: describeEnd(strangers, chunk.reason) };
      pending += chunk.bytes.byteLength;
      parser.feed(decoder.decode(chunk.bytes, { stream: true }));
      if (answer) return answer;
      if (pending > limits.maxBytes) return { kind: "too_large", limitBytes: limits.maxBytes };
    }
  } finally {
    limits.signal?.removeEventListener("abort", leave);
    // The worker may have gone already.
    leave();
  }
}

type Chunk =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "end"; readonly reason?: string }
  | { readonly kind: "silent"; readonly idleMs: number };

/** The next bytes of a stream, unless it ends or nothing comes for `idleMs`. */
export async function readChunk(
  reader: ReadableStreamDefaultReader<Uint8Array>,
  idleMs: number,
  timers: Timers,
  isWaitedFor: () => boolean = () => false,
): Promise<Chunk> {
  const { promise: silence, resolve } = Promise.withResolvers<Chunk>();
  let stopTimer = (): void => {};
  const listen = (): void => {
    stopTimer = timers.after(idleMs, () => (isWaitedFor() ? listen() : resolve({ kind: "silent", idleMs })));
  };
  listen();
  const read = reader.read().then(
    ({ done, value }): Chunk => (done ? { kind: "end" } : { kind: "bytes", bytes: value }),
    (cause: unknown): Chunk => ({ kind: "end", reason: cause instanceof Error ? cause.message : "it was cut off" }),
  );
  try {
    return await Promise.race([read, silence]);
  } finally {
    stopTimer();
  }
}

function describeEnd(strangers: number, reason: string | undefined): string {
  const others = strangers > 0 ? ` (${strangers} with another id)` : "";
  return `the worker's event stream ended without the response to the call${others}${reason === undefined ? "" : `: ${reason}`}`;
}
