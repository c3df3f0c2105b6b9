import { afterEach, beforeEach, expect, test } from "vitest";
import { MemoryBlobStore } from "../../src/blobs/memory-blob-store.ts";
import { parseConfig } from "../../src/core/config/index.ts";
import type { Transport } from "../../src/core/ports/transport.ts";
import { Router } from "../../src/dispatch/router.ts";
import type { Json } from "../../src/protocol/json.ts";
import { MemoryRun } from "../support/memory-run.ts";
import { attemptCall } from "./attempt-call.ts";
import { HttpWorker } from "./http-jsonrpc/http-worker.ts";
import { ManualTimers } from "./manual-timers.ts";

const never = new AbortController().signal;
const NUMBER = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] };
let worker: HttpWorker;
let timers: ManualTimers;
let blobs: MemoryBlobStore;
beforeEach(async () => {
  timers = new ManualTimers();
  blobs = new MemoryBlobStore();
  worker = await HttpWorker.start({
    "components/execute": () => ({ output: 1 }),
    "components/list": () => ({ components: [{ component: "/double", input_schema: NUMBER }, { component: "/free" }] }),
  });
});
afterEach(() => worker.stop());

function transport(validation: string): Transport {
  const { config, diagnostics } = parseConfig(
    `plugins: {w: {type: http, url: "${worker.url}", validation: ${validation}}}`,
  );
  expect(config, JSON.stringify(diagnostics)).toBeDefined();
  const router = new Router(config!, {
    blobs,
    fetch,
    local: true,
    timers,
    bindings: {},
    sessions: new Map(),
    mcpGenerations: new Map(),
    contracts: new Map(),
    openAi: {},
  });
  return router.transport("w");
}

function execute(target: Transport, input: Json, componentId = "/double") {
  return target.execute(attemptCall({ input, componentId }), never);
}

function calls(method: string): number {
  return worker.methods().filter((seen) => seen === method).length;
}

test("CONF-11 enforce refuses an input that does not fit without a call, and tells where it does not", async () => {
  expect(await execute(transport("enforce"), { n: "four" })).toMatchObject({
    kind: "failed",
    error: { code: "INVALID_INPUT", data: { faults: [{ pointer: "/n", message: expect.any(String) }] } },
  });
  expect(calls("components/execute")).toBe(0);
});

test("CONF-11 enforce lets through what fits, what nobody described, and references to blobs", async () => {
  const target = transport("enforce");
  const { id } = await blobs.put(new TextEncoder().encode('"four"'), { blobType: "data" });
  for (const [input, component] of [
    [{ n: 4 }, "/double"],
    ["anything", "/free"],
    [1, "/unknown"],
    [{ n: { $blob: id } }, "/double"],
  ] as const) {
    expect(await execute(target, input, component), component).toMatchObject({ kind: "success" });
  }
  expect([calls("components/list"), calls("components/execute")]).toEqual([1, 4]);
});

test("CONF-11 enforce makes the call when the schemas cannot be had, and asks again later", async () => {
  worker.answers["components/list"] = (response) => void response.writeHead(500).end();
  const target = transport("enforce");
  expect(await execute(target, { n: "four" })).toMatchObject({ kind: "success" });
  worker.answers["components/list"] = () => ({ components: [{ component: "/double", input_schema: NUMBER }] });
  expect(await execute(target, { n: "four" })).toMatchObject({ kind: "success" });
  timers.advance(60_000);
  expect(await execute(target, { n: "four" })).toMatchObject({ error: { code: "INVALID_INPUT" } });
});

test("CONF-11 warn never holds a call up: once the schemas are known, what does not fit stands beside the outcome", async () => {
  const target = transport("warn");
  const listed = worker.arrival("components/list");
  expect(await execute(target, { n: "four" })).not.toHaveProperty("warnings");
  await listed;
  await expect
    .poll(() => execute(target, {}))
    .toMatchObject({ kind: "success", warnings: [expect.stringContaining("input")] });
  worker.answers["components/execute"] = () => {
    throw new Error("not asked");
  };
  expect(calls("components/list")).toBe(1);
});

test("CONF-11 off asks nothing", async () => {
  expect(await execute(transport("off"), { n: "four" })).toMatchObject({ kind: "success" });
  expect(calls("components/list")).toBe(0);
});

test("CONF-11 the warnings of a call are journaled with its step", () => {
  const run = MemoryRun.start("steps: [{ id: a, component: /w/a }]\noutput: { $step: a }");
  run.settle(run.call("a"), { kind: "success", value: { kind: "inline", json: 1 }, warnings: ["input/n: odd"] });
  expect(run.journal.read(0, 100, false).map(({ event }) => event)).toContainEqual(
    expect.objectContaining({ kind: "step_completed", warnings: ["input/n: odd"] }),
  );
});
