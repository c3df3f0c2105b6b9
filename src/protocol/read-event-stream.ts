import { createParser } from "eventsource-parser";
import type { RunEventMessage } from "./event.ts";

/** The events of an SSE body, in order, as they come. Ends when the body ends; a broken connection throws. */
export async function* readEventStream(body: ReadableStream<Uint8Array>): AsyncGenerator<RunEventMessage> {
  const ready: RunEventMessage[] = [];
  const parser = createParser({
    onEvent({ data }) {
      const event: RunEventMessage = JSON.parse(data);
      ready.push(event);
    },
  });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* ready.splice(0);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
