/** AUTH-14, AUTH-15: signed calls over real HTTP, checked by npm's `standardwebhooks` and by our own SDK. */
import { Webhook } from "standardwebhooks";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { MemoryBlobStore } from "../../../src/blobs/memory-blob-store.ts";
import {
  type HttpJsonRpcOptions,
  HttpJsonRpcTransport,
} from "../../../src/dispatch/http-jsonrpc/http-jsonrpc-transport.ts";
import { createWorker } from "../../../src/sdk/index.ts";
import { type ServedWorker, serve } from "../../../src/sdk/node/index.ts";
import { attemptCall } from "../attempt-call.ts";
import { HttpWorker, openStream, type SeenRequest } from "./http-worker.ts";

const SECRET = `whsec_${Buffer.from("a secret of exactly thirty-two b").toString("base64")}`;
const OTHER = `whsec_${Buffer.from("another secret of thirty-two byt").toString("base64")}`;
const never = new AbortController().signal;
const timers = { now: () => Date.now(), after: () => () => {} };
const soon = () => ({ ...attemptCall(), deadlineAt: Date.now() + 10_000 });

function transport(url: string, options: Partial<HttpJsonRpcOptions> = {}): HttpJsonRpcTransport {
  const sessions = new Map();
  const blobs = new MemoryBlobStore();
  return new HttpJsonRpcTransport({ plugin: "w", url, worker: url, fetch, sessions, blobs, timers, ...options });
}
const signed = ({ headers, text }: SeenRequest, secret = SECRET) =>
  new Webhook(secret).verify(text, headers as Record<string, string>);

describe("AUTH-14: with a signing secret", () => {
  let worker: HttpWorker;
  beforeEach(async () => {
    worker = await HttpWorker.start({
      "components/execute": () => ({ output: "größe 🎉" }),
      "components/list": () => ({ components: [] }),
    });
  });
  afterEach(() => worker.stop());

  test("every message is signed: the handshake, the list, executions; ids differ", async () => {
    const to = transport(worker.url, { signingSecret: SECRET });
    await to.execute({ ...soon(), input: { text: "größe 🎉 \u2028" } }, never);
    await to.listComponents(never);
    expect(worker.methods()).toEqual(["initialize", "initialized", "components/execute", "components/list"]);
    for (const seen of worker.seen) expect(signed(seen)).toEqual(seen.message);
    expect(new Set(worker.seen.map(({ headers }) => headers["webhook-id"])).size).toBe(4);
    for (const seen of worker.seen) expect(() => signed(seen, OTHER)).toThrow("No matching signature");
  });

  test("answers to a worker's questions are signed too", async () => {
    worker.answers["components/execute"] = (response, { message }) => {
      const send = openStream(response);
      worker.answers["answer"] = (answered) => {
        answered.writeHead(202).end('""');
        send({ jsonrpc: "2.0", id: message["id"] ?? null, result: { output: 1 } });
        response.end();
      };
      send({ jsonrpc: "2.0", id: "q1", method: "blobs/get", params: {} });
    };
    await transport(worker.url, { signingSecret: SECRET }).execute(soon(), never);
    expect(signed(worker.last("answer"))).toMatchObject({ id: "q1" });
  });

  test("an execution has the id of its attempt, the same when it is sent again", async () => {
    const to = transport(worker.url, { signingSecret: SECRET });
    const idOf = async (attempt: number) => {
      await to.execute({ ...soon(), attempt }, never);
      return worker.last("components/execute").headers["webhook-id"];
    };
    expect([await idOf(1), await idOf(1), await idOf(2)]).toEqual(["task-1:0/1", "task-1:0/1", "task-1:0/2"]);
  });

  test("without one nothing is signed", async () => {
    await transport(worker.url).execute(soon(), never);
    for (const { headers } of worker.seen)
      expect(Object.keys(headers).filter((name) => name.startsWith("webhook-"))).toEqual([]);
  });
});

describe("AUTH-15: a worker of the SDK with a signing secret", () => {
  let served: ServedWorker;
  beforeAll(async () => {
    const worker = createWorker({ name: "signed", signingSecret: SECRET }).component("greet", {
      execute: async (input) => ({ greeted: input }),
    });
    served = await serve(worker, { announce: false });
  });
  afterAll(() => served.close());

  const TEXT = JSON.stringify({ jsonrpc: "2.0", id: "1", method: "components/list", params: {} });
  async function post(more: Record<string, string>, body = TEXT) {
    const headers = { "content-type": "application/json", ...more };
    const response = await fetch(served.url, { method: "POST", headers, body });
    return { status: response.status, body: (await response.json()) as { error?: string } };
  }
  function signature(body: string, { id = "m1", at = new Date(), secret = SECRET } = {}) {
    return {
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      "webhook-signature": new Webhook(secret).sign(id, at, body),
    };
  }
  const ago = (ms: number) => new Date(Date.now() - ms);

  test("serves an orchestrator with the same one, and tells another why not", async () => {
    const input = { text: "größe 🎉" };
    const outcome = await transport(served.url, { signingSecret: SECRET }).execute(
      { ...soon(), componentId: "/greet", input },
      never,
    );
    expect(outcome).toMatchObject({ kind: "success", value: { json: { greeted: input } } });
    for (const options of [{}, { signingSecret: OTHER }]) {
      const refused = await transport(served.url, options).execute({ ...soon(), componentId: "/greet" }, never);
      expect(refused).toMatchObject({ kind: "failed", error: { message: expect.stringMatching(/HTTP 401.*sign/) } });
    }
  });

  test("takes what the standard's own library signs, one of several signatures, and times up to five minutes off", async () => {
    for (const at of [ago(0), ago(295_000), ago(-295_000)])
      expect((await post(signature(TEXT, { at }))).status).toBe(200);
    const good = signature(TEXT);
    const several = `v1a,AAAA v1,AAAA ${signature(TEXT, { secret: OTHER })["webhook-signature"]} ${good["webhook-signature"]}`;
    expect((await post({ ...good, "webhook-signature": several })).status).toBe(200);
    // The same message again is the idempotency key's matter.
    expect((await post(good)).status).toBe(200);
  });

  test.each<[string, () => Record<string, string>, string]>([
    ["no signature", () => ({}), "only signed messages"],
    ["another secret", () => signature(TEXT, { secret: OTHER }), "not good"],
    ["another body", () => signature(`${TEXT} `), "not good"],
    ["another id", () => ({ ...signature(TEXT), "webhook-id": "m2" }), "not good"],
    [
      "another time",
      () => ({ ...signature(TEXT), "webhook-timestamp": `${Math.floor(Date.now() / 1000) - 9}` }),
      "not good",
    ],
    ["no time", () => ({ ...signature(TEXT), "webhook-timestamp": "now" }), "time of the message"],
    ["a time long ago", () => signature(TEXT, { at: ago(305_000) }), "time of the message"],
    ["a time far ahead", () => signature(TEXT, { at: ago(-305_000) }), "time of the message"],
    ["a form that is none", () => ({ ...signature(TEXT), "webhook-signature": "v1,???" }), "not good"],
    ["an empty signature", () => ({ ...signature(TEXT), "webhook-signature": "v1," }), "not good"],
  ])("refuses %s with 401", async (_, headers, reason) => {
    expect(await post(headers())).toEqual({ status: 401, body: { error: expect.stringContaining(reason) } });
  });

  test("refuses before it reads the message as JSON", async () => {
    expect((await post({}, "no JSON")).status).toBe(401);
    expect((await post(signature("no JSON"), "no JSON")).status).toBe(400);
  });

  test("tells its health to everybody", async () => {
    expect((await fetch(`${served.url}/health`)).status).toBe(200);
  });

  test.each(["", "whsec_", "whsec_c2hvcnQ=", "plain text with spaces", `whsec_${Buffer.alloc(65).toString("base64")}`])(
    "is not made with %j",
    (signingSecret) => {
      expect(() => createWorker({ signingSecret })).toThrow("24 to 64 random bytes");
    },
  );
});
