/** What unmodified workers of the field said on the wire, played back to our transport and our callbacks. */
import { createHash } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { MemoryBlobStore } from "../../../src/blobs/memory-blob-store.ts";
import type { BlobStore } from "../../../src/core/ports/blob-store.ts";
import { serveCallbacks } from "../../../src/dispatch/callbacks/serve-callbacks.ts";
import type { ChildRun, WorkerRuns } from "../../../src/dispatch/callbacks/worker-runs.ts";
import { HttpJsonRpcTransport } from "../../../src/dispatch/http-jsonrpc/http-jsonrpc-transport.ts";
import type { Json } from "../../../src/protocol/json.ts";
import type { ItemResult, RunSummary } from "../../../src/protocol/run.ts";
import { attemptCall } from "../attempt-call.ts";
import { ManualTimers } from "../manual-timers.ts";
import { BLOB_ID, CHILD_RUN_ID, CONVERSATIONS, DIALECTS, ERRORS, FLOW_ID, LISTING } from "./recorded-conversations.ts";
import { type Conversation, RecordedWorker } from "./recorded-worker.ts";

const never = new AbortController().signal;
let worker: RecordedWorker | undefined;
afterEach(() => worker?.stop());

/** The run as it was on the day of the recording; real runs answer in the platform's tests. */
class RecordedRuns implements WorkerRuns {
  readonly submitted: ChildRun[] = [];
  readonly #summary: RunSummary = {
    runId: CHILD_RUN_ID,
    flowId: FLOW_ID,
    status: "completed",
    outcome: "success",
    items: { total: 1, completed: 1, running: 0, failed: 0, cancelled: 0, skipped: 0 },
    labels: {},
    createdAt: "2026-01-01T00:00:00.000Z",
    rootRunId: CHILD_RUN_ID,
    createdAtSeqno: 1,
  };

  async submit(_: unknown, child: ChildRun) {
    this.submitted.push(child);
    return { kind: "ok" as const, value: this.#summary };
  }
  async summary() {
    return { kind: "ok" as const, value: this.#summary };
  }
  async results() {
    const results: ItemResult[] = [
      { itemIndex: 0, status: "completed", result: { outcome: "success", result: { v: 0 } } },
    ];
    return { kind: "ok" as const, value: results };
  }
}

/** The flow of the nested runs is there, whatever its bytes. */
class StoreWithFlow extends MemoryBlobStore {
  override async head(id: Parameters<BlobStore["head"]>[0]) {
    return id === FLOW_ID ? { id, blobType: "flow" as const, size: 2 } : super.head(id);
  }
}

async function play(conversation: Conversation) {
  worker = await RecordedWorker.start(conversation);
  const runs = new RecordedRuns();
  const blobs = new StoreWithFlow();
  const { url } = worker;
  const transport = new HttpJsonRpcTransport({
    plugin: "python",
    url,
    worker: url,
    fetch,
    sessions: new Map(),
    blobs,
    timers: new ManualTimers(),
    callbacks: serveCallbacks({ blobs, runs }),
  });
  return { worker, transport, runs };
}

test("the blob id of the recording is that of its content", () => {
  expect(BLOB_ID).toBe(createHash("sha256").update('{"k":{"a":1}}').digest("hex"));
});

describe("recorded conversations", () => {
  test.each(CONVERSATIONS.map((played) => [played.conversation.title, played] as const))("%s", async (_, played) => {
    const { conversation, componentId, input, output } = played;
    const { worker, transport } = await play(conversation);
    const outcome = await transport.execute(attemptCall({ componentId, input }), never);
    expect(worker.faults).toEqual([]);
    expect(outcome).toEqual({ kind: "success", value: { kind: "inline", json: output } });
    expect(worker.methods).toEqual(["initialize", "initialized", "components/execute"]);
    expect(worker.executeParams).toMatchObject(conversation.execute?.params ?? {});
    const expected = conversation.execute?.reply.kind === "stream" ? conversation.execute.reply.steps : [];
    for (const step of expected) if (step.kind === "answer") expect(worker.answers.get(step.id)).toEqual(step.result);
  });

  test("a sub-flow key travels as it is; without one the submission is told by its order", async () => {
    const keys: string[] = [];
    for (const { conversation, componentId, input } of CONVERSATIONS.filter(
      ({ componentId }) => componentId === "/nested",
    )) {
      const { transport, runs, worker } = await play(conversation);
      await transport.execute(attemptCall({ componentId, input }), never);
      keys.push(...runs.submitted.map(({ key }) => key));
      await worker.stop();
    }
    expect(keys).toEqual(["5f6ae737-a5bd-5437-94ca-ce5a13846fda", "#0"]);
  });

  test(LISTING.title, async () => {
    const { transport, worker } = await play(LISTING);
    const components = await transport.listComponents(never);
    expect(worker.methods).toEqual(["initialize", "initialized", "components/list"]);
    expect(components.map(({ component }) => component)).toEqual(["/udf", "/blobby"]);
    expect(components[0]?.inputSchema).toMatchObject({ $ref: "#/$defs/UdfInput" });
    expect(components[1]).toEqual({
      component: "/blobby",
      inputSchema: { type: "object" },
      outputSchema: { type: "object" },
    });
  });

  test.each(ERRORS.map((recorded) => [recorded.title, recorded] as const))("error: %s", async (title, recorded) => {
    const { body, status = 200, streams, error } = recorded;
    const reply = streams
      ? ({ kind: "stream", drops: false, steps: [{ kind: "event", data: body }] } as const)
      : ({ kind: "plain", status, body } as const);
    const params: { readonly [key: string]: Json } = {};
    const initialize = streams ? DIALECTS.D1_D2 : DIALECTS.D3;
    const { transport } = await play({ title, initialize, execute: { params, reply } });
    expect(await transport.execute(attemptCall(), never)).toMatchObject({ kind: "failed", error });
  });
});
