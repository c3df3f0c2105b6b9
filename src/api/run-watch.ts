import type { RunId } from "../protocol/ids.ts";
import type { RunObjectApi } from "../run/run-api.ts";
import { pause, retryLostCall } from "./retry-lost-call.ts";

/** Before a lost socket is opened again: its object may be on its way elsewhere, with all its watchers. */
const REOPEN_MS = 200;

/**
 * The hint that a run has new events: a WebSocket on which its object sends the latest sequence number. The object hibernates
 * with it. A socket that was lost counts as a hint, and is opened again by the next `next`.
 */
export class RunWatch {
  readonly #object: () => RunObjectApi;
  readonly #runId: RunId;
  #socket: WebSocket | undefined;
  #latest = 0;
  #wake: (() => void) | undefined;

  constructor(object: () => RunObjectApi, runId: RunId) {
    this.#object = object;
    this.#runId = runId;
  }

  async open(): Promise<void> {
    const url = `https://run/watch?runId=${this.#runId}`;
    const response = await this.#object().fetch(new Request(url, { headers: { upgrade: "websocket" } }));
    const socket = response.webSocket;
    if (!socket) throw new Error(`The object of run ${this.#runId} answered ${response.status} to a watcher.`);
    socket.addEventListener("message", ({ data }) => {
      this.#latest = Math.max(this.#latest, Number(data));
      this.#wake?.();
    });
    const lost = () => {
      if (this.#socket === socket) this.#socket = undefined;
      this.#wake?.();
    };
    socket.addEventListener("close", lost);
    socket.addEventListener("error", lost);
    socket.accept();
    this.#socket = socket;
  }

  /** Waits until there may be events after `since`; `idle` when nothing came for `timeoutMs`. */
  async next(since: number, timeoutMs: number, signal: AbortSignal): Promise<"changed" | "idle"> {
    if (this.#latest > since) return "changed";
    if (this.#socket) return (await this.#sleep(timeoutMs, signal)) ? "changed" : "idle";
    await pause(REOPEN_MS, signal);
    if (!signal.aborted) await retryLostCall(() => this.open(), signal);
    return "changed";
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close(1000, "done");
  }

  /** True when woken before the time was over. */
  #sleep(milliseconds: number, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const finish = (woken: boolean) => {
        clearTimeout(timer);
        signal.removeEventListener("abort", wake);
        this.#wake = undefined;
        resolve(woken);
      };
      const wake = () => finish(true);
      const timer = setTimeout(() => finish(false), milliseconds);
      signal.addEventListener("abort", wake);
      this.#wake = wake;
    });
  }
}
