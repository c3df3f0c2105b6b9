/** Waits for a run's end without depending on one connection: a lost stream or answer is asked for again. */

import { setTimeout as delay } from "node:timers/promises";
import type { RunEventMessage } from "../../protocol/event.ts";
import { hasEnded } from "../../protocol/has-ended.ts";
import type { RunSummary } from "../../protocol/run.ts";
import { type ApiClient, ApiFailure } from "./api-client.ts";

/** How long one request waits at the server. */
const WAIT_SECS = 60;
const MAX_LOST_CONNECTIONS = 5;

/** `onEvent` sees every event once, in order; without it the run's end is waited for without a stream. */
export async function followRun(
  client: ApiClient,
  runId: string,
  onEvent?: (event: RunEventMessage) => void,
): Promise<RunSummary> {
  if (onEvent !== undefined) await followEvents(client, runId, onEvent);
  for (;;) {
    const run = await client.run(runId, { wait: true, timeoutSecs: WAIT_SECS });
    if (hasEnded(run.status)) return run;
  }
}

async function followEvents(
  client: ApiClient,
  runId: string,
  onEvent: (event: RunEventMessage) => void,
): Promise<void> {
  let since: number | undefined;
  for (let lost = 0; lost <= MAX_LOST_CONNECTIONS; lost++) {
    if (lost > 0) await delay(200 * 2 ** lost);
    try {
      for await (const event of client.events(runId, since === undefined ? {} : { since })) {
        since = event.sequenceNumber;
        onEvent(event);
        if (event.type === "run_completed" && event.runId === runId) return;
      }
    } catch (error) {
      // A refusal will not change; a broken connection is taken up after the last event seen.
      if (error instanceof ApiFailure) throw error;
    }
    if (hasEnded((await client.run(runId)).status)) return;
  }
}
