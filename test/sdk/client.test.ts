/** The client against the whole orchestrator in workerd. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { StepflowApiError, StepflowClient } from "../../src/sdk/index.ts";
import { type LocalOrchestrator, startOrchestrator } from "../api/local-orchestrator.ts";

const greeting = {
  name: "greeting",
  steps: [{ id: "hello", component: "/builtin/noop", input: { $input: "$.name" } }],
  output: { $step: "hello" },
};
const napping = (milliseconds: number) => ({
  name: "napping",
  steps: [{ id: "nap", component: "/builtin/sleep", input: { duration_ms: milliseconds } }],
  output: { $step: "nap" },
});

let orchestrator: LocalOrchestrator;
let client: StepflowClient;
beforeAll(async () => {
  orchestrator = await startOrchestrator();
  client = new StepflowClient(orchestrator.url.href);
});
afterAll(() => orchestrator.dispose());

describe("flows", () => {
  test("are put, got, listed and deleted", async () => {
    const { flowId, stored } = await client.flows.put(greeting);
    expect(stored).toBe(true);
    expect((await client.flows.get(flowId)).flow).toMatchObject({ name: "greeting" });
    expect(await client.flows.variables(flowId)).toEqual({ flowId, variables: {} });
    const listed = [];
    for await (const flow of client.flows.list({ name: "greeting" })) listed.push(flow.flowId);
    expect(listed).toEqual([flowId]);
    await client.flows.delete(flowId);
    await expect(client.flows.get(flowId)).rejects.toMatchObject({ code: 404, status: "NOT_FOUND" });
  });

  test("with faults are refused with what is wrong and where", async () => {
    const { stored, diagnostics } = await client.flows.put(
      { ...greeting, output: { $step: "nobody" } },
      { dryRun: true },
    );
    expect(stored).toBe(false);
    expect(diagnostics.numFatal + diagnostics.numError).toBeGreaterThan(0);
  });
});

describe("runs", () => {
  test("give their results when they have ended", async () => {
    const run = await client.runs.run({ flow: greeting, input: [{ name: "Ada" }, { nobody: 1 }] });
    expect(run).toMatchObject({ status: "failed", items: { total: 2, completed: 1, failed: 1 } });
    expect(run.results).toMatchObject([
      { itemIndex: 0, result: { outcome: "success", result: "Ada" } },
      { itemIndex: 1, result: { outcome: "failed", error: { code: "EXPRESSION_FAILURE" } } },
    ]);
    const steps = [];
    for await (const step of client.runs.steps(run.runId, { includeOutputs: true })) steps.push(step);
    expect(steps).toMatchObject([
      { stepId: "hello", output: "Ada" },
      { stepId: "hello", status: "failed" },
    ]);
    expect((await client.runs.flow(run.runId)).flow).toMatchObject({ name: "greeting" });
  });

  test("are found by their label, waited for within a time, cancelled and deleted", async () => {
    const { runId } = await client.runs.submit({ flow: napping(600_000), labels: { team: "sdk" } });
    expect((await client.runs.wait(runId, { timeoutSecs: 0 })).status).toBe("running");
    expect((await client.runs.pause(runId)).status).toBe("paused");
    expect((await client.runs.resume(runId)).status).toBe("running");
    const cancelled = await client.runs.cancel(runId);
    expect(cancelled.status).toBe("cancelled");
    expect(await client.runs.wait(runId)).toEqual(cancelled);
    await expect
      .poll(async () => {
        const found = [];
        for await (const run of client.runs.list({ label: ["team:sdk"] })) found.push(`${run.runId} ${run.status}`);
        return found;
      })
      .toEqual([`${runId} cancelled`]);
    await client.runs.delete(runId);
    await expect(client.runs.get(runId)).rejects.toBeInstanceOf(StepflowApiError);
  });

  test("are retried, rerun, forked and cancelled by the dozen", async () => {
    const failed = await client.runs.run({ flow: greeting, input: {} });
    const retried = await client.runs.retry(failed.runId, {}, { idempotencyKey: "again" });
    expect(retried.origin).toEqual({ kind: "retry", runId: failed.runId });
    expect((await client.runs.rerun(failed.runId, { from: ["hello"] })).origin?.kind).toBe("rerun");
    const fork = await client.runs.fork(failed.runId, { input: { name: "Ada" } });
    expect((await client.runs.wait(fork.runId)).outcome).toBe("success");
    const outcomes = [];
    for await (const result of client.runs.retryMany({ runIds: [failed.runId, fork.runId] }))
      outcomes.push(result.outcome);
    for await (const result of client.runs.cancelMany({ runIds: [fork.runId] })) outcomes.push(result.outcome);
    expect(outcomes).toEqual(["done", "skipped", "skipped"]);
  });

  test("are the same for the same key", async () => {
    const submit = () => client.runs.submit({ flow: greeting, input: { name: "A" } }, { idempotencyKey: "k" });
    expect((await submit()).runId).toBe((await submit()).runId);
    const other = client.runs.submit({ flow: greeting, input: { name: "B" } }, { idempotencyKey: "k" });
    await expect(other).rejects.toMatchObject({ code: 409, status: "CONFLICT" });
  });

  test("that cannot be are refused with a pointer to each fault", async () => {
    const refused = client.runs.submit({ input: 1 });
    await expect(refused).rejects.toMatchObject({ name: "StepflowApiError", code: 400, status: "INVALID_ARGUMENT" });
    const wrong = client.runs.submit({ flow: greeting, maxConcurrency: 0 });
    await expect(wrong).rejects.toMatchObject({ details: { faults: [{ pointer: "/maxConcurrency" }] } });
  });
});

describe("signals", () => {
  test("RUN-92 are sent to what a run waits for, once for the same id", async () => {
    const wait = (name: string) => ({ id: name, component: "/builtin/wait_for_event", input: { name } });
    const { runId } = await client.runs.submit({
      flow: { steps: [wait("paid: €"), wait("sent")], output: [{ $step: "paid: €" }, { $step: "sent" }] },
    });
    const waits = [];
    for await (const { stepId, kind } of client.runs.waits(runId)) waits.push(`${stepId} ${kind}`);
    expect(waits.toSorted()).toEqual(["paid: € signal", "sent signal"]);
    const send = () => client.signals.send(runId, "paid: €", { payload: { amount: 12 }, id: "payment" });
    expect([await send(), await send()]).toEqual([{ accepted: true }, { accepted: true, duplicate: true }]);
    await client.signals.send(runId, "sent");
    expect((await client.runs.wait(runId)).outcome).toBe("success");
    for await (const { result } of client.runs.items(runId))
      expect(result).toEqual({ outcome: "success", result: [{ amount: 12 }, null] });
    for await (const wait of client.runs.waits(runId)) expect(wait).toBe("nothing, once it has ended");
    await expect(client.signals.send(runId, "paid: €")).rejects.toBeInstanceOf(StepflowApiError);
  });
});

describe("events", () => {
  test("come in order, each once, to the end of the run, while it goes on", async () => {
    const { runId } = await client.runs.submit({ flow: napping(150) });
    const seen = [];
    for await (const event of client.events(runId)) seen.push(event);
    expect(seen.at(0)?.type).toBe("run_created");
    expect(seen.at(-1)).toMatchObject({ type: "run_completed", status: "completed" });
    const rest = [];
    for await (const event of client.events(runId, { since: seen[0]?.sequenceNumber ?? 0, includeResults: true }))
      rest.push(event.type);
    expect(rest).toEqual(seen.slice(1).map(({ type }) => type));
  });

  test("go on after the last one seen when the connection is lost", async () => {
    const { runId } = await client.runs.run({ flow: greeting, input: { name: "Ada" } });
    const cutter = await cuttingProxy(orchestrator.url);
    const seen: number[] = [];
    for await (const { sequenceNumber } of new StepflowClient(cutter.url).events(runId, { reconnectMs: 1 }))
      seen.push(sequenceNumber);
    const whole: number[] = [];
    for await (const { sequenceNumber } of client.events(runId)) whole.push(sequenceNumber);
    expect(seen).toEqual(whole);
    expect(cutter.cursors).toEqual([undefined, ...whole.slice(0, -1).map(String)]);
    cutter.close();
  });

  test("of a run that is not there are an error; a reader that wants no more gets its reason", async () => {
    const missing = client.events("019bf0d2-1111-7000-8000-000000000000").next();
    await expect(missing).rejects.toMatchObject({ code: 404 });
    const { runId } = await client.runs.submit({ flow: napping(600_000) });
    const controller = new AbortController();
    const events = client.events(runId, { signal: controller.signal });
    expect((await events.next()).value).toMatchObject({ type: "run_created" });
    controller.abort(new Error("enough"));
    await expect(drain(events)).rejects.toThrow("enough");
    await client.runs.cancel(runId);
  });
});

async function drain(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of events);
}

/** Passes one event of a stream on, then cuts the connection. */
async function cuttingProxy(target: URL) {
  const cursors: (string | undefined)[] = [];
  const server: Server = createServer((request, response) => {
    const cursor = request.headers["last-event-id"];
    cursors.push(typeof cursor === "string" ? cursor : undefined);
    const headers = typeof cursor === "string" ? { "last-event-id": cursor } : undefined;
    void fetch(new URL(request.url ?? "", target), headers && { headers }).then(async (answer) => {
      const text = await answer.text();
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(text.slice(0, text.indexOf("\n\n") + 2), () => response.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { cursors, url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

describe("blobs", () => {
  test("hold values, bytes and streams", async () => {
    const value = await client.blobs.put({ a: [1, "ü"] });
    expect(await client.blobs.get(value)).toEqual({ a: [1, "ü"] });
    const bytes = await client.blobs.put(Uint8Array.of(1, 2, 3), { filename: "Größe.bin" });
    expect(await client.blobs.get(bytes)).toBeNull();
    const stream = await client.blobs.stream(bytes);
    expect(await new Response(stream as ReadableStream).bytes()).toEqual(Uint8Array.of(1, 2, 3));
    const streamed = await client.blobs.put(new Blob([Uint8Array.of(1, 2, 3)]).stream());
    expect(streamed).toBe(bytes);
    await expect(client.blobs.get("0".repeat(64))).rejects.toMatchObject({ code: 404, status: "NOT_FOUND" });
  });
});

describe("what is not the API", () => {
  test("is an error that shows what has answered", async () => {
    const server = createServer((request, response) =>
      response.writeHead(request.headers.authorization === "Bearer secret" ? 502 : 401).end("<h1>a proxy</h1>"),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/`;
    await expect(new StepflowClient(url, "secret").runs.get("x")).rejects.toMatchObject({
      code: 502,
      status: "UNKNOWN",
      message: "GET /runs/x: HTTP 502: <h1>a proxy</h1>",
    });
    server.closeAllConnections();
    server.close();
  });

  test("has components to list when it is", async () => {
    const { components, complete } = await client.components({ excludeSchemas: true });
    expect(complete).toBe(true);
    expect(components.map(({ path }) => path)).toContain("/builtin/eval");
  });
});
