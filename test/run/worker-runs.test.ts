/** What can happen between a run and the one that its worker starts, with the two objects played by hand. */
import { describe, expect, test } from "vitest";
import type { FlowId, Namespace, RunId } from "../../src/protocol/ids.ts";
import type { RunSummary } from "../../src/protocol/run.ts";
import type { RunObjectApi, RunReply } from "../../src/run/run-api.ts";
import { ObjectWorkerRuns } from "../../src/run/worker-runs.ts";
import { attemptCall } from "../dispatch/attempt-call.ts";

const child = { flowId: "f".repeat(64) as FlowId, inputs: [1], key: "k" };
const never = new AbortController().signal;

function summary(runId: RunId, status: RunSummary["status"]): RunSummary {
  const items = { total: 1, completed: 0, running: 1, failed: 0, cancelled: 0, skipped: 0 };
  return { runId, flowId: child.flowId, status, items, labels: {}, createdAt: "", rootRunId: runId, createdAtSeqno: 1 };
}
const ok = <T>(value: T): RunReply<T> => ({ ok: true, value });

/** Answers in the order the calls are expected; whatever else is asked fails the test. */
function objects(answers: Partial<Record<keyof RunObjectApi, (runId: RunId) => unknown>>) {
  const asked: string[] = [];
  const object = (runId: RunId) =>
    new Proxy({} as RunObjectApi, {
      get: (_, name: keyof RunObjectApi) => async () => {
        asked.push(name);
        const answer = answers[name];
        if (!answer) throw new Error(`${name} was not expected`);
        return answer(runId);
      },
    });
  return { asked, runs: new ObjectWorkerRuns((_: Namespace, runId) => object(runId), { maxDepth: 32 }) };
}

describe("a run that a worker starts", () => {
  test("RUN-55 does not outlive a cancel that came while it was started", async () => {
    let isCancelled = false;
    const { runs, asked } = objects({
      submitChild: () =>
        isCancelled ? { ok: false, fault: { kind: "precondition", message: "it has ended" } } : ok({ accepted: true }),
      start: (runId) => {
        isCancelled = true;
        return ok({ summary: summary(runId, "running"), created: true });
      },
      cancel: (runId) => ok(summary(runId, "cancelled")),
    });
    expect(await runs.submit(attemptCall(), child)).toEqual({ kind: "refused", message: "it has ended" });
    expect(asked).toEqual(["submitChild", "start", "submitChild", "cancel"]);
  });

  test("SEC-16 is handed the secrets of the run that its worker works for", async () => {
    const given: unknown[] = [];
    const object = (runId: RunId) =>
      ({
        submitChild: async () => ok({ accepted: true, secrets: ["hand me on"] }),
        start: async (request: unknown) => {
          given.push(request);
          return ok({ summary: summary(runId, "running"), created: true });
        },
      }) as unknown as RunObjectApi;
    const runs = new ObjectWorkerRuns((_: Namespace, runId) => object(runId), { maxDepth: 32 });
    expect(await runs.submit(attemptCall(), child)).toMatchObject({ kind: "ok" });
    expect(given).toEqual([expect.objectContaining({ secrets: ["hand me on"] })]);
  });

  test("is refused below the deepest level", async () => {
    const { runs, asked } = objects({});
    expect(await runs.submit(attemptCall({ depth: 32 }), child)).toMatchObject({
      kind: "refused",
      message: expect.stringContaining("maxDepth (32)"),
    });
    expect(asked).toEqual([]);
  });

  test("is asked again when the object was lost under the call", async () => {
    let losses = 0;
    const { runs } = objects({
      submitChild: () => ok({ accepted: true }),
      start: (runId) => {
        if (losses++ === 0) throw new Error("Network connection lost.");
        return ok({ summary: summary(runId, "running"), created: false });
      },
    });
    expect(await runs.submit(attemptCall(), child)).toMatchObject({ kind: "ok" });
  });

  test("is waited for in pieces, until it has ended or nobody wants to know any more", async () => {
    let waits = 0;
    const { runs } = objects({ summary: (runId) => ok(summary(runId, ++waits < 4 ? "running" : "completed")) });
    const { runId, namespace } = attemptCall();
    const options = { waitMs: Number.POSITIVE_INFINITY, signal: never };
    expect(await runs.summary(namespace, runId, options)).toMatchObject({ value: { status: "completed" } });
    expect(waits).toBe(4);
    const aborted = AbortSignal.abort(new Error("not wanted"));
    await expect(runs.summary(namespace, runId, { ...options, signal: aborted })).rejects.toThrow("not wanted");
  });
});
