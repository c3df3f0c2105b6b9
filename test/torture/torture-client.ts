/** Clients of an orchestrator that is killed all the time: they ask again, under the same key, until they are answered. */
import type { RunEventMessage } from "../../src/protocol/event.ts";
import type { FlowResult } from "../../src/protocol/flow-result.ts";
import type { Json, JsonObject } from "../../src/protocol/json.ts";
import type { RunSummary } from "../../src/protocol/run.ts";
import { journalFaults, type TaskStory, taskStories } from "./journal-faults.ts";
import type { Quiet } from "./quiet.ts";
import type { TortureFlow } from "./torture-flows.ts";
import { TORTURE_FLOWS } from "./torture-flows.ts";

export interface EndedRun {
  readonly runId: string;
  readonly kind: TortureFlow;
  /** By task id. */
  readonly stories: ReadonlyMap<string, TaskStory>;
}

/** Between two looks at a run. */
const LOOK_MS = 700;
/** HTTP status of what a run that has ended refuses. */
const REFUSED = 409;

export class TortureClient {
  readonly ended: EndedRun[] = [];
  readonly violations: string[] = [];
  /** Runs that are paused, or about to be: nothing of them is sent again. */
  readonly held = new Set<string>();
  readonly #url: string;
  readonly #quiet: Quiet;
  readonly #patienceMs: number;
  #next = 0;

  constructor(url: string, quiet: Quiet, patienceMs: number) {
    this.#url = url;
    this.#quiet = quiet;
    this.#patienceMs = patienceMs;
  }

  /** Keeps `count` runs alive until `stop`, and looks all of them through to their end. */
  async keepRunning(count: number, stop: AbortSignal): Promise<void> {
    const one = async (): Promise<void> => {
      do await this.#play(this.#next++, stop);
      while (!stop.aborted);
    };
    await Promise.all(Array.from({ length: count }, one));
  }

  /** Resolves when the port answers. It does not touch a run. */
  async health(): Promise<void> {
    await answered(this.#patienceMs, () => fetch(`${this.#url}/api/v1/health`));
  }

  async #play(x: number, stop: AbortSignal): Promise<void> {
    let deadline: number | undefined;
    const kind = TORTURE_FLOWS[x % TORTURE_FLOWS.length];
    if (!kind) return;
    const submitted: RunSummary = JSON.parse(
      await this.#ask("/api/v1/runs", {
        method: "POST",
        headers: { "content-type": "application/json", "idempotency-key": `torture-${x}` },
        body: JSON.stringify({ flow: kind.flow, input: { x } }),
      }),
    );
    const { runId } = submitted;
    const meddling = this.#meddle(runId, kind, x);
    let summary = submitted;
    while (summary.status === "running" || summary.status === "paused") {
      // A task may be lost as often as there are kills.
      if (stop.aborted) deadline ??= Date.now() + 2 * this.#patienceMs;
      if (deadline !== undefined && Date.now() > deadline) {
        this.violations.push(`lost: run ${runId} (${kind.name}) was acknowledged and has not ended`);
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      summary = JSON.parse(await this.#ask(`/api/v1/runs/${runId}`));
    }
    await meddling;
    const items = await this.#ask(`/api/v1/runs/${runId}/items`);
    const { results }: { results: readonly { result?: FlowResult }[] } = JSON.parse(items);
    const [first] = results;
    const wanted = kind.undone
      ? { status: "failed", result: kind.undone.code }
      : { status: "completed", result: JSON.stringify(kind.result(x)) };
    const found =
      first?.result?.outcome === "failed" ? first.result.error.code : JSON.stringify(valueOf(first?.result));
    if (summary.status !== wanted.status || found !== wanted.result)
      this.violations.push(
        `wrong end: run ${runId} (${kind.name}) ${summary.status}: ${items}, expected ${wanted.status} ${wanted.result}`,
      );
    const stream = await this.#ask(`/api/v1/runs/${runId}/events?includeSubRuns=true`);
    const events = stream
      .split("\n")
      .filter((line) => line.startsWith("data:"))
      .map((line): RunEventMessage => JSON.parse(line.slice("data:".length)));
    this.violations.push(...journalFaults(events).map((fault) => `run ${runId} (${kind.name}): ${fault}`));
    this.ended.push({ runId, kind, stories: taskStories(events) });
  }

  /** What others do to a run while it goes on. A run that has ended meanwhile refuses it. */
  async #meddle(runId: string, { signals = [], isHeld }: TortureFlow, x: number): Promise<void> {
    const post = (path: string, body: JsonObject = {}) =>
      this.#ask(
        `/api/v1/runs/${runId}/${path}`,
        { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) },
        REFUSED,
      );
    if (isHeld) {
      this.held.add(runId);
      await post("pause");
      await new Promise((resolve) => setTimeout(resolve, 300 + (x % 10) * 250));
      await post("resume");
      this.held.delete(runId);
    }
    for (const [index, { name, payload }] of signals.entries()) {
      await new Promise((resolve) => setTimeout(resolve, (x % 7) * 300));
      for (let again = 0; again < 2; again++) await post(`signals/${name}`, { payload, id: `s${index}` });
    }
  }

  #ask(path: string, init?: RequestInit, refusal?: number): Promise<string> {
    return answered(
      this.#patienceMs,
      async () => {
        await this.#quiet.passed();
        return fetch(this.#url + path, { ...init, signal: AbortSignal.timeout(10_000) });
      },
      refusal,
    );
  }
}

function valueOf(result: FlowResult | undefined): Json | undefined {
  return result?.outcome === "success" ? result.result : undefined;
}

/** A killed orchestrator refuses, resets, breaks off or fails for a moment: asks again until there is a whole answer. */
async function answered(patienceMs: number, ask: () => Promise<Response>, refusal?: number): Promise<string> {
  const until = Date.now() + patienceMs;
  for (;;) {
    let trouble: string;
    try {
      const response = await ask();
      const text = await response.text();
      if (response.ok || response.status === refusal) return text;
      trouble = `${response.status} ${text}`;
    } catch (error) {
      trouble = String(error);
    }
    if (Date.now() > until) throw new Error(`no answer in ${patienceMs} ms: ${trouble}`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}
