import { afterAll, beforeAll, expect, test } from "vitest";
import type { FlowQuery } from "../../src/core/ports/flow-catalog.ts";
import { D1FlowCatalog } from "../../src/index-store/d1-flow-catalog.ts";
import type { FlowId } from "../../src/protocol/ids.ts";
import { openLocalD1 } from "./local-d1.ts";
import { freshNamespace } from "./run-index-contract.ts";

let local: Awaited<ReturnType<typeof openLocalD1>>;
beforeAll(async () => {
  local = await openLocalD1();
});
afterAll(() => local.dispose());

const flowId = (digit: string) => digit.repeat(64) as FlowId;

async function catalogOf(...stored: readonly [digit: string, name: string | undefined][]) {
  const namespace = freshNamespace();
  const catalog = new D1FlowCatalog(local.db);
  for (const [index, [digit, name]] of stored.entries()) {
    await catalog.record(namespace, {
      flowId: flowId(digit),
      storedAt: index,
      ...(name === undefined ? {} : { name }),
    });
  }
  const listed = async (query: Partial<FlowQuery> = {}) =>
    (await catalog.list(namespace, { limit: 10, ...query })).flows.map((flow) => flow.flowId[0]).join("");
  return { catalog, namespace, listed };
}

test("a name stands for the flow stored last under it", async () => {
  const { catalog, namespace } = await catalogOf(["a", "x"], ["b", "x"], ["c", "y"]);
  expect(await catalog.latest(namespace, "x")).toEqual({ flowId: flowId("b"), name: "x", storedAt: 1 });
  await catalog.record(namespace, { flowId: flowId("a"), name: "x", storedAt: 9 });
  expect((await catalog.latest(namespace, "x"))?.flowId).toBe(flowId("a"));
  expect(await catalog.latest(namespace, "z")).toBeUndefined();
});

test("a removed flow gives its name back to the one before it", async () => {
  const { catalog, namespace, listed } = await catalogOf(["a", "x"], ["b", "x"]);
  await catalog.remove(namespace, flowId("b"));
  expect((await catalog.latest(namespace, "x"))?.flowId).toBe(flowId("a"));
  expect(await listed()).toBe("a");
});

test("lists newest first, by name, and the newest of each name", async () => {
  const { listed } = await catalogOf(["a", "x"], ["b", undefined], ["c", "x"], ["d", "y"], ["e", undefined]);
  expect(await listed()).toBe("edcba");
  expect(await listed({ name: "x" })).toBe("ca");
  expect(await listed({ latestOnly: true })).toBe("edcb");
});

test("pages meet without gap or overlap", async () => {
  const { catalog, namespace } = await catalogOf(["a", "x"], ["b", "x"], ["c", "x"]);
  const first = await catalog.list(namespace, { limit: 2 });
  const second = await catalog.list(namespace, { limit: 2, cursor: first.nextCursor ?? "" });
  expect([...first.flows, ...second.flows].map((flow) => flow.storedAt)).toEqual([2, 1, 0]);
  expect(second).not.toHaveProperty("nextCursor");
});
