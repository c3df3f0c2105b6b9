import { expect, test } from "vitest";
import { MemoryBlobStore } from "../../src/blobs/memory-blob-store.ts";
import { keyedRunId } from "../../src/core/run/run-id.ts";
import type { BlobId, Namespace } from "../../src/protocol/ids.ts";
import type { StartRun } from "../../src/run/run-api.ts";
import { startTriggeredRun } from "../../src/triggers/start-triggered-run.ts";
import { echoFlow } from "../api/example-flows.ts";

const namespace = "team" as Namespace;

function harness(lost = 0) {
  const starts: StartRun[] = [];
  let failures = lost;
  const blobs = new MemoryBlobStore();
  const deps = {
    blobs: () => blobs,
    flows: {
      latest: async (_: Namespace, name: string) =>
        name === "known" ? { flowId: "a".repeat(64) as BlobId, storedAt: 1 } : undefined,
    },
    runs: () => ({
      start: async (request: object) => {
        starts.push(request as StartRun);
        if (failures-- > 0) throw new Error("the object went away");
        return { ok: true as const, value: { summary: {} as never, created: starts.length === 1 } };
      },
    }),
  };
  return { deps, starts, blobs };
}

test("TRIG-5: a key names its run, with one item of whatever type, the trigger's settings and its label", async () => {
  const { deps, starts } = harness();
  const document = { flowName: "known", labels: { team: "x" }, variables: { v: 1 }, maxConcurrency: 3 };
  const run = await startTriggeredRun(deps, { namespace, name: "t", document, key: "k", input: [1, 2] });
  const runId = keyedRunId(namespace, "trigger/t/k");
  expect(run).toMatchObject({ kind: "started", runId, created: true });
  expect(starts).toEqual([
    {
      namespace,
      runId,
      flowId: "a".repeat(64),
      submission: { inputs: [[1, 2]], labels: { team: "x", trigger: "t" }, variables: { v: 1 }, maxConcurrency: 3 },
    },
  ]);
});

test("ALLOW-4: its bound is that of its runs", async () => {
  const { deps, starts } = harness();
  const document = { flowName: "known", allowComponents: ["/w/*"] };
  await startTriggeredRun(deps, { namespace, name: "t", document, key: "k", input: null });
  expect(starts[0]?.allowComponents).toEqual([["/w/*"]]);
});

test("TRIG-5: a start whose answer was lost is repeated under the same id", async () => {
  const { deps, starts } = harness(2);
  await startTriggeredRun(deps, { namespace, name: "t", document: { flowName: "known" }, key: "k", input: null });
  expect(new Set(starts.map(({ runId }) => runId)).size).toBe(1);
  expect(starts).toHaveLength(3);
});

test("TRIG-1: a flow by a name that nothing is stored under is refused; one in the document is stored", async () => {
  const { deps, starts, blobs } = harness();
  const unknown = { namespace, name: "t", document: { flowName: "x" }, key: "k", input: {} };
  expect(await startTriggeredRun(deps, unknown)).toEqual({ kind: "refused", reason: 'there is no flow named "x"' });
  expect(starts).toEqual([]);
  await startTriggeredRun(deps, { ...unknown, document: { flow: echoFlow } });
  const [start] = starts;
  expect(await blobs.get(start?.flowId ?? ("" as BlobId))).toMatchObject({ blobType: "flow" });
});
