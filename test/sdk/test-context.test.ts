import { expect, test } from "vitest";
import { createTestContext, createWorker } from "../../src/sdk/index.ts";

test("RUN-161 a component under test goes on from what it is said to have told last", async () => {
  const worker = createWorker({ name: "pages" }).component("next", {
    execute(_, context) {
      const done = Number(context.lastHeartbeat?.details ?? 0);
      context.heartbeat(undefined, undefined, done + 1);
      return done;
    },
  });
  const first = createTestContext();
  expect(await worker.execute("next", {}, first)).toBe(0);
  expect(first.heartbeats).toEqual([{ details: 1 }]);
  const second = createTestContext({ attempt: 2, lastHeartbeat: { details: 1 } });
  expect(await worker.execute("next", {}, second)).toBe(1);
});
