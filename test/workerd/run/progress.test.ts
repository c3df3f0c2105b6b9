/** Progress inside the platform's runtime: over held streams, through dispatcher objects, and of tasks that were taken over. */
import { evictDurableObject, runInDurableObject, SELF } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { canonicalFlowText, flowIdOf, parseFlow } from "../../../src/core/flow/index.ts";
import { newRootRunId } from "../../../src/core/run/run-id.ts";
import type { RunEventMessage } from "../../../src/protocol/event.ts";
import type { Namespace, RunId } from "../../../src/protocol/ids.ts";
import type { Json } from "../../../src/protocol/json.ts";
import type { RunObjectApi, StartRun } from "../../../src/run/run-api.ts";

const namespace = "default" as Namespace;

const stub = (runId: RunId) => env.RUNS.getByName(`${namespace}/${runId}`);
const runs = (runId: RunId) => stub(runId) as unknown as RunObjectApi;

async function valueOf<T>(reply: Promise<{ ok: true; value: T } | { ok: false; fault: unknown }>): Promise<T> {
  const answer = await reply;
  if (!answer.ok) throw new Error(JSON.stringify(answer.fault));
  return answer.value;
}

async function start(text: string, input: Json, waitMs = 0): Promise<RunId> {
  const { flow, diagnostics } = parseFlow(text, { format: "yaml" });
  if (!flow) throw new Error(JSON.stringify(diagnostics));
  const flowText = canonicalFlowText(flow);
  const runId = newRootRunId(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
  const request: StartRun = {
    namespace,
    runId,
    flowId: flowIdOf(flowText),
    flowText,
    submission: { inputs: [input] },
    waitMs,
  };
  await valueOf(runs(runId).start(request));
  return runId;
}

async function told(runId: RunId) {
  const page = { since: 0, limit: 1_000, includeResults: false, includeSubRuns: false };
  const { events } = await valueOf(runs(runId).events(runId, page));
  return events.filter(
    (event): event is Extract<RunEventMessage, { type: "attempt_progress" }> => event.type === "attempt_progress",
  );
}

async function stepOf(runId: RunId) {
  const [step] = await valueOf(runs(runId).steps(runId, { includeOutputs: true, offset: 0, limit: 10 }));
  return step;
}

afterEach(() => env.ECHO.fetch("http://echo/release"));

describe("progress", () => {
  it("RUN-161 of a held call reaches the next attempt, which goes on from the last word", async () => {
    const text = `steps: [{ id: a, component: /w/tell, input: { $input: $ }, retry: { maxAttempts: 2, backoff: { type: constant, minDelay: 1ms } } }]
output: { $step: a }`;
    const words = Array.from({ length: 50 }, (_, page) => ({ progress: page / 50, details: { page } }));
    const runId = await start(text, { tell: words }, 20_000);
    const last = { progress: 0.98, details: { page: 49 } };
    expect(await stepOf(runId)).toMatchObject({
      status: "completed",
      output: { attempt: 2, lastProgress: last },
      lastProgress: last,
    });
    const events = await told(runId);
    expect(events[0]).toMatchObject({ stepId: "a", attempt: 1, progress: 0, details: { page: 0 } });
    // Two attempts, each with its first and its last word.
    expect(events.map(({ attempt, progress }) => [attempt, progress])).toEqual([
      [1, 0],
      [1, 0.98],
      [2, 0],
      [2, 0.98],
    ]);
  });

  it("RUN-161 of a call that leaves through a dispatcher object, likewise", async () => {
    // Held calls take the run's own slots: what comes after them leaves elsewhere.
    const held = [0, 1, 2, 3, 4].map((n) => `  - { id: h${n}, component: /w/hold, mustExecute: true }`).join("\n");
    const text = `steps:
${held}
  - { id: a, component: /w/tell, input: { $input: $ }, retry: { maxAttempts: 2, backoff: { type: constant, minDelay: 1ms } } }
output: { $step: a }`;
    const runId = await start(text, { tell: [{ progress: 0.5, message: "elsewhere" }] });
    const step = await vi.waitUntil(
      async () => {
        const all = await valueOf(runs(runId).steps(runId, { includeOutputs: true, offset: 0, limit: 10 }));
        return all.find(({ stepId, status }) => stepId === "a" && status === "completed");
      },
      { timeout: 10_000 },
    );
    expect(step).toMatchObject({ output: { attempt: 2, lastProgress: { progress: 0.5, message: "elsewhere" } } });
  });

  it("RUN-162 of a task that its worker has taken over is in the journal when the heartbeat is answered", async () => {
    const runId = await start("steps: [{ id: a, component: /w/later }]\noutput: { $step: a }", {});
    const taskUrl = await vi.waitUntil(async () => {
      const urls = await (await env.ECHO.fetch("http://echo/tasks")).json<Record<string, string>>();
      return Object.entries(urls).find(([key]) => key.includes(runId))?.[1];
    });
    await vi.waitUntil(() =>
      runInDurableObject(stub(runId), (_, { storage }) =>
        storage.sql
          .exec("SELECT * FROM journal")
          .toArray()
          .some((row) => JSON.stringify(row).includes("attempt_handed_over")),
      ),
    );
    const beat = (body: Json) =>
      SELF.fetch(`http://127.0.0.1${new URL(taskUrl ?? "").pathname}/heartbeat`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
    const answers = await Promise.all(
      [1, 2, 3, 4].map((page) => beat({ progress: page / 10, message: `page ${page}` })),
    );
    expect(await Promise.all(answers.map((answer) => answer.json()))).toEqual(
      answers.map(() => ({ active: true, deadlineAt: expect.any(String) })),
    );
    await evictDurableObject(stub(runId));
    expect(await stepOf(runId)).toMatchObject({
      status: "running",
      lastProgress: { message: expect.stringMatching(/^page/) },
    });
    expect(await told(runId)).toHaveLength(2);
    const tooMuch = await beat({ details: "x".repeat(20_000) });
    expect([tooMuch.status, await tooMuch.json()]).toMatchObject([
      400,
      { error: { message: expect.stringContaining("16384") } },
    ]);
    expect(await told(runId)).toHaveLength(2);
  });
});
