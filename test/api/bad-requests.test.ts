import { request as httpRequest } from "node:http";
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { echoFlow } from "./example-flows.ts";
import { type LocalOrchestrator, startOrchestrator } from "./local-orchestrator.ts";

let api: LocalOrchestrator;
beforeAll(async () => {
  api = await startOrchestrator();
});
afterAll(() => api.dispose());

const submit = (body: unknown, headers?: Record<string, string>) => api.call("POST", "/api/v1/runs", body, headers);

describe("a body that cannot be read", () => {
  test.each([
    ["empty", "", "empty"],
    ["cut off", '{"flow": {', "line 1, column 11"],
    ["malformed on its third line", '{\n"flow": {},\n"input": tru\n}', "line 3"],
    ["an integer that a double would round", '{"input": 9007199254740993}', "9007199254740993"],
    ["a number without end", '{"input": 1e999}', "1e999"],
    ["half a character", '{"input": "\\ud800"}', "surrogate"],
    ["nested too deep", `{"input": ${"[".repeat(200)}${"]".repeat(200)}}`, "deep"],
    ["a key given twice", `{"input": 1, "flow": {"steps": [], "steps": []}}`, "steps' is given twice"],
    ["not an object", "[]", "expected a JSON object"],
    ["NaN", '{"input": NaN}', "line 1"],
  ])("is a 400 that says where: %s", async (_, text, message) => {
    const { status, body } = await submit(text);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 400, status: "INVALID_ARGUMENT" });
    expect(body.error.message).toContain(message);
  });

  test("because it is not UTF-8", async () => {
    const response = await api.request("/api/v1/runs", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: new Uint8Array([0x22, 0xff, 0x22]),
    });
    expect(response.status).toBe(400);
  });

  test.each(["text/plain", "application/x-www-form-urlencoded"])(
    "as %s is a 415 that says what to send",
    async (type) => {
      const { status, body } = await submit("{}", { "content-type": type });
      expect(status).toBe(415);
      expect(body.error.message).toContain('"application/json"');
    },
  );

  test("because it is compressed is a 415", async () => {
    expect((await submit("{}", { "content-encoding": "gzip" })).status).toBe(415);
  });

  test("because it is too long is a 413 that names the limit, announced or not", async () => {
    const text = `"${"x".repeat(16 * 1024 * 1024)}"`;
    const limit = { limit: "maxJsonBodyBytes", value: 16 * 1024 * 1024 };
    expect((await submit(text)).body.error).toMatchObject({ code: 413, details: limit });
    const chunked = await api.request("/api/v1/runs", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: new Blob([text]).stream(),
      duplex: "half",
    } as RequestInit);
    expect(chunked.status).toBe(413);
    expect(await chunked.json()).toMatchObject({ error: { details: limit } });
  });
});

describe("a path or method that is not there", () => {
  test.each([
    ["GET", "/nowhere"],
    ["GET", "/api/v1/nowhere"],
    ["GET", "/api/v1/runs/"],
    ["GET", "/api/v2/runs"],
  ])("is a 404 with an error body: %s %s", async (method, path) => {
    const { status, body } = await api.call(method, path);
    expect(status).toBe(404);
    expect(body.error.status).toBe("NOT_FOUND");
  });

  test.each([
    ["PUT", "/api/v1/runs", "POST, GET"],
    ["DELETE", "/api/v1/runs", "POST, GET"],
    ["POST", "/api/v1/health", "GET"],
    ["GET", "/api/v1/runs/01900000-0000-7000-8000-000000000000/cancel", "POST"],
  ])("is a 405 with the methods that are: %s %s", async (method, path, allow) => {
    const { status, headers, body } = await api.call(method, path);
    expect(status).toBe(405);
    expect(headers.get("allow")).toBe(allow);
    expect(body.error.status).toBe("METHOD_NOT_ALLOWED");
  });
});

describe("hostile keys and texts", () => {
  test("`__proto__` is a key like any other", async () => {
    const input = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}');
    const { body } = await submit({ flow: { name: "id", output: { $input: "$" } }, input, wait: true });
    expect(JSON.stringify(body.results[0].result.result)).toBe(JSON.stringify(input));
    const labelled = await submit('{"flow": {"output": 1}, "__proto__": {"wait": true}, "toString": 1}');
    expect(labelled.status).toBe(202);
    expect(labelled.body.warnings).toHaveLength(2);
  });

  test("labels with odd characters are found again", async () => {
    const labels = { "a b:c": "x'\"%_\u0000é" };
    const { body } = await submit({ flow: echoFlow, input: { x: 1 }, labels });
    expect(body.labels).toEqual(labels);
  });

  test("a long text and an odd one come back unchanged", async () => {
    const input = { long: "ä".repeat(500_000), odd: "\u0000\u2028\uFFFF🤷" };
    const { body } = await submit({ flow: { name: "id", output: { $input: "$" } }, input: [input], wait: true });
    expect(body.results[0].result.result).toEqual(input);
  });
});

test("whatever is sent to it, the API answers with a documented status and an error body", async () => {
  const json = fc.jsonValue({ maxDepth: 3 });
  const body = fc.oneof(
    json,
    fc.dictionary(
      fc.constantFrom(
        "flow",
        "flowId",
        "flow_id",
        "flowName",
        "input",
        "inputs",
        "labels",
        "wait",
        "overrides",
        "variables",
        "files",
        "__proto__",
        "steps",
      ),
      json,
    ),
    fc.record({
      flow: fc.dictionary(fc.constantFrom("name", "steps", "output", "schemas", "test", "examples", "metadata"), json),
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.constantFrom("runs", "flows", "blobs"), body, async (resource, sent) => {
      const { status, body: answer } = await api.call("POST", `/api/v1/${resource}`, JSON.stringify(sent));
      expect([200, 201, 202, 400, 404]).toContain(status);
      if (status >= 400) expect(answer.error.message).toEqual(expect.any(String));
    }),
    { numRuns: 150, interruptAfterTimeLimit: 6_000 },
  );
});

describe("who may call", () => {
  const hostOf = (host: string, origin?: string) =>
    new Promise<{ status: number | undefined; body: { error: { message: string; status: string } } }>(
      (resolve, reject) => {
        const headers = { host, ...(origin === undefined ? {} : { origin }) };
        httpRequest(new URL("/api/v1/runs", api.url), { headers }, (response) => {
          let text = "";
          response.on("data", (chunk) => (text += chunk));
          response.on("end", () => resolve({ status: response.statusCode, body: JSON.parse(text) }));
        })
          .on("error", reject)
          .end();
      },
    );

  test("a name that was re-pointed to this machine is refused", async () => {
    const { status, body } = await hostOf("evil.example");
    expect(status).toBe(503);
    expect(body.error.message).toContain("evil.example");
  });

  test("a page of another site is refused, one of this machine is not", async () => {
    expect((await hostOf("127.0.0.1", "https://evil.example")).status).toBe(403);
    expect((await hostOf("localhost:8787", "http://localhost:5173")).status).toBe(200);
  });

  test("a browser may ask beforehand", async () => {
    const response = await api.request("/api/v1/runs", {
      method: "OPTIONS",
      headers: {
        origin: "http://localhost:5173",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type",
      },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("access-control-allow-headers")).toBe("content-type");
  });

  test("AUTH-10: nobody, when it is neither in local mode nor has tokens", async () => {
    const closed = await startOrchestrator({ STEPFLOW_LOCAL: "" });
    try {
      const { status, body } = await closed.call("GET", "/api/v1/runs");
      expect(status).toBe(503);
      expect(body.error.message).toContain("STEPFLOW_LOCAL=1");
      const bad = await closed.call("GET", "/api/v1/runs", undefined, {
        authorization: `Bearer sfe_${"0".repeat(81)}`,
      });
      expect(bad.status).toBe(503);
    } finally {
      await closed.dispose();
    }
  });
});
