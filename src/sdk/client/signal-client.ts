import type { z } from "zod";
import type { acceptedSignal, signalBody } from "../../protocol/api/wait.ts";
import type { ApiRequests } from "./api-request.ts";

/** `payload`: null unless given. `id`: a signal with an id that the run has seen is taken for the same one. */
export type SignalRequest = z.input<typeof signalBody>;
export type AcceptedSignal = z.output<typeof acceptedSignal>;

export class SignalClient {
  readonly #api: ApiRequests;

  constructor(api: ApiRequests) {
    this.#api = api;
  }

  /**
   * To one step that waits for `name` in the run or below it; kept for the next while none does. Durable once this resolves:
   * with an `id` it can be sent again after a lost answer, and counts once.
   */
  send(runId: string, name: string, signal: SignalRequest = {}): Promise<AcceptedSignal> {
    const path = `/runs/${encodeURIComponent(runId)}/signals/${encodeURIComponent(name)}`;
    return this.#api.json("POST", path, { body: signal });
  }
}
