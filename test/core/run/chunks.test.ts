import { describe, expect, it } from "vitest";
import { DEFAULT_SETTINGS } from "../../../src/core/run/engine.ts";
import type { Json } from "../../../src/protocol/json.ts";
import { MemoryChunks } from "../../support/memory-chunks.ts";
import type { MemoryRunOptions } from "../../support/memory-run.ts";
import { MemoryRun } from "../../support/memory-run.ts";

const small = { chunks: { from: 3, items: 2, characters: 1_000, share: 2 } };
const batch = "steps: [{ id: s, component: /w/x, input: { $input: $ } }]\noutput: { $step: s }";

function map(more = "", flow = "{ steps: [{ id: s, component: /w/x, input: { $input: $ } }], output: { $step: s } }") {
  return `
steps:
  - id: m
    component: /builtin/map
    input:
      workflow: { $literal: ${flow} }
      items: { $input: $ }
      ${more}
output: { $step: m }`;
}

const many = (count: number): Json[] => Array.from({ length: count }, (_, item) => item);
const start = (flow: string, options: MemoryRunOptions) =>
  new MemoryChunks(flow, { ...options, settings: { ...small, ...options.settings } });
const inputsOf = (chunks: MemoryChunks) => chunks.calls.map(({ call }) => call.input).toSorted((a, b) => +a! - +b!);

describe("runs with many items", () => {
  it("RUN-173 cuts a map into chunks, and gives the result it gives without", () => {
    const flow = map("", "{ steps: [{ id: s, component: /w/x, input: { $input: $ } }], output: { r: { $step: s } } }");
    const cut = start(flow, { inputs: [many(5)] });
    const whole = new MemoryChunks(flow, { inputs: [many(5)] });
    for (const run of [cut, whole]) {
      for (const item of [1, 0, 2, 3]) run.answer(item, { was: item });
      run.fail(4);
    }
    expect(whole.objects.size).toBe(0);
    expect(cut.objects.size).toBe(3);
    expect(cut.parent.results()).toEqual(whole.parent.results());
    expect(cut.parent.summary(1)?.items).toEqual(whole.parent.summary(1)?.items);
  });

  it("RUN-173 leaves a run with as many items as the threshold whole", () => {
    expect(start(batch, { inputs: many(3) }).objects.size).toBe(0);
    expect(start(batch, { inputs: many(4) }).objects.size).toBe(2);
  });

  it("RUN-173 bounds chunks by characters too; an item that is larger is one of its own", () => {
    const settings = { chunks: { ...small.chunks, items: 50, characters: 40 } };
    const run = MemoryRun.start(batch, { inputs: ["x".repeat(15), "x".repeat(15), "x".repeat(90), 1, 2], settings });
    const counts = run.entries.flatMap(({ event }) => (event.kind === "chunk_added" ? [event.count] : []));
    expect(counts).toEqual([2, 1, 2]);
  });

  it("RUN-173 does not cut a chunk again", () => {
    const flow = "{ steps: [{ id: s, component: /w/x, input: { $input: $ } }], output: { $step: s } }";
    const settings = { chunks: { ...small.chunks, items: 50 } };
    const outer = start(map("", flow), { inputs: [many(4)], settings });
    expect([...outer.objects.values()].map(({ engine }) => engine.tree.runs[0]?.chunks)).toEqual([[]]);
  });

  it("RUN-136 RUN-173 never cuts a map below which something can be undone, and undoes it when the item above fails", () => {
    const step =
      "{ id: s, component: /w/x, input: { $input: $ }, compensate: { component: /w/undo, input: { $step: s } } }";
    const own = `{ steps: [${step}], output: { $step: s } }`;
    const nested = `{ steps: [{ id: e, component: /builtin/eval, input: { input: { $input: $ }, flow: { $literal: ${own} } } }], output: { $step: e } }`;
    for (const flow of [own, nested]) {
      const text = map("", flow).replace(
        "output: { $step: m }",
        "  - { id: z, component: /w/z, input: { $step: m } }\noutput: { $step: z }",
      );
      const chunks = start(text, { inputs: [many(4)] });
      expect(chunks.objects.size).toBe(0);
      for (const item of [0, 1, 2, 3]) chunks.answer(item, item);
      const { parent } = chunks;
      parent.fail(parent.call("z"), "INVALID_INPUT");
      const undone: Json[] = [];
      for (let [call] = parent.calls; call; [call] = parent.calls) {
        undone.push(call.call.input);
        parent.succeed(call, null);
      }
      expect(undone).toEqual([3, 2, 1, 0]);
      expect(parent.status).toBe("failed");
    }
  });

  it("RUN-174 shares the places out: calls and shares together never exceed the cap", () => {
    const chunks = start(batch, { inputs: many(12), maxConcurrency: 5 });
    const shares = () => [...chunks.objects.values()].map(({ engine }) => engine.tree.root?.maxConcurrency);
    expect(shares()).toEqual([3, 2]);
    expect(inputsOf(chunks)).toEqual([0, 1, 2, 3]);
    expect(chunks.parent.engine.tree.reserved).toBe(5);
    chunks.answer(2, null);
    chunks.answer(3, null);
    expect(shares()).toEqual([3, 2, 2]);
    expect(chunks.parent.engine.tree.reserved).toBe(5);
  });

  it("RUN-174 shares max_concurrency out as well, and always runs at least one chunk", () => {
    const chunks = start(map("max_concurrency: 1"), { inputs: [many(4)] });
    for (const item of many(4)) {
      expect(inputsOf(chunks)).toEqual([item]);
      chunks.answer(item, item);
    }
    expect(chunks.parent.status).toBe("completed");
  });

  it("RUN-174 gives a chunk the places that are left beside other calls", () => {
    const flow = `
steps:
  - { id: other, component: /w/y }
  - id: m
    component: /builtin/map
    input:
      workflow: { $literal: { steps: [{ id: s, component: /w/x, input: { $input: $ } }], output: { $step: s } } }
      items: { $input: $ }
output: [{ $step: other }, { $step: m }]`;
    const chunks = start(flow, { inputs: [many(4)], maxConcurrency: 2 });
    expect(chunks.parent.calledSteps()).toEqual(["other"]);
    expect([...chunks.objects.values()].map(({ engine }) => engine.tree.root?.maxConcurrency)).toEqual([1]);
  });

  it("RUN-175 finds the same chunks after a restart, started or not, ended or not", async () => {
    const chunks = start(batch, { inputs: many(6), maxConcurrency: 4 });
    const ids = [...chunks.objects.keys()];
    await chunks.parent.reload();
    expect(chunks.parent.chunks.map(({ intent }) => intent)).toEqual(["follow", "follow"]);
    // One start was lost with the object that sent it; of the other chunk the end was not told.
    chunks.objects.delete(ids[0]!);
    const second = chunks.objects.get(ids[1]!)!;
    for (const call of second.calls.slice()) second.succeed(call, "b");
    chunks.work();
    expect([...chunks.objects.keys()].toSorted()).toContain(ids[0]);
    for (const item of [0, 1, 4, 5]) chunks.answer(item, "a");
    expect(chunks.parent.status).toBe("completed");
    expect(chunks.objects.size).toBe(3);
  });

  it("RUN-175 takes the end of a chunk once", () => {
    const chunks = start(batch, { inputs: many(4) });
    for (const item of many(4)) chunks.answer(item, item);
    const { seq } = chunks.parent.engine.tree;
    const counts = { success: 2, failed: 0, skipped: 0 };
    chunks.parent.post({
      kind: "end_chunk",
      run: 0,
      chunk: 0,
      end: { kind: "ended", status: "completed", counts },
    });
    expect(chunks.parent.engine.tree.seq).toBe(seq);
    expect(chunks.parent.summary()?.items).toMatchObject({ total: 4, completed: 4 });
  });

  it("RUN-176 cancels what is active with the run, starts nothing more, and counts what had ended", async () => {
    const chunks = start(batch, { inputs: many(6), maxConcurrency: 4 });
    chunks.answer(0, "zero");
    chunks.parent.post({ kind: "cancel_run", run: 0 });
    await chunks.parent.reload();
    chunks.work();
    expect(chunks.calls).toEqual([]);
    expect(chunks.objects.size).toBe(2);
    expect([...chunks.objects.values()].map(({ status }) => status)).toEqual(["cancelled", "cancelled"]);
    expect(chunks.parent.summary()).toMatchObject({
      status: "cancelled",
      items: { total: 6, completed: 1, cancelled: 5, running: 0 },
    });
    expect(chunks.parent.engine.tree.reserved).toBe(0);
  });

  it("RUN-176 ends with a chunk that is cancelled: without it there is no result", () => {
    const chunks = start(map(), { inputs: [many(4)] });
    [...chunks.objects.values()][0]!.post({ kind: "cancel_run", run: 0 });
    chunks.work();
    expect([...chunks.objects.values()].map(({ status }) => status)).toEqual(["cancelled", "cancelled"]);
    expect(chunks.parent.results()).toMatchObject([{ outcome: "failed", error: { code: "CANCELLED" } }]);
  });

  it("RUN-176 passes a pause on to its active chunks, and starts no further one before the resume", () => {
    const chunks = start(batch, { inputs: many(6), maxConcurrency: 4 });
    const ids = [...chunks.objects.keys()];
    chunks.parent.post({ kind: "pause_run", by: "request" });
    expect(chunks.parent.childControls).toEqual(ids.map((id) => `pause ${id}`));
    chunks.answer(0, 0);
    chunks.answer(1, 1);
    expect(chunks.objects.size).toBe(2);
    chunks.parent.post({ kind: "resume_run", by: "request" });
    chunks.work();
    expect(chunks.objects.size).toBe(3);
    expect(chunks.parent.childControls.slice(2)).toEqual([`resume ${ids[1]}`]);
  });

  it("RUN-177 has one deadline with its chunks; what was not started fails with it", () => {
    const chunks = start(`timeout: 1s\n${batch}`, { inputs: many(6), maxConcurrency: 2 });
    chunks.answer(0, "zero");
    chunks.advance(1_000);
    expect(chunks.parent.summary()).toMatchObject({ status: "failed", items: { completed: 1, failed: 5 } });
    expect(chunks.calls).toEqual([]);
  });

  it("RUN-178 gives a run up whose chunks together have more failures than are tolerated", () => {
    const chunks = start(batch, { inputs: many(8), maxConcurrency: 4, toleratedFailures: { count: 1 } });
    chunks.fail(0);
    chunks.answer(1, "one");
    expect(chunks.parent.status).toBe("running");
    chunks.fail(4);
    expect(chunks.parent.status).toBe("failed");
    expect(chunks.calls).toEqual([]);
    expect(chunks.parent.summary()?.items).toMatchObject({ total: 8, failed: 2, completed: 1, cancelled: 5 });
  });

  it("RUN-179 fails the items of a chunk that cannot be run, and goes on", () => {
    const chunks = start(map(), { inputs: [many(4)], maxConcurrency: 2 });
    chunks.parent.post({
      kind: "end_chunk",
      run: 1,
      chunk: 0,
      end: { kind: "refused", error: { code: "ORCHESTRATOR_ERROR", message: "no" } },
    });
    chunks.work();
    chunks.answer(2, "c");
    chunks.answer(3, "d");
    const failed = { outcome: "failed", error: { code: "ORCHESTRATOR_ERROR", message: "no" } };
    expect(chunks.parent.results()).toMatchObject([
      { result: { results: [failed, failed, { result: "c" }, { result: "d" }], successful: 2, failed: 2 } },
    ]);
  });

  it("RUN-76 fails the step of a map whose chunks come to more than a result may be", () => {
    const chunks = start(map(), { inputs: [many(4)], settings: { maxResultBytes: 100 } });
    for (const item of many(4)) chunks.answer(item, "x".repeat(40));
    expect(chunks.parent.results()).toMatchObject([
      { outcome: "failed", error: { code: "WORKER_ERROR", message: expect.stringContaining("maxResultBytes (100)") } },
    ]);
  });

  it("RUN-73 loads the same state from a snapshot as from the journal", async () => {
    const chunks = start(batch, { inputs: many(6), maxConcurrency: 4 });
    chunks.answer(0, 0);
    chunks.answer(1, 1);
    expect(await chunks.parent.loadedTree()).toEqual(chunks.parent.engine.tree);
  });

  it("RUN-173 tells a worker the item's place in the whole run", () => {
    const chunks = start(batch, { inputs: many(4) });
    expect(chunks.calls.map(({ call }) => call.itemIndex)).toEqual([0, 1, 2, 3]);
    expect(new Set(chunks.calls.map(({ call }) => call.taskId)).size).toBe(4);
    expect(new Set(chunks.calls.map(({ call }) => call.rootRunId))).toEqual(
      new Set([chunks.parent.engine.tree.root?.runId]),
    );
  });

  it("RUN-174 gives a cap of 10 two chunks at a time, and one of 1,000 many", () => {
    const started = (maxConcurrency: number) =>
      MemoryRun.start(batch, { inputs: many(10_000), maxConcurrency, settings: DEFAULT_SETTINGS }).chunks.length;
    expect([1, 10, 100, 1_000].map(started)).toEqual([1, 2, 20, 64]);
  });
});
