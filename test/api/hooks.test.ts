/** Webhooks over HTTP, signed by the senders' own libraries. */
import { createHmac } from "node:crypto";
import { sign as signGithub } from "@octokit/webhooks-methods";
import { Webhook } from "standardwebhooks";
import { Stripe } from "stripe";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LocalOrchestrator, startOrchestrator } from "./local-orchestrator.ts";

const SECRET = "a secret of ours";
const STANDARD_SECRET = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;
const flow = {
  name: "hook-echo",
  steps: [{ id: "a", component: "/builtin/noop", input: { $input: "$" } }],
  output: { $step: "a" },
};
const failing = { steps: [], output: { $input: "$.missing" } };
const CONFIG = JSON.stringify({
  plugins: { builtin: { type: "builtin" } },
  triggers: { configured: { type: "webhook", flow, signature: { scheme: "bearer", secret: "${HOOK_TOKEN}" } } },
});
const open = { type: "webhook", flow, signature: { scheme: "none" } };
const json = { "content-type": "application/json" };
const nowSecs = () => Math.floor(Date.now() / 1000);

let api: LocalOrchestrator;
beforeAll(async () => {
  api = await startOrchestrator({ STEPFLOW_CONFIG: CONFIG, GITHUB_SECRET: SECRET, HOOK_TOKEN: "configured-token" });
});
afterAll(() => api.dispose());

async function put(name: string, document: object): Promise<void> {
  const { status, body } = await api.call("PUT", `/api/v1/triggers/${name}`, document);
  expect([status, body.error]).toEqual([201, undefined]);
}
async function deliver(
  path: string,
  body: NonNullable<RequestInit["body"]> | null,
  headers: Record<string, string> = json,
  method = "POST",
) {
  const response = await api.request(`/hooks/${path}`, { method, body, headers });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json");
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}
const deliveries = async (name: string, query = "") =>
  (await api.call("GET", `/api/v1/triggers/${name}/deliveries${query}`)).body;
async function outputOf(runId: string) {
  await api.call("GET", `/api/v1/runs/${runId}?wait=true`);
  return (await api.call("GET", `/api/v1/runs/${runId}/items`)).body.results[0].result.result;
}
const runCount = async (name: string) =>
  (await api.call("GET", `/api/v1/runs?label=${encodeURIComponent(`trigger:${name}`)}`)).body.runs.length;

/** Each: the trigger's signature, and headers as the sender's own library makes them. */
const schemes: Record<
  string,
  {
    signature: object;
    sign: (body: string, secret: string, at: number) => Promise<Record<string, string>>;
    timed: boolean;
  }
> = {
  github: {
    signature: { scheme: "github", secret: "${GITHUB_SECRET}" },
    sign: async (body, secret) => ({
      "x-hub-signature-256": await signGithub(secret, body),
      "x-github-delivery": crypto.randomUUID(),
    }),
    timed: false,
  },
  stripe: {
    signature: { scheme: "stripe", secret: SECRET },
    sign: async (payload, secret, timestamp) => ({
      "stripe-signature": new Stripe("sk_test_x").webhooks.generateTestHeaderString({ payload, secret, timestamp }),
    }),
    timed: true,
  },
  slack: {
    signature: { scheme: "slack", secret: SECRET },
    sign: async (body, secret, at) => ({
      "x-slack-request-timestamp": String(at),
      "x-slack-signature": `v0=${createHmac("sha256", secret).update(`v0:${at}:${body}`).digest("hex")}`,
    }),
    timed: true,
  },
  standard: {
    signature: { scheme: "standard", secret: STANDARD_SECRET },
    sign: async (body, secret, at) => {
      const key =
        secret === SECRET ? STANDARD_SECRET : `whsec_${Buffer.from(secret.padEnd(32, "x")).toString("base64")}`;
      const id = `msg_${crypto.randomUUID()}`;
      const signature = new Webhook(key).sign(id, new Date(at * 1000), body);
      return { "webhook-id": id, "webhook-timestamp": String(at), "webhook-signature": signature };
    },
    timed: true,
  },
  hmac: {
    signature: {
      scheme: "hmac",
      secrets: ["an older secret", SECRET],
      hmac: { header: "X-Sig", algorithm: "sha512", encoding: "base64url", prefix: "v=", timestampHeader: "X-Time" },
    },
    sign: async (body, secret, at) => ({
      "x-time": String(at),
      "x-sig": `v=${createHmac("sha512", secret).update(`${at}.${body}`).digest("base64url")}`,
    }),
    timed: true,
  },
  bearer: {
    signature: { scheme: "bearer", secret: SECRET },
    sign: async (_, secret) => ({ authorization: `Bearer ${secret}` }),
    timed: false,
  },
};

describe.each(Object.entries(schemes))("the scheme %s", (scheme, { signature, sign, timed }) => {
  const body = JSON.stringify({ id: `evt_${scheme}`, text: "Grüße" });

  test("TRIG-10 TRIG-12: a delivery that is signed by the sender's library is answered 202, and its run exists", async () => {
    await put(`s-${scheme}`, { ...open, signature });
    const { status, body: answer } = await deliver(`s-${scheme}`, body, {
      ...json,
      ...(await sign(body, SECRET, nowSecs())),
    });
    expect([status, Object.keys(answer)]).toEqual([202, ["runId", "deliveryId"]]);
    expect(await outputOf(answer.runId)).toEqual(JSON.parse(body));
  });

  test("TRIG-11: another secret, another body, no signature, and a time that is off get one and the same refusal", async () => {
    const good = { ...json, ...(await sign(body, SECRET, nowSecs())) };
    const wrong = { ...json, ...(await sign(body, "another secret", nowSecs())) };
    const answers = [await deliver(`s-${scheme}`, body, wrong), await deliver(`s-${scheme}`, body)];
    if (scheme !== "bearer") answers.push(await deliver(`s-${scheme}`, `${body} `, good));
    if (timed)
      for (const off of [-301, 301])
        answers.push(await deliver(`s-${scheme}`, body, { ...json, ...(await sign(body, SECRET, nowSecs() + off)) }));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
    expect(new Set(answers.map((answer) => JSON.stringify(answer.body))).size).toBe(1);
    const { deliveries: kept, counts } = await deliveries(`s-${scheme}`, "?status=refused");
    expect([kept.length, counts.refused]).toEqual([answers.length, answers.length]);
    expect(JSON.stringify(kept)).not.toContain("another secret");
    await expect.poll(() => runCount(`s-${scheme}`)).toBe(1);
  });
});

test("TRIG-11: a secret whose variable is not set lets nobody in", async () => {
  await put("unset", { ...open, signature: { scheme: "bearer", secret: "${NOT_SET_ANYWHERE}" } });
  expect((await deliver("unset", "{}", { ...json, authorization: "Bearer " })).status).toBe(503);
  expect((await deliver("unset", "{}", { ...json, authorization: "Bearer ${NOT_SET_ANYWHERE}" })).status).toBe(503);
  await put("own", { ...open, signature: { scheme: "bearer", secret: "${STEPFLOW_LOCAL}" } });
  expect((await deliver("own", "{}", { ...json, authorization: "Bearer 1" })).status).toBe(503);
});

test("TRIG-3 TRIG-10: a webhook of the configuration takes deliveries, in the namespace default", async () => {
  const { status, body } = await deliver("configured", '{"a":1}', {
    ...json,
    authorization: "Bearer configured-token",
  });
  expect([status, await outputOf(body.runId)]).toEqual([202, { a: 1 }]);
  expect((await deliver("configured", "{}", { ...json, authorization: "Bearer ${HOOK_TOKEN}" })).status).toBe(401);
});

describe("TRIG-13: the same delivery", () => {
  test("is answered as before and starts no second run, also when both come at once", async () => {
    await put("once", { ...open, idempotencyKey: { $input: "$.body.key" } });
    const both = await Promise.all([deliver("once", '{"key":"k"}'), deliver("once", '{"key":"k"}')]);
    const third = await deliver("once", '{"key":"k","other":true}');
    expect([...both, third].map(({ status, body }) => [status, body])).toEqual([1, 2, 3].map(() => [202, third.body]));
    expect((await deliver("once", '{"key":"l"}')).body.runId).not.toBe(third.body.runId);
    expect((await deliveries("once")).deliveries.map(({ repeats }: { repeats: number }) => repeats)).toEqual([0, 2]);
  });

  test("without an id of the sender's is the same body to the same place", async () => {
    await put("hashed", open);
    const runs = await Promise.all(
      [
        ["hashed", '{"a":1}'],
        ["hashed", '{"a":1}'],
        ["hashed", '{"a":2}'],
        ["hashed/p", '{"a":1}'],
      ].map(async ([path = "", body = ""]) => (await deliver(path, body)).body.runId),
    );
    expect([runs[0] === runs[1], new Set(runs).size]).toEqual([true, 3]);
  });
});

describe("TRIG-14: input and filter", () => {
  test("see body, headers, query, path and method, but no header that holds a secret", async () => {
    await put("mapped", { ...open, input: { all: { $input: "$" }, q: { $input: "$.query.q" } } });
    const headers = { ...json, authorization: "Bearer hidden", cookie: "hidden", "X-Mine": "shown" };
    const { body } = await deliver("mapped/a/b?q=1&q=2&r=3", '{"n":1}', headers, "PUT");
    const output = await outputOf(body.runId);
    expect(output).toMatchObject({
      q: ["1", "2"],
      all: {
        body: { n: 1 },
        rawBody: '{"n":1}',
        path: "/a/b",
        method: "PUT",
        query: { r: "3" },
        headers: { "x-mine": "shown" },
      },
    });
    expect(JSON.stringify(output)).not.toContain("hidden");
    const { deliveries: kept } = await deliveries("mapped");
    expect(JSON.stringify(kept)).not.toContain("hidden");
  });

  test("may be JSONata; what the filter does not let pass starts nothing and is told so", async () => {
    await put("filtered", {
      ...open,
      filter: { jsonata: "body.action = 'opened'" },
      input: { jsonata: "{ 'n': $sum(body.numbers) }" },
    });
    const passed = await deliver("filtered", '{"action":"opened","numbers":[1,2]}');
    expect(await outputOf(passed.body.runId)).toEqual({ n: 3 });
    const { status, body } = await deliver("filtered", '{"action":"closed"}');
    expect([status, body.filtered]).toEqual([200, true]);
    expect((await deliveries("filtered")).deliveries[0]).toMatchObject({ status: "filtered" });
    await expect.poll(() => runCount("filtered")).toBe(1);
  });

  test("that cannot be read are refused with the trigger, that fail are told to its owner only", async () => {
    for (const [field, source] of [
      ["filter", { jsonata: "a +" }],
      ["input", { $step: "x" }],
      ["idempotencyKey", { $if: true }],
    ] as const) {
      const { status, body } = await api.call("PUT", "/api/v1/triggers/bad", { ...open, [field]: source });
      expect([status, body.error.details.faults[0].pointer]).toEqual([400, `/${field}`]);
    }
    await put("fails", { ...open, input: { $input: "$.body.secretField" } });
    const { status, body } = await deliver("fails", "{}");
    expect([status, JSON.stringify(body).includes("secretField")]).toEqual([400, false]);
    const [kept] = (await deliveries("fails")).deliveries;
    expect(kept).toMatchObject({ status: "failed", reason: expect.stringContaining("secretField") });
  });
});

describe("TRIG-15: bodies", () => {
  const bodyOf = async (body: NonNullable<RequestInit["body"]> | null, type?: string, method = "POST") => {
    const answer = await deliver("bodies", body, type === undefined ? {} : { "content-type": type }, method);
    return answer.status === 202 ? outputOf(answer.body.runId) : answer;
  };
  beforeAll(() => put("bodies", open));

  test("are read by their content-type", async () => {
    expect(await bodyOf("a=1&b=2&b=3", "application/x-www-form-urlencoded")).toEqual({ a: "1", b: ["2", "3"] });
    expect(await bodyOf(`payload=${encodeURIComponent('{"x":1}')}`, "application/x-www-form-urlencoded")).toEqual({
      payload: { x: 1 },
    });
    expect(await bodyOf("Grüße", "text/plain; charset=utf-8")).toBe("Grüße");
    expect(await bodyOf('{"a":1}', "application/vnd.x+json")).toEqual({ a: 1 });
    expect(await bodyOf(new Uint8Array([0, 255, 1]), "application/x-thing")).toEqual({
      base64: "AP8B",
      contentType: "application/x-thing",
      size: 3,
    });
    expect(await bodyOf(null, undefined, "GET")).toBe(null);
  });

  test("files of a form, and large unknown data, are blobs", async () => {
    const form = new FormData();
    form.append("note", "hello");
    form.append("file", new File([new Uint8Array([1, 2, 3])], "a.bin", { type: "application/x-thing" }));
    const { body } = await deliver("bodies", form, {});
    const output = await outputOf(body.runId);
    expect(output).toMatchObject({ note: "hello", file: { blobType: "binary", size: 3, filename: "a.bin" } });
    const blob = await api.request(`/api/v1/blobs/${output.file.$blob}`, {
      headers: { accept: "application/octet-stream" },
    });
    expect(new Uint8Array(await blob.arrayBuffer())).toEqual(new Uint8Array([1, 2, 3]));
    const large = await bodyOf(new Uint8Array(70_000).fill(7), "application/x-thing");
    expect(large).toMatchObject({ blobType: "binary", size: 70_000 });
  });

  test("a large JSON body is an input like any other, and its delivery can be repeated from the blob", async () => {
    const big = { text: "x".repeat(700_000) };
    const { body } = await deliver("bodies", JSON.stringify(big));
    const { status } = (await api.call("GET", `/api/v1/runs/${body.runId}?wait=true`)).body;
    expect(status).toBe("completed");
    const kept = await api.call("GET", `/api/v1/triggers/bodies/deliveries/${body.deliveryId}`);
    expect([kept.body.bodyBlob?.length, kept.body.body]).toEqual([64, undefined]);
    const again = await api.call("POST", `/api/v1/triggers/bodies/deliveries/${body.deliveryId}/redeliver`);
    expect([again.status, again.body.status]).toEqual([201, "accepted"]);
  });

  test("that are not what they say, or too long, are refused", async () => {
    expect(await bodyOf("{", "application/json")).toMatchObject({ status: 400 });
    expect(await bodyOf(new Uint8Array([0xff]), "application/json")).toMatchObject({ status: 400 });
    expect(await bodyOf("x", "multipart/form-data; boundary=b")).toMatchObject({ status: 400 });
    expect(await bodyOf("x".repeat(17 * 1024 * 1024), "text/plain")).toMatchObject({ status: 413 });
  });
});

describe("TRIG-16: the answer", () => {
  test("may wait for the run and be made of its output", async () => {
    await put("waits", {
      ...open,
      response: {
        mode: "wait",
        status: 201,
        headers: { "X-Run": { $input: "$.runId" } },
        body: { said: { $input: "$.output.text" }, outcome: { $input: "$.outcome" } },
      },
    });
    const { status, headers, body } = await deliver("waits", '{"text":"hi"}');
    expect([status, body]).toEqual([201, { said: "hi", outcome: "success" }]);
    expect(headers.get("x-run")).toMatch(/^[0-9a-f-]{36}$/);
    expect(headers.get("content-security-policy")).toContain("sandbox");
  });

  test("of a run that failed is a 500 with its error, unless the trigger says otherwise", async () => {
    await put("failing", { ...open, flow: failing, response: { mode: "wait" } });
    const { status, body } = await deliver("failing", "{}");
    expect([status, body.outcome, body.output]).toEqual([500, "failed", null]);
  });

  test("of a run that takes longer is a 202", async () => {
    const slow = {
      steps: [{ id: "s", component: "/builtin/sleep", input: { duration_ms: 60_000 } }],
      output: { $step: "s" },
    };
    await put("slow", { ...open, flow: slow, response: { mode: "wait", timeoutSecs: 1 } });
    expect(await deliver("slow", "{}")).toMatchObject({ status: 202, body: { runId: expect.any(String) } });
  });
});

test("TRIG-17: Slack's question whether the address is ours is answered once its signature is good", async () => {
  await put("slack", { ...open, signature: { scheme: "slack", secret: SECRET } });
  const body = JSON.stringify({ type: "url_verification", challenge: "ch4" });
  const signed = await schemes["slack"]?.sign(body, SECRET, nowSecs());
  expect(await deliver("slack", body, { ...json, ...signed })).toMatchObject({ status: 200, body: "ch4" });
  expect((await deliver("slack", body)).status).toBe(401);
  expect(await runCount("slack")).toBe(0);
});

describe("TRIG-18: the record of deliveries", () => {
  test("has each with its body, in pages, and delivers one again as a new run", async () => {
    await put("kept", open);
    const first = await deliver("kept", '{"n":1}');
    await deliver("kept", '{"n":2}');
    const page = await deliveries("kept", "?limit=1");
    const rest = await deliveries("kept", `?limit=1&cursor=${page.nextCursor}`);
    expect([page.deliveries.length, rest.deliveries[0].deliveryId]).toEqual([1, first.body.deliveryId]);
    const one = `/api/v1/triggers/kept/deliveries/${first.body.deliveryId}`;
    expect((await api.call("GET", one)).body).toMatchObject({
      status: "accepted",
      runId: first.body.runId,
      body: '{"n":1}',
    });
    const again = (await api.call("POST", `${one}/redeliver`)).body;
    expect(again).toMatchObject({ status: "accepted", redeliveryOf: first.body.deliveryId });
    expect(again.runId).not.toBe(first.body.runId);
    expect(await outputOf(again.runId)).toEqual({ n: 1 });
    expect((await api.call("GET", "/api/v1/triggers/kept/deliveries/nothing")).status).toBe(404);
  });

  test("keeps a bounded number of refused ones, without their bodies, and counts them all", async () => {
    await put("attacked", { ...open, signature: { scheme: "bearer", secret: SECRET } });
    for (let at = 0; at < 60; at++)
      await deliver("attacked", "x".repeat(1000), { "user-agent": "attacker", cookie: "c" });
    const { deliveries: kept, counts } = await deliveries("attacked");
    expect([kept.length, counts.refused]).toEqual([50, 60]);
    const one = `/api/v1/triggers/attacked/deliveries/${kept[0].deliveryId}`;
    expect((await api.call("GET", one)).body).toMatchObject({ bodyBytes: 1000, headers: { "user-agent": "attacker" } });
    expect((await api.call("GET", one)).body.body).toBeUndefined();
    expect((await api.call("POST", `${one}/redeliver`)).status).toBe(409);
  });
});

test("TRIG-19: a webhook that is off, gone or never was starts nothing", async () => {
  await put("off", { ...open, enabled: false });
  expect((await deliver("off", "{}")).status).toBe(503);
  await api.call("DELETE", "/api/v1/triggers/off");
  expect((await deliver("off", "{}")).status).toBe(404);
  for (const path of ["never", "", "%20", "@default/never", "UPPER"])
    expect((await deliver(path, "{}")).status).toBe(404);
  expect(await runCount("off")).toBe(0);
});

test("TRIG-6: webhooks of other namespaces are at /hooks/@{namespace}/{name}", async () => {
  await put("here", open);
  expect((await api.call("GET", "/api/v1/triggers/here")).body.url).toBe("http://127.0.0.1:8787/hooks/here");
  expect((await deliver("@default/here", "{}")).status).toBe(202);
  expect((await deliver("@other/here", "{}")).status).toBe(404);
});
