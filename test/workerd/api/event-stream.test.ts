import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { eventStream } from "../../../src/api/event-stream.ts";
import { canonicalFlowText, flowIdOf, parseFlowDocument } from "../../../src/core/flow/index.ts";
import { newRootRunId } from "../../../src/core/run/run-id.ts";
import type { Namespace, RunId } from "../../../src/protocol/ids.ts";
import type { RunObjectApi } from "../../../src/run/run-api.ts";

const namespace = "default" as Namespace;
const stub = (runId: RunId) => env.RUNS.getByName(`${namespace}/${runId}`);
const object = (runId: RunId) => stub(runId) as unknown as RunObjectApi;

/** A run that ends only when it is cancelled, and its stream. */
async function followSleepingRun(keepAliveMs?: number) {
  const { flow } = parseFlowDocument({
    steps: [{ id: "nap", component: "/builtin/sleep", input: { duration_ms: 3_600_000 } }],
    output: { $step: "nap" },
  });
  if (!flow) throw new Error("the flow of this test is not valid");
  const flowText = canonicalFlowText(flow);
  const runId = newRootRunId(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
  await object(runId).start({ namespace, runId, flowId: flowIdOf(flowText), flowText, submission: { inputs: [{}] } });
  const gone = new AbortController();
  const stream = eventStream(() => object(runId), runId, {
    since: 0,
    includeResults: false,
    includeSubRuns: false,
    signal: gone.signal,
    ...(keepAliveMs === undefined ? {} : { keepAliveMs }),
  });
  return { runId, stream, gone };
}

async function rest(stream: AsyncGenerator<string>): Promise<string> {
  let text = "";
  for await (const piece of stream) text += piece;
  return text;
}
const idsOf = (text: string) => Array.from(text.matchAll(/^id: (\d+)$/gm), (match) => Number(match[1]));

test.each([
  ["sleeps", (runId: RunId) => evictDurableObject(stub(runId))],
  ["is killed", () => abortAllDurableObjects()],
])("A6 a stream goes on when the run's object %s under it, without gap or repetition", async (_, interrupt) => {
  const { runId, stream } = await followSleepingRun();
  const first = String((await stream.next()).value);
  expect(first).toContain('"type":"run_created"');
  const later = rest(stream);
  await interrupt(runId);
  await object(runId).cancel(runId);
  const text = first + (await later);
  expect(text.trimEnd()).toMatch(/"type":"run_completed".*"status":"cancelled".*$/);
  const ids = idsOf(text);
  expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
});

test("a quiet stream says that it is alive", async () => {
  const { stream, gone } = await followSleepingRun(5);
  let piece = "";
  while (!piece.startsWith(":")) piece = String((await stream.next()).value);
  expect(piece).toBe(": keep-alive\n\n");
  gone.abort();
  expect(idsOf(await rest(stream))).toEqual([]);
});

test("a stream ends at once when its reader goes", async () => {
  const { stream, gone } = await followSleepingRun();
  await stream.next();
  const later = rest(stream);
  gone.abort();
  await later;
  expect((await stream.next()).done).toBe(true);
});
