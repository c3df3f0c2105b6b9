/** A webhook's object inside the platform's runtime: what it has written down survives its end. */
import {
  abortAllDurableObjects,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
  SELF,
} from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";

const flow = { steps: [{ id: "a", component: "/builtin/noop", input: { $input: "$" } }], output: { $step: "a" } };
const call = (method: string, path: string, body?: object) =>
  SELF.fetch(`http://127.0.0.1/api/v1${path}`, {
    method,
    ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
const deliver = (name: string, body: object) =>
  SELF.fetch(`http://127.0.0.1/hooks/${name}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
const stub = (name: string) => env.TRIGGERS.getByName(`default/${name}`);

async function put(name: string, fields: object = {}): Promise<void> {
  const answer = await call("PUT", `/triggers/${name}`, {
    type: "webhook",
    flow,
    signature: { scheme: "none" },
    ...fields,
  });
  expect(answer.status).toBe(201);
}
async function deliveries(name: string) {
  const answer = await call("GET", `/triggers/${name}/deliveries`);
  return (await answer.json<{ deliveries: { status: string; runId: string; reason?: string }[] }>()).deliveries;
}

/** Undoes what came after writing it down, as if the object had ended there. */
const forgetStart = (name: string, runId: string) =>
  runInDurableObject(stub(name), async (_, { storage }) => {
    const input = JSON.stringify({ kind: "inline", json: { n: 1 } });
    storage.sql.exec(
      "UPDATE deliveries SET status = 'received', pending = ?, key = 'lost', facts = replace(facts, ?, '019a9d2c-6f00-7cc3-98c4-dc0c0c000000')",
      input,
      runId,
    );
  });

describe("TRIG-12: a delivery that is written down", () => {
  it.each(["evicted", "aborted"])("and not started is started by the alarm after the object was %s", async (how) => {
    const name = `lost-${how}`;
    await put(name);
    const { runId } = await (await deliver(name, { n: 0 })).json<{ runId: string }>();
    await forgetStart(name, runId);
    if (how === "evicted") await evictDurableObject(stub(name));
    else await abortAllDurableObjects();
    expect((await deliveries(name))[0]).toMatchObject({ status: "received" });
    expect(await runDurableObjectAlarm(stub(name))).toBe(true);
    expect((await deliveries(name))[0]).toMatchObject({ status: "accepted" });
    const runs = async () => {
      const page = await call("GET", `/runs?label=${encodeURIComponent(`trigger:${name}`)}`);
      return (await page.json<{ runs: object[] }>()).runs.length;
    };
    await expect.poll(runs).toBe(2);
  });

  it("is the same one for a sender that comes again after the object's end", async () => {
    await put("again", { idempotencyKey: "k" });
    const first = await (await deliver("again", { n: 1 })).json();
    await abortAllDurableObjects();
    expect(await (await deliver("again", { n: 1 })).json()).toEqual(first);
  });
});

describe("TRIG-18: the record", () => {
  it("is dropped after a week, and leaves the trigger", async () => {
    await put("old");
    await deliver("old", { n: 1 });
    await runInDurableObject(stub("old"), async (_, { storage }) => {
      storage.sql.exec("UPDATE deliveries SET at = at - ?", 8 * 24 * 60 * 60 * 1000);
    });
    await runDurableObjectAlarm(stub("old"));
    expect(await deliveries("old")).toEqual([]);
    expect((await deliver("old", { n: 2 })).status).toBe(202);
  });

  it("leaves no trace of an address that nothing is at", async () => {
    expect((await deliver("nobody", {})).status).toBe(404);
    const tables = await runInDurableObject(stub("nobody"), async (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name LIKE 'deliver%'").toArray(),
    );
    expect(tables).toEqual([]);
  });
});
