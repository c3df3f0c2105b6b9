import { abortAllDurableObjects, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import type { RunReport } from "../../../src/core/ports/run-index.ts";
import { D1RunIndex } from "../../../src/index-store/d1-run-index.ts";
import type { IndexObject } from "../../../src/index-store/index-object.ts";
import { ShardedRunIndex } from "../../../src/index-store/sharded-run-index.ts";
import type { Namespace } from "../../../src/protocol/ids.ts";
import { describeRunIndex, freshNamespace, runId, runSummary } from "../../index-store/run-index-contract.ts";

interface IndexBindings {
  readonly INDEX: DurableObjectNamespace<IndexObject>;
  readonly DB: D1Database;
}
const { INDEX, DB } = env as unknown as IndexBindings;

const reportOf = (n: number, version = 1, changes = {}): RunReport => ({
  runId: runId(n),
  version,
  summary: runSummary(n, changes),
});
const listed = async (namespace: Namespace) =>
  (await new D1RunIndex(DB, Date.now).list(namespace, { limit: 100 })).runs;
const pending = (stub: DurableObjectStub<IndexObject>) =>
  runInDurableObject(stub, (_, state) => state.storage.sql.exec("SELECT run_id FROM pending").toArray().length);

/** Runs the alarms as if their time had come; one that is due by itself in the same moment is waited for. */
async function writeOut(stubs: Iterable<DurableObjectStub<IndexObject>>): Promise<void> {
  for (const stub of stubs) {
    while (await runDurableObjectAlarm(stub));
    await expect.poll(() => pending(stub), { interval: 5, timeout: 5000 }).toBe(0);
  }
}

describeRunIndex("the run index through its objects", () => {
  const used = new Map<string, DurableObjectStub<IndexObject>>();
  const shard = (name: string) => {
    const stub = INDEX.getByName(name);
    used.set(name, stub);
    return stub;
  };
  return { index: new ShardedRunIndex(shard, new D1RunIndex(DB, Date.now)), settle: () => writeOut(used.values()) };
});

describe("an index object", () => {
  test("keeps a report that it has answered when it is killed before it wrote", async () => {
    const namespace = freshNamespace();
    const stub = INDEX.getByName(`${namespace}/kill`);
    await stub.report(namespace, [reportOf(1)]);
    await abortAllDurableObjects();
    const again = INDEX.getByName(`${namespace}/kill`);
    await writeOut([again]);
    expect(await listed(namespace)).toEqual([runSummary(1)]);
    expect(await pending(again)).toBe(0);
  });

  test("still has an alarm after an eviction, and sets one for what comes after it", async () => {
    const namespace = freshNamespace();
    const stub = INDEX.getByName(`${namespace}/evict`);
    await stub.report(namespace, [reportOf(1)]);
    await evictDurableObject(stub);
    await stub.report(namespace, [reportOf(2)]);
    await writeOut([stub]);
    expect(await listed(namespace)).toEqual([runSummary(2), runSummary(1)]);
    await stub.report(namespace, [reportOf(3)]);
    expect(await runInDurableObject(stub, (_, state) => state.storage.getAlarm())).not.toBeNull();
  });

  test("writes a run that reported three times within a batch once", async () => {
    const namespace = freshNamespace();
    const stub = INDEX.getByName(`${namespace}/once`);
    for (const version of [1, 2, 3]) await stub.report(namespace, [reportOf(1, version)]);
    expect(await pending(stub)).toBe(1);
    await writeOut([stub]);
    const version = await DB.prepare("SELECT version FROM runs WHERE ns = ?").bind(namespace).first("version");
    expect(version).toBe(3);
  });

  test("writes more than one batch holds", async () => {
    const namespace = freshNamespace();
    const stub = INDEX.getByName(`${namespace}/many`);
    await stub.report(
      namespace,
      Array.from({ length: 1200 }, (_, n) => reportOf(n)),
    );
    await writeOut([stub]);
    expect(await pending(stub)).toBe(0);
    expect(await DB.prepare("SELECT count(*) AS n FROM runs WHERE ns = ?").bind(namespace).first("n")).toBe(1200);
  });

  test("keeps its reports while the database refuses, and tries again later", async () => {
    const namespace = freshNamespace();
    const stub = INDEX.getByName(`${namespace}/refused`);
    await new D1RunIndex(DB, Date.now).list(namespace, { limit: 1 });
    await DB.prepare("CREATE TRIGGER refuse BEFORE INSERT ON runs BEGIN SELECT raise(ABORT, 'refused'); END").run();
    await stub.report(namespace, [reportOf(1)]);
    const before = Date.now();
    await runDurableObjectAlarm(stub);
    expect(await pending(stub)).toBe(1);
    const alarm = await runInDurableObject(stub, (_, state) => state.storage.getAlarm());
    expect(alarm).toBeGreaterThanOrEqual(before + 1000);
    await DB.prepare("DROP TRIGGER refuse").run();
    await runDurableObjectAlarm(stub);
    expect(await pending(stub)).toBe(0);
    expect(await listed(namespace)).toEqual([runSummary(1)]);
  });
});
