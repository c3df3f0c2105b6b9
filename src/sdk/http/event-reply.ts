import type { JsonObject } from "../../protocol/json.ts";

/**
 * A response body as Server-Sent Events, one JSON-RPC message each. Messages may be sent before there is a stream, which most
 * calls never need; while it is open a comment goes out every so often, so that nobody on the way takes the silence for an end.
 */
export class EventReply {
  /** Resolves with the first message. */
  readonly wanted: Promise<void>;
  readonly #encoder = new TextEncoder();
  readonly #want: () => void;
  #waiting: string[] = [];
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.wanted = promise;
    this.#want = resolve;
  }

  /**
   * The body. Its first comment lets the headers go at once; whenever `keepAliveMs` have passed there is another.
   * `onCancel`: the reader has gone.
   */
  open(keepAliveMs: number, onCancel: () => void): ReadableStream<Uint8Array> {
    this.#timer = setInterval(() => this.#write(": keep-alive\n\n"), keepAliveMs);
    return new ReadableStream({
      start: (controller) => {
        this.#controller = controller;
        for (const text of [": working\n\n", ...this.#waiting.splice(0)]) this.#write(text);
      },
      cancel: () => {
        this.#close();
        onCancel();
      },
    });
  }

  /** What is sent to a reader that has gone is dropped. */
  send(message: JsonObject): void {
    this.#write(`data: ${JSON.stringify(message)}\n\n`);
    this.#want();
  }

  end(message: JsonObject): void {
    this.send(message);
    const controller = this.#controller;
    this.#close();
    controller?.close();
  }

  #write(text: string): void {
    if (this.#controller) this.#controller.enqueue(this.#encoder.encode(text));
    else if (this.#timer === undefined) this.#waiting.push(text);
  }

  #close(): void {
    if (this.#timer !== undefined) clearInterval(this.#timer);
    this.#controller = undefined;
  }
}
