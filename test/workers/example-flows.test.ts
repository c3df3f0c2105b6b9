/** Every flow of `flows/` on the engine in memory, with the real builtins and the real components of the text worker. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { MemoryBlobStore } from "../../src/blobs/memory-blob-store.ts";
import { compareResults } from "../../src/cli/testing/compare-results.ts";
import { parseConfig } from "../../src/core/config/index.ts";
import type { Flow } from "../../src/core/flow/flow.ts";
import { canonicalFlowText, flowIdOf, parseFlow } from "../../src/core/flow/index.ts";
import type { TaskOutcome } from "../../src/core/ports/task-outcome.ts";
import { newRootRunId } from "../../src/core/run/run-id.ts";
import { BuiltinTransport } from "../../src/dispatch/builtin/builtin-transport.ts";
import { ConfigComponentResolver } from "../../src/dispatch/component-resolver.ts";
import type { FlowResult } from "../../src/protocol/flow-result.ts";
import type { BlobId, Namespace } from "../../src/protocol/ids.ts";
import type { Json } from "../../src/protocol/json.ts";
import type { Outcome } from "../../workers/text/src/component.ts";
import { components } from "../../workers/text/src/components/index.ts";
import { type CallEffect, MemoryRun } from "../support/memory-run.ts";

const folder = new URL("../../flows/", import.meta.url);
const files = (path: string) => readdirSync(new URL(path, folder)).sort();
const read = (path: string) => readFileSync(new URL(path, folder), "utf8");

const { config } = parseConfig(read("stepflow-config.yml"));
const flows = files(".")
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => {
    const { flow, diagnostics } = parseFlow(read(name), { file: name });
    return { name, flow, diagnostics };
  });

test("there are flows, and none has anything to be said against it", () => {
  expect(flows.length).toBeGreaterThanOrEqual(7);
  for (const { name, diagnostics } of flows) expect(diagnostics, name).toEqual([]);
});

describe.each(flows)("$name", ({ name, flow }) => {
  test("says what it is, and shows an example that is also tested", () => {
    expect(flow?.description?.length).toBeGreaterThan(30);
    expect(flow?.test?.cases.length).toBeGreaterThanOrEqual(2);
    for (const { input } of flow?.examples ?? []) {
      expect(flow?.test?.cases.map((testCase) => testCase.input)).toContainEqual(input);
    }
  });

  test.each(flow?.test?.cases ?? [])("$name", async ({ input, output }) => {
    const result = await run(flow!, input);
    expect(compareResults(output, result), JSON.stringify(result)).toEqual([]);
  });

  test.each(flow?.examples ?? [])(
    "the example $name has its input as a file, and gives the expected output",
    async (example) => {
      const file = `${name.replace(/\.yaml$/, "")}.${example.name}.json`;
      expect(JSON.parse(read(`inputs/${file}`))).toEqual(example.input);
      const expected = JSON.parse(read(`expected/${file}`));
      expect(compareResults(expected, await run(flow!, example.input))).toEqual([]);
    },
  );
});

async function run(flow: Flow, input: Json): Promise<FlowResult> {
  if (config === undefined) throw new Error("stepflow-config.yml cannot be read");
  const store = new MemoryBlobStore();
  const memory = new MemoryRun({
    resolver: new ConfigComponentResolver(config),
    settings: { transportMaxRetries: config.retry.transportMaxRetries, backoff: config.retry.backoff },
  });
  // What a builtin stores, the engine can fetch.
  const put: MemoryBlobStore["put"] = async (bytes, options) => {
    const stored = await MemoryBlobStore.prototype.put.call(store, bytes, options);
    if (options.blobType !== "binary") {
      memory.blobs.set(stored.id, { json: JSON.parse(new TextDecoder().decode(bytes)), bytes: bytes.length });
    }
    return stored;
  };
  const blobs = Object.assign(store, { put });
  const builtins = new BuiltinTransport({
    blobs,
    fetch: () => Promise.reject(new Error("no network here")),
    timers: { now: () => memory.now, after: () => () => undefined },
    openAi: {},
  });
  const manifest: Record<string, BlobId> = {};
  for (const file of files("inputs").filter((file) => file.endsWith(".txt"))) {
    const { id } = await blobs.put(new TextEncoder().encode(read(`inputs/${file}`)), { blobType: "binary" });
    manifest[`inputs/${file}`] = id;
  }
  const text = canonicalFlowText(flow);
  const flowId = flowIdOf(text);
  memory.post({
    kind: "start_run",
    runId: newRootRunId(memory.now, new Uint8Array(10)),
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- ids are branded where they are made
    namespace: "default" as Namespace,
    flowId,
    plan: memory.engine.plans.put(flowId, flow),
    flows: new Map([[flowId, text]]),
    inputs: [input],
    maxConcurrency: flow.maxConcurrency ?? 10,
    labels: {},
    files: manifest,
  });
  for (let rounds = 0; memory.status === "running"; rounds += 1) {
    if (rounds > 1_000) throw new Error(`the run does not end; under way: ${memory.calledSteps().join(", ")}`);
    const [call] = memory.calls;
    if (call !== undefined) memory.settle(call, await execute(call, builtins));
    else memory.advance(10_000);
  }
  const [result] = memory.results();
  if (result === undefined) throw new Error("the run ended without a result");
  return result;
}

async function execute({ call }: CallEffect, builtins: BuiltinTransport): Promise<TaskOutcome> {
  if (call.plugin === "builtin") return builtins.execute(call, new AbortController().signal);
  const component = components.find(({ name }) => `/${name}` === call.componentId);
  if (component === undefined) throw new Error(`no component ${call.componentId}`);
  return taskOutcome(await component.execute(call.input, { attempt: call.attempt }));
}

/** As the transport maps what the worker answers. */
function taskOutcome(outcome: Outcome<unknown>): TaskOutcome {
  switch (outcome.kind) {
    case "success":
      return { kind: "success", value: { kind: "inline", json: JSON.parse(JSON.stringify(outcome.output)) } };
    case "failed":
      return { kind: "failed", error: { code: "COMPONENT_FAILED", message: outcome.message } };
    case "invalid_input":
      return { kind: "failed", error: { code: "INVALID_INPUT", message: JSON.stringify(outcome.faults) } };
    default:
      throw new Error(`unexpected ${JSON.stringify(outcome satisfies never)}`);
  }
}
