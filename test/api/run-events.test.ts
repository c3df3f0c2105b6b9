import { createParser } from "eventsource-parser";
import { afterAll, beforeAll, expect, test } from "vitest";
import { echoFlow, parentFlow, sleepingFlow } from "./example-flows.ts";
import { type LocalOrchestrator, startOrchestrator } from "./local-orchestrator.ts";

let api: LocalOrchestrator;
beforeAll(async () => {
  api = await startOrchestrator();
});
afterAll(() => api.dispose());

interface Received {
  readonly id: string | undefined;
  readonly event: string | undefined;
  readonly data: Record<string, unknown>;
}

/** The events of a stream as they come; ends when the server ends it. */
async function* events(runId: string, query = "", init: RequestInit = {}): AsyncGenerator<Received> {
  const response = await api.request(`/api/v1/runs/${runId}/events${query}`, init);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const arrived: Received[] = [];
  const parser = createParser({
    onEvent: ({ id, event, data }) => arrived.push({ id, event, data: JSON.parse(data) }),
  });
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    yield* arrived.splice(0);
  }
}
async function collect(stream: AsyncIterable<Received>): Promise<Received[]> {
  const all: Received[] = [];
  for await (const received of stream) all.push(received);
  return all;
}
const submit = async (body: object) => (await api.call("POST", "/api/v1/runs", body)).body.runId as string;
const typesOf = (list: readonly Received[]) => list.map(({ data }) => data["type"]);

test("an ended run is told from its start to its end, and the stream closes", async () => {
  const runId = await submit({ flow: echoFlow, input: { x: 1 }, wait: true });
  const told = await collect(events(runId));
  expect(typesOf(told)).toEqual(["run_created", "step_completed", "item_completed", "run_completed"]);
  for (const { id, event, data } of told) {
    expect(id).toBe(String(data["sequenceNumber"]));
    expect(event).toBeUndefined();
    expect(data["runId"]).toBe(runId);
    expect(data).not.toHaveProperty("result");
  }
});

test("results come when asked for", async () => {
  const runId = await submit({ flow: echoFlow, input: { x: 1 }, wait: true });
  const told = await collect(events(runId, "?includeResults=true"));
  expect(told.map(({ data }) => data["result"])).toEqual([undefined, { x: 1 }, { x: 1 }, undefined]);
});

test("a running run is followed until it ends", async () => {
  const runId = await submit({ flow: sleepingFlow });
  const stream = events(runId);
  expect((await stream.next()).value?.data["type"]).toBe("run_created");
  await api.call("POST", `/api/v1/runs/${runId}/cancel`);
  const rest = await collect(stream);
  expect(typesOf(rest)).toContain("cancel_requested");
  expect(rest.at(-1)?.data).toMatchObject({ type: "run_completed", status: "cancelled" });
});

test("a reader goes on where it was, by query or by Last-Event-ID, which wins", async () => {
  const runId = await submit({ flow: echoFlow, input: { x: 1 }, wait: true });
  const all = await collect(events(runId));
  const seen = all[1]?.id ?? "";
  expect(await collect(events(runId, `?since=${seen}`))).toEqual(all.slice(2));
  expect(await collect(events(runId, "?since=0", { headers: { "last-event-id": seen } }))).toEqual(all.slice(2));
});

test("a reader that has seen everything gets an end", async () => {
  const runId = await submit({ flow: echoFlow, input: { x: 1 }, wait: true });
  const last = (await collect(events(runId))).at(-1);
  expect(await collect(events(runId, `?since=${last?.id}`))).toEqual([]);
});

test("only the types asked for", async () => {
  const runId = await submit({ flow: echoFlow, input: { x: 1 }, wait: true });
  expect(typesOf(await collect(events(runId, "?eventTypes=run_created,item_completed")))).toEqual([
    "run_created",
    "item_completed",
  ]);
});

test("sub-runs are told when asked for", async () => {
  const runId = await submit({ flow: parentFlow, input: { x: 1 }, wait: true });
  const own = await collect(events(runId));
  expect(new Set(own.map(({ data }) => data["runId"]))).toEqual(new Set([runId]));
  const whole = await collect(events(runId, "?includeSubRuns=true"));
  const runs = new Set(whole.map(({ data }) => data["runId"]));
  expect(runs.size).toBe(2);
  expect(typesOf(whole)).toContain("sub_run_created");
  const child = String([...runs].find((id) => id !== runId));
  expect((await collect(events(child))).at(-1)?.data).toMatchObject({ type: "run_completed", runId: child });
});

test("two readers are told the same", async () => {
  const runId = await submit({ flow: sleepingFlow });
  const readers = [events(runId), events(runId)];
  for (const reader of readers) await reader.next();
  await api.call("POST", `/api/v1/runs/${runId}/cancel`);
  const [first, second] = await Promise.all(readers.map((reader) => collect(reader)));
  expect(first).toEqual(second);
  expect(first?.length).toBeGreaterThan(0);
});

test("a reader that goes away leaves the run as it is", async () => {
  const runId = await submit({ flow: sleepingFlow });
  const stream = events(runId);
  await stream.next();
  await stream.return(undefined);
  expect((await api.call("GET", `/api/v1/runs/${runId}`)).body.status).toBe("running");
});

test.each([
  ["?since=-1", "?since"],
  ["?eventTypes=run_created,nope", "?eventTypes/1"],
])("refuses %s", async (query, pointer) => {
  const runId = await submit({ flow: echoFlow, input: { x: 1 } });
  const { status, body } = await api.call("GET", `/api/v1/runs/${runId}/events${query}`);
  expect(status).toBe(400);
  expect(body.error.details.faults).toMatchObject([{ pointer }]);
});
