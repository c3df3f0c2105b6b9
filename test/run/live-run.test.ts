import { expect, it } from "vitest";
import { MemoryBlobStore } from "../../src/blobs/memory-blob-store.ts";
import type { BlobStore } from "../../src/core/ports/blob-store.ts";
import { DEFAULT_SETTINGS } from "../../src/core/run/engine.ts";
import { newRootRunId } from "../../src/core/run/run-id.ts";
import { MemoryJournal } from "../../src/journal/memory-journal.ts";
import type { Namespace } from "../../src/protocol/ids.ts";
import { LiveRun } from "../../src/run/live-run.ts";
import { prepareStart } from "../../src/run/prepare-start.ts";
import type { RunDeps } from "../../src/run/run-deps.ts";
import { workerResolver } from "../support/memory-run.ts";

const namespace = "default" as Namespace;
const LARGE = "x".repeat(300_000);

function unused(): never {
  throw new Error("not part of this test");
}

/** A run whose large input is on its way to a blob store that answers when it is told to. */
async function startWithLargeInput() {
  const stored = Promise.withResolvers<void>();
  const memory = new MemoryBlobStore();
  const blobs: BlobStore = Object.assign(Object.create(memory), {
    put: async (...[bytes, options]: Parameters<BlobStore["put"]>) => {
      await stored.promise;
      return memory.put(bytes, options);
    },
  });
  const deps: RunDeps = {
    settings: DEFAULT_SETTINGS,
    maxConcurrency: 10,
    resolver: workerResolver(),
    transport: unused,
    runs: unused,
    dispatcher: unused,
    stepCache: unused,
    blobs: () => blobs,
    report: unused,
    now: () => 1_000,
  };
  const journal = new MemoryJournal();
  const faults: unknown[] = [];
  const live = await LiveRun.load(journal, deps, blobs, {
    appended: () => {},
    settled: () => {},
    ended: () => {},
    controlChild: () => {},
    failed: (error) => faults.push(error),
  });
  const flowText = '{"steps":[{"id":"a","component":"/builtin/noop","input":{"$input":"$"}}],"output":{"$step":"a"}}';
  const runId = newRootRunId(1_000, new Uint8Array(10));
  const request = { namespace, runId, flowText, flowId: "" as never, submission: { inputs: [LARGE] } };
  const prepared = await prepareStart(request, live.plans, blobs, deps);
  if (prepared.kind === "refused") throw new Error(JSON.stringify(prepared.fault));
  live.post(prepared.command);
  return { live, journal, stored, faults };
}

it("lets nobody see what is decided before it is in the journal", async () => {
  const { live, journal, stored } = await startWithLargeInput();
  expect(live.tree.runs[0]?.status).toBe("completed");
  const seen = live.written().then(() => journal.read(0, 100, false).map(({ event }) => event.kind));
  expect(journal.read(0, 100, false)).toEqual([]);
  stored.resolve();
  expect((await seen).at(-1)).toBe("run_completed");
});

it("tells whoever waits for a command that it could not be written", async () => {
  const { live, journal, stored, faults } = await startWithLargeInput();
  const waits = [live.drained(), live.written()].map(async (wait) =>
    expect(wait).rejects.toThrow("brought up to date"),
  );
  stored.reject(new Error("the blob store is away"));
  await Promise.all(waits);
  await expect(live.drained()).rejects.toThrow("brought up to date");
  expect(faults).toHaveLength(1);
  expect(journal.exists()).toBe(false);
});
