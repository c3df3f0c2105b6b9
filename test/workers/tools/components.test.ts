/** The tools worker's components, without a server: in a test context. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { createTestContext, type Json } from "../../../src/sdk/index.ts";
import worker from "../../../workers/tools/src/index.ts";

// oxlint-disable-next-line typescript/no-explicit-any -- every test looks at its own part of an output
const run = (name: string, input: Json, context = createTestContext()): Promise<any> =>
  worker.execute(name, input, context);

describe("process_data", () => {
  const data = { name: "john doe", email: "john@example.com", role: "o'neill-smith, éva", age: 7, tags: ["a"] };

  test("title case: words, not addresses; other values stay", async () => {
    const { processed_data, metadata } = await run("process_data", { data, processing_rules: { title_case: true } });
    expect(processed_data).toEqual({
      name: "John Doe",
      email: "john@example.com",
      role: "O'neill-smith, Éva",
      age: 7,
      tags: ["a"],
    });
    expect(metadata).toMatchObject({ component_version: "1.0.0", original_keys: Object.keys(data) });
  });

  test.each([
    [{ uppercase: true, lowercase: true }, "JOHN DOE"],
    [{ lowercase: true, title_case: true }, "john doe"],
    [{}, "john doe"],
    [null, "john doe"],
  ])("rules %j: the first counts", async (processing_rules, name) => {
    const { processed_data, metadata } = await run("process_data", { data, processing_rules, include_metadata: false });
    expect([processed_data.name, metadata]).toEqual([name, {}]);
  });

  test("refuses what is no object", async () => {
    await expect(run("process_data", { data: [1] })).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });
});

describe("cache", () => {
  test("what is stored comes back until it expires", async () => {
    const context = createTestContext();
    const stored = await run("cache_data", { key: "k", data: { test: "value" }, ttl_minutes: 60 }, context);
    expect(stored).toMatchObject({ cache_key: "k", blob_id: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await context.getBlob(stored.blob_id)).toMatchObject({ data: { test: "value" }, cache_key: "k" });
    const { blob_id } = stored;
    expect(await run("retrieve_cache", { blob_id }, context)).toMatchObject({
      found: true,
      data: { test: "value" },
      is_expired: false,
    });
    vi.useFakeTimers({ now: Date.parse(stored.expires_at) + 1, toFake: ["Date"] });
    try {
      const late = await run("retrieve_cache", { blob_id }, context);
      expect(late).toEqual({ found: true, is_expired: true, cached_at: expect.any(String) });
    } finally {
      vi.useRealTimers();
    }
  });

  test("what is not there, or is no entry, is not found", async () => {
    const context = createTestContext();
    const other = await context.putBlob({ a: 1 });
    for (const blob_id of ["nope", other])
      expect(await run("retrieve_cache", { blob_id }, context)).toEqual({ found: false, is_expired: false });
  });
});

describe("http_request", () => {
  let server: Server;
  let url: string;
  let seen: IncomingMessage[];
  let answers: ((response: ServerResponse) => void)[];

  beforeAll(async () => {
    server = createServer((request, response) => {
      seen.push(request);
      request.resume().on("end", () => answers.shift()?.(response));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  beforeEach(() => {
    seen = [];
    answers = [];
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const reply =
    (status: number, body: string, headers = {}) =>
    (response: ServerResponse) =>
      void response.writeHead(status, headers).end(body);

  test("gives JSON, or text", async () => {
    answers = [reply(200, '{"a":[1]}'), reply(200, "plain"), reply(204, "")];
    expect(await run("http_request", { url })).toMatchObject({
      success: true,
      status_code: 200,
      data: { a: [1] },
      attempts_made: 1,
    });
    expect((await run("http_request", { url })).data).toEqual({ text: "plain" });
    expect(await run("http_request", { url })).toMatchObject({ success: true, status_code: 204 });
    expect(seen[0]?.headers).toMatchObject({ "user-agent": "stepflow-tools/1.0" });
    expect(seen[0]?.headers["idempotency-key"]).toBeUndefined();
  });

  test("sends JSON with the key of the attempt", async () => {
    answers = [reply(201, "{}")];
    const context = createTestContext({ idempotencyKey: "task-1:0" });
    await run("http_request", { url, method: "POST", json_data: { n: 1 }, headers: { "x-a": "b" } }, context);
    expect(seen[0]?.headers).toMatchObject({
      "content-type": "application/json",
      "idempotency-key": "task-1:0",
      "x-a": "b",
    });
  });

  test("tries again when there is no answer, or one that asks for it", async () => {
    answers = [(response) => response.destroy(), reply(503, "busy"), reply(200, "1")];
    const context = createTestContext();
    const output = await run("http_request", { url, backoff_ms: 1 }, context);
    expect(output).toMatchObject({ success: true, data: 1, attempts_made: 3 });
    expect(context.heartbeats).toHaveLength(2);
    expect(context.heartbeats[1]?.message).toBe("try 2 of 4: HTTP 503");
  });

  test("a refusal is a result, and not repeated", async () => {
    answers = [reply(404, '{"error":"none"}')];
    expect(await run("http_request", { url, backoff_ms: 1 })).toMatchObject({
      success: false,
      status_code: 404,
      data: { error: "none" },
      error_message: "HTTP 404",
      attempts_made: 1,
    });
  });

  test("gives up with the last reason; a pause that is too long is not taken", async () => {
    answers = [reply(429, "", { "retry-after": "3600" })];
    expect(await run("http_request", { url })).toMatchObject({ status_code: 429, attempts_made: 1 });
    const closed = await run("http_request", { url: "http://127.0.0.1:1/", retries: 1, backoff_ms: 1 });
    expect(closed).toMatchObject({ success: false, status_code: 0, attempts_made: 2 });
    expect(closed.error_message).toMatch(/bad port|ECONNREFUSED|refused/);
    const silent = await run("http_request", { url, timeout: 0.05, retries: 0 });
    expect(silent.error_message).toBe("no answer within 0.05 s");
  });

  test("stops when the run is cancelled", async () => {
    const context = createTestContext();
    answers = [reply(503, "")];
    const running = run("http_request", { url, backoff_ms: 30_000 }, context);
    await vi.waitFor(() => expect(context.heartbeats).toHaveLength(1));
    context.abort();
    await expect(running).rejects.toMatchObject({ code: "CANCELLED" });
  });

  test("refuses other addresses than http", async () => {
    await expect(run("http_request", { url: "file:///etc/passwd" })).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });
});

test("distributed work and health name the same instance", async () => {
  const { server_id, uptime_seconds } = await run("health_check", {});
  expect(uptime_seconds).toBeGreaterThanOrEqual(0);
  const input = { task_id: "t", data: { a: 1 }, priority: 2 };
  expect(await run("distributed_processing", input)).toMatchObject({
    task_id: "t",
    server_id,
    result: { original_data: { a: 1 }, processed_by: server_id, mode: "standard" },
  });
});
