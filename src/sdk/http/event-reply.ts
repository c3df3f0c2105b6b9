import type { JsonObject } from "../../protocol/json.ts";

/**
 * A response body as Server-Sent Events, one JSON-RPC message each. Messages may be sent before it is read; while it is open a
 * comment goes out every so often, so that nobody on the way takes the silence for an end.
 */
export class EventReply {
  readonly body: ReadableStream<Uint8Array>;
  /** Resolves with the first message. */
  readonly opened: Promise<void>;
  readonly #encoder = new TextEncoder();
  readonly #open: () => void;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  /** `onCancel`: the reader has gone. */
  constructor(onCancel: () => void) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.opened = promise;
    this.#open = resolve;
    this.body = new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
      },
      cancel: () => {
        this.#close();
        onCancel();
      },
    });
  }

  /** The first comment lets the headers go at once; an interval that has passed without an end brings the next. */
  keepAlive(everyMs: number): void {
    this.#write(": working\n\n");
    this.#timer = setInterval(() => this.#write(": keep-alive\n\n"), everyMs);
  }

  /** What is sent after the end, or to a reader that has gone, is dropped. */
  send(message: JsonObject): void {
    this.#write(`data: ${JSON.stringify(message)}\n\n`);
    this.#open();
  }

  end(message: JsonObject): void {
    this.send(message);
    const controller = this.#controller;
    this.#close();
    controller?.close();
  }

  #write(text: string): void {
    this.#controller?.enqueue(this.#encoder.encode(text));
  }

  #close(): void {
    if (this.#timer !== undefined) clearInterval(this.#timer);
    this.#controller = undefined;
  }
}
