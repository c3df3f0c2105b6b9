/** SEC-10 … : markers planted in secret places are looked for in every byte that the API answers, and in its index. */
import * as fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Json, JsonObject } from "../../src/protocol/json.ts";
import { HttpWorker, sendJson } from "../dispatch/http-jsonrpc/http-worker.ts";
import { type LocalOrchestrator, startOrchestrator } from "./local-orchestrator.ts";

let api: LocalOrchestrator;
let worker: HttpWorker;

beforeAll(async () => {
  worker = await HttpWorker.start();
  const config = {
    plugins: { builtin: { type: "builtin" }, w: { type: "http", url: worker.url } },
    retry: { transportMaxRetries: 1, backoff: { type: "constant", delayMs: 1 } },
  };
  api = await startOrchestrator({
    STEPFLOW_SECRET: "a secret of this test",
    STEPFLOW_CONFIG: JSON.stringify(config),
    STEPFLOW_VAR_TOKEN: "from-the-environment-1",
    STEPFLOW_VAR_PORT: "8443",
    OTHER: "not allowed",
  });
  worker.answers["components/execute"] = (response, { message }) => {
    const { input } = message.params as { input: JsonObject };
    const fails = input["fails"];
    if (typeof fails !== "string") return { output: { got: input, told: `it was ${JSON.stringify(input)}` } };
    const data = { seen: input, stack: `at ${fails}` };
    sendJson(response, {
      jsonrpc: "2.0",
      id: message["id"] ?? null,
      error: { code: -32_000, message: `no ${fails}`, data },
    });
    return undefined;
  };
});
afterAll(async () => {
  await api.dispose();
  await worker.stop();
});

/** Everything that can be read of a run, as one text. */
async function everything(runId: string, allowed: readonly number[] = [200]): Promise<string> {
  const paths = [
    `/api/v1/runs/${runId}`,
    `/api/v1/runs/${runId}/items`,
    `/api/v1/runs/${runId}/steps?includeOutputs=true`,
    `/api/v1/runs/${runId}/flow`,
    `/api/v1/runs/${runId}/events?includeResults=true&includeSubRuns=true`,
    `/api/v1/runs/${runId}/waits`,
    "/api/v1/runs?limit=5",
    `/compat/head/api/v1/runs/${runId}`,
    `/compat/head/api/v1/runs/${runId}/items`,
    `/compat/head/api/v1/runs/${runId}/steps`,
    `/compat/head/api/v1/runs/${runId}/events`,
    `/compat/0.11/api/v1/runs/${runId}`,
    `/compat/0.11/api/v1/runs/${runId}/items`,
    `/compat/0.11/api/v1/runs/${runId}/steps`,
  ];
  const texts = [];
  for (const path of paths) {
    const response = await api.request(path);
    expect(allowed, path).toContain(response.status);
    texts.push(`${path} ${response.status}\n${JSON.stringify([...response.headers])}\n${await response.text()}`);
  }
  return texts.join("\n\n");
}

function expectNone(text: string, marker: string): void {
  const bytes = Buffer.from(marker);
  const forms = [
    marker,
    JSON.stringify(marker).slice(1, -1),
    encodeURIComponent(marker),
    bytes.toString("base64"),
    bytes.toString("base64url"),
  ];
  for (const form of forms) expect(text).not.toContain(form);
}

const start = (body: object) => api.call("POST", "/api/v1/runs", { wait: true, timeoutSecs: 20, ...body });
const reads = (name: string) => ({ $variable: name });
const variables = (properties: object, required: readonly string[] = []) => ({
  properties: { variables: { type: "object", properties, required } },
});
const SECRET = { type: "string", is_secret: true };
const received = () => JSON.stringify(worker.last("components/execute").message);

describe("SEC-10 a run with a secret", () => {
  const flow = {
    name: "secret",
    schemas: variables({ key: SECRET }),
    steps: [{ id: "s", component: "/w/x", input: { key: reads("key"), in: { $input: "$" } } }],
    output: { $step: "s" },
  };

  test("its worker gets it, and nobody else", async () => {
    const marker = 'marker-"one"/é';
    const input = {
      url: `https://x/?k=${encodeURIComponent(marker)}`,
      b: Buffer.from(marker).toString("base64"),
      [marker]: 1,
    };
    const { status, body } = await start({
      flow,
      variables: { key: marker },
      input,
      labels: { l: 'x marker-"one"/é' },
    });
    expect([status, body.status]).toEqual([200, "completed"]);
    expect(received()).toContain(JSON.stringify(marker).slice(1, -1));
    const all = JSON.stringify(body) + (await everything(body.runId));
    expectNone(all, marker);
    expect(all).toContain("[REDACTED]");
    const listed = await vi.waitFor(async () => {
      const { runs } = (await api.call("GET", "/api/v1/runs?limit=50")).body;
      const run = runs.find(({ runId }: { runId: string }) => runId === body.runId);
      expect(run).toBeDefined();
      return run;
    });
    expect(listed.labels).toEqual({ l: "x [REDACTED]" });
  });

  test("SEC-11 errors do not quote it: message, data, attempts", async () => {
    const marker = "marker-in-an-error-2";
    const step = {
      id: "s",
      component: "/w/x",
      input: { fails: reads("key") },
      onError: { action: "retry", maxRetries: 1 },
    };
    const { body } = await start({ flow: { ...flow, steps: [step] }, variables: { key: marker } });
    expect(body.status).toBe("failed");
    const all = JSON.stringify(body) + (await everything(body.runId));
    expectNone(all, marker);
    expect(all).toContain("no [REDACTED]");
  });

  test("SEC-12 a refused submission does not quote it", async () => {
    const marker = "marker-of-an-input-3";
    const schemas = {
      properties: {
        input: {
          type: "object",
          properties: { a: { is_secret: true, enum: [marker] } },
          additionalProperties: { is_secret: true, type: "number" },
        },
      },
    };
    const { status, body } = await start({
      flow: { ...flow, schemas },
      input: { a: "another-marker-3", [marker]: "x" },
    });
    expect(status).toBe(400);
    expectNone(JSON.stringify(body), marker);
    expectNone(JSON.stringify(body), "another-marker-3");
  });

  test("SEC-13 flows are read without their secret defaults", async () => {
    const marker = "marker-of-a-default-4";
    const stored = await api.call("POST", "/api/v1/flows", {
      flow: { ...flow, schemas: variables({ key: { ...SECRET, default: marker } }) },
    });
    const { flowId } = stored.body;
    for (const path of ["", "/variables"]) {
      const text = await (await api.request(`/api/v1/flows/${flowId}${path}`)).text();
      expectNone(text, marker);
      expect(text).toContain("[REDACTED]");
    }
    const { body } = await start({ flowId });
    expect(received()).toContain(marker);
    expectNone(JSON.stringify(body) + (await everything(body.runId)), marker);
  });

  test("SEC-14 marked places of results are not shown, whatever stands there", async () => {
    const schemas = {
      properties: {
        output: { properties: { n: { is_secret: true } } },
        steps: { type: "object", properties: { s: { properties: { n: { isSecret: true } } } } },
      },
    };
    const steps = [{ id: "s", component: "/builtin/noop", input: { n: 421_421_421, m: 7 } }];
    const { body } = await start({ flow: { steps, output: { n: { $step: "s", path: "n" }, m: 7 }, schemas } });
    expect(body.results[0].result).toEqual({ outcome: "success", result: { n: "[REDACTED]", m: 7 } });
    const all = await everything(body.runId);
    // The flow says it itself.
    expect(
      all
        .split("\n\n")
        .filter((text) => !text.includes("/flow 200"))
        .join(""),
    ).not.toContain("421421421");
  });

  test("SEC-15 a run that takes over from one knows its secrets, although it is given others", async () => {
    const marker = "marker-of-before-5";
    const { body } = await start({ flow, variables: { key: marker }, input: { a: 1 } });
    const { body: forked } = await api.call("POST", `/api/v1/runs/${body.runId}/fork`, { wait: true });
    expect(forked.status).toBe("completed");
    const { body: other } = await api.call("POST", `/api/v1/runs/${body.runId}/fork`, {
      wait: true,
      flow: {
        ...flow,
        schemas: {},
        steps: [...flow.steps, { id: "t", component: "/builtin/noop", input: { $step: "s" } }],
        output: { $step: "t" },
      },
    });
    expect(other.status).toBe("completed");
    expectNone(
      JSON.stringify([forked, other]) + (await everything(forked.runId)) + (await everything(other.runId)),
      marker,
    );
  });

  test("SEC-16 runs below it know its secrets, in its object and in chunks", async () => {
    const marker = "marker-of-a-parent-6";
    const workflow = {
      steps: [{ id: "e", component: "/builtin/noop", input: { $input: "$" } }],
      output: { $step: "e" },
    };
    const items = (count: number) => Array.from({ length: count }, (_, n) => ({ n, k: reads("key") }));
    for (const count of [2, 1_200]) {
      const steps = [
        { id: "m", component: "/builtin/map", input: { workflow: { $literal: workflow }, items: items(count) } },
      ];
      const { body } = await start({
        flow: { ...flow, steps, output: { $step: "m" } },
        variables: { key: marker },
        timeoutSecs: 50,
      });
      expect(body.status).toBe("completed");
      const listed = await vi.waitFor(async () => {
        const answer = await api.call("GET", `/api/v1/runs?rootRunId=${body.runId}&limit=20`);
        // The run and its sub-run; of the large one, chunks too.
        expect(answer.body.runs.length).toBeGreaterThanOrEqual(count === 2 ? 2 : 4);
        return answer;
      });
      let all = JSON.stringify([body, listed.body]) + (await everything(body.runId));
      // Of a run in chunks, steps are asked for by item, and the older faces do not show so many items.
      for (const { runId } of listed.body.runs) all += await everything(runId, count === 2 ? [200] : [200, 400, 409]);
      expectNone(all, marker);
      expect(all).toContain("[REDACTED]");
    }
  }, 60_000);
});

describe("SEC-20 variables from the environment", () => {
  test("are read where they are not given, parsed as JSON, and are secret where they are marked", async () => {
    const flow = {
      schemas: variables({
        token: { ...SECRET, env_var: "STEPFLOW_VAR_TOKEN" },
        port: { type: "integer", env_var: "STEPFLOW_VAR_PORT" },
        given: { type: "string", env_var: "STEPFLOW_VAR_PORT" },
      }),
      steps: [
        { id: "s", component: "/w/x", input: { token: reads("token"), port: reads("port"), given: reads("given") } },
      ],
      output: { $step: "s" },
    };
    const { body } = await start({ flow, variables: { given: "mine" } });
    expect(body.status).toBe("completed");
    expect(worker.last("components/execute").message.params).toMatchObject({
      input: { token: "from-the-environment-1", port: 8443, given: "mine" },
    });
    expect(body.results[0].result.result.got).toEqual({ token: "[REDACTED]", port: 8443, given: "mine" });
    expectNone(JSON.stringify(body) + (await everything(body.runId)), "from-the-environment-1");
  });

  test.each(["STEPFLOW_SECRET", "STEPFLOW_CONFIG", "PUBLIC_URL", "OTHER"])("%s is not read", async (name) => {
    const flow = { schemas: variables({ v: { env_var: name, default: "none" } }), steps: [], output: reads("v") };
    const { body } = await start({ flow });
    expect(body.results[0].result).toEqual({ outcome: "success", result: "none" });
  });
});

/** A schema that marks one place of a value with the marker there. */
interface Planted {
  readonly schema: Json;
  readonly value: Json;
}
const nest: fc.Arbitrary<(planted: Planted) => Planted> = fc.constantFrom<((planted: Planted) => Planted)[]>(
  ({ schema, value }) => ({ schema: { type: "object", properties: { a: schema } }, value: { a: value, b: "plain" } }),
  ({ schema, value }) => ({ schema: { type: "array", items: schema }, value: [value] }),
  ({ schema, value }) => ({ schema: { additionalProperties: schema }, value: { any: value } }),
  ({ schema, value }) => ({ schema: { anyOf: [{ type: "null" }, schema] }, value }),
  ({ schema, value }) => ({ schema: { allOf: [{ if: {}, then: schema }] }, value }),
);
const encode: fc.Arbitrary<(marker: string) => string> = fc.constantFrom<((marker: string) => string)[]>(
  (marker) => marker,
  (marker) => JSON.stringify({ marker }),
  (marker) => `https://example.test/?k=${encodeURIComponent(marker)}`,
  (marker) => `Basic ${Buffer.from(`user:${marker}`).toString("base64")}`,
  (marker) => Buffer.from(marker).toString("base64url"),
);

describe("SEC-17 planted markers", () => {
  test("never come out, wherever schemas mark them and flows copy them", async () => {
    let count = 0;
    const marker = fc
      .string({ unit: "binary", maxLength: 10 })
      .map((odd) => `planted-${odd.toWellFormed()}-${count++}-end`);
    const runs = fc.record({
      marker,
      layers: fc.array(nest, { maxLength: 4 }),
      encode,
      asInput: fc.boolean(),
      fails: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(runs, async ({ marker: planted, layers, encode: quote, asInput, fails }) => {
        const { schema, value } = layers.reduce<Planted>((inner, layer) => layer(inner), {
          schema: SECRET,
          value: planted,
        });
        const place = asInput ? { $input: "$.v" } : reads("v");
        const input = { v: place, quoted: quote(planted), ...(fails && { fails: quote(planted) }) };
        const properties = { [asInput ? "input" : "variables"]: { type: "object", properties: { v: schema } } };
        const flow = {
          schemas: { properties },
          steps: [{ id: "s", component: "/w/x", input }],
          output: { $step: "s" },
        };
        const given = asInput ? { input: { v: value } } : { variables: { v: value } };
        const { status, body } = await start({ flow, ...given, labels: { quoted: quote(planted).slice(0, 200) } });
        expect([status, body.status]).toEqual([200, fails ? "failed" : "completed"]);
        expect(received()).toContain(JSON.stringify(planted).slice(1, -1));
        expectNone(JSON.stringify(body) + (await everything(body.runId)), planted);
      }),
      { numRuns: 25 },
    );
  }, 120_000);
});
