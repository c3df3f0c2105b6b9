import { describe, expect, test } from "vitest";
import type { RunIndex, RunQuery } from "../../src/core/ports/run-index.ts";
import type { Namespace } from "../../src/protocol/ids.ts";
import type { RunSummary } from "../../src/protocol/run.ts";

export interface IndexUnderTest {
  readonly index: RunIndex;
  /** Returns when everything reported so far can be searched. */
  readonly settle: () => Promise<void>;
}

let lastNamespace = 0;
/** Each test has a namespace of its own: nothing of the others is in sight. */
export function freshNamespace(): Namespace {
  return `ns${++lastNamespace}` as Namespace;
}

/** The id of the `n`th run; ids of tests are ordered as their numbers. */
export function runId(n: number, ordinal = 0): string {
  return `01900000-0000-7000-8000-${n.toString(16).padStart(6, "0")}${ordinal.toString(16).padStart(6, "0")}`;
}

export function runSummary(n: number, changes: Partial<RunSummary> = {}): RunSummary {
  return {
    runId: runId(n),
    flowId: "a".repeat(64),
    status: "running",
    items: { total: 1, completed: 0, running: 1, failed: 0, cancelled: 0, skipped: 0 },
    labels: {},
    createdAt: new Date(1_700_000_000_000 + n * 1000).toISOString(),
    rootRunId: runId(n),
    createdAtSeqno: 1,
    ...changes,
  };
}

/** What every run index must do; `open` gives one over storage that other tests may share. */
export function describeRunIndex(name: string, open: () => Promise<IndexUnderTest> | IndexUnderTest): void {
  describe(name, () => {
    async function indexed(summaries: readonly RunSummary[]) {
      const { index, settle } = await open();
      const namespace = freshNamespace();
      const report = async (version: number, summary: RunSummary) => {
        await index.report(namespace, [{ runId: summary.runId, version, summary }]);
        await settle();
      };
      await index.report(
        namespace,
        summaries.map((summary) => ({ runId: summary.runId, version: 1, summary })),
      );
      await settle();
      const list = async (query: Partial<RunQuery> = {}) => index.list(namespace, { limit: 100, ...query });
      const listed = async (query: Partial<RunQuery> = {}) => (await list(query)).runs.map((run) => run.runId);
      const remove = async (version: number, n: number) => {
        await index.report(namespace, [{ runId: runId(n), version, summary: undefined }]);
        await settle();
      };
      return { index, namespace, settle, report, list, listed, remove };
    }

    test("gives back summaries as they were reported, newest first", async () => {
      const runs = [1, 2, 3].map((n) => runSummary(n, { labels: { team: "tēam\u0000 'x'" }, flowName: 'a "name"' }));
      const { list } = await indexed(runs);
      expect((await list()).runs).toEqual(runs.toReversed());
    });

    test("a newer report replaces an older one, whatever their order of arrival", async () => {
      const { report, list } = await indexed([runSummary(1)]);
      await report(3, runSummary(1, { status: "completed", outcome: "success" }));
      await report(2, runSummary(1, { status: "cancelled" }));
      expect((await list()).runs).toEqual([runSummary(1, { status: "completed", outcome: "success" })]);
    });

    test("of two reports of one run in one call the newer counts", async () => {
      const { index, namespace, settle, list } = await indexed([]);
      await index.report(namespace, [
        { runId: runId(1), version: 2, summary: runSummary(1, { status: "completed" }) },
        { runId: runId(1), version: 1, summary: runSummary(1) },
      ]);
      await settle();
      expect((await list()).runs.map((run) => run.status)).toEqual(["completed"]);
    });

    test("a deleted run is not listed, and a late report does not bring it back", async () => {
      const { report, remove, listed } = await indexed([runSummary(1, { labels: { a: "b" } }), runSummary(2)]);
      await remove(5, 1);
      expect(await listed()).toEqual([runId(2)]);
      await report(4, runSummary(1, { labels: { a: "b" } }));
      expect(await listed()).toEqual([runId(2)]);
      expect(await listed({ labels: { a: "b" } })).toEqual([]);
    });

    test("a late deletion does not remove a newer report", async () => {
      const { report, remove, listed } = await indexed([runSummary(1, { labels: { a: "b" } })]);
      await report(5, runSummary(1, { labels: { a: "b" } }));
      await remove(3, 1);
      expect(await listed({ labels: { a: "b" } })).toEqual([runId(1)]);
    });

    test("a run created again under the id of a deleted one is listed, with its own labels", async () => {
      const { report, remove, list, listed } = await indexed([runSummary(1, { labels: { life: "first" } })]);
      await remove(5, 1);
      const again = runSummary(1, { createdAt: "2026-01-01T00:00:00.000Z", labels: { life: "second" } });
      await report(1, again);
      expect((await list()).runs).toEqual([again]);
      expect(await listed({ labels: { life: "second" } })).toEqual([runId(1)]);
      expect(await listed({ labels: { life: "first" } })).toEqual([]);
    });

    test("namespaces do not see each other", async () => {
      const first = await indexed([runSummary(1)]);
      const second = await indexed([runSummary(2)]);
      expect(await first.listed()).toEqual([runId(1)]);
      expect(await second.listed()).toEqual([runId(2)]);
    });

    test("sub-runs appear only when asked for", async () => {
      const child = runSummary(1, { runId: runId(1, 1), rootRunId: runId(1), parentRunId: runId(1) });
      const grandchild = runSummary(1, { runId: runId(1, 2), rootRunId: runId(1), parentRunId: runId(1, 1) });
      const { listed } = await indexed([runSummary(1), runSummary(2), child, grandchild]);
      expect(await listed()).toEqual([runId(2), runId(1)]);
      expect(await listed({ rootsOnly: false })).toEqual([runId(2), runId(1, 2), runId(1, 1), runId(1)]);
      expect(await listed({ rootRunId: runId(1) })).toEqual([runId(1, 2), runId(1, 1), runId(1)]);
      expect(await listed({ rootRunId: runId(1), rootsOnly: true })).toEqual([runId(1)]);
      expect(await listed({ parentRunId: runId(1) })).toEqual([runId(1, 1)]);
    });

    test.each([
      ["status", { status: "failed" }, [3]],
      ["flow id", { flowId: "b".repeat(64) }, [2]],
      ["flow name", { flowName: "named" }, [4]],
      ["one label", { labels: { team: "red" } }, [4, 1]],
      ["two labels", { labels: { team: "red", env: "prod" } }, [4]],
      ["a label that nobody has", { labels: { team: "green" } }, []],
      ["a label and a status", { labels: { team: "blue" }, status: "failed" }, [3]],
      [
        "creation, start inclusive and end exclusive",
        { createdFrom: 1_700_000_002_000, createdBefore: 1_700_000_004_000 },
        [3, 2],
      ],
      ["a label and creation", { labels: { team: "red" }, createdFrom: 1_700_000_002_000 }, [4]],
    ] satisfies [string, Partial<RunQuery>, number[]][])("filters by %s", async (_, query, expected) => {
      const { listed } = await indexed([
        runSummary(1, { labels: { team: "red", env: "dev" } }),
        runSummary(2, { flowId: "b".repeat(64) }),
        runSummary(3, { status: "failed", labels: { team: "blue" } }),
        runSummary(4, { flowName: "named", labels: { team: "red", env: "prod" } }),
      ]);
      expect(await listed(query)).toEqual(expected.map((n) => runId(n)));
    });

    test.each([
      ["all", {}],
      ["by label", { labels: { all: "yes" } }],
    ])("pages meet without gap or overlap, also where runs were created in the same instant: %s", async (_, query) => {
      const runs = [1, 2, 3, 4, 5, 6, 7].map((n) =>
        runSummary(n, {
          createdAt: new Date(1_700_000_000_000 + Math.floor(n / 3)).toISOString(),
          labels: { all: "yes" },
        }),
      );
      const { list } = await indexed(runs);
      const seen: string[] = [];
      let pages = 0;
      for (let cursor: string | undefined; pages < 5; ) {
        const page = await list({ ...query, limit: 3, ...(cursor === undefined ? {} : { cursor }) });
        seen.push(...page.runs.map((run) => run.runId));
        pages++;
        cursor = page.nextCursor;
        if (cursor === undefined) break;
      }
      expect(pages).toBe(3);
      expect(seen).toEqual([7, 6, 5, 4, 3, 2, 1].map((n) => runId(n)));
    });

    test("the last page has no cursor, even when it is full", async () => {
      const { list } = await indexed([runSummary(1), runSummary(2)]);
      expect(await list({ limit: 2 })).not.toHaveProperty("nextCursor");
    });

    test("takes a thousand reports in one call", async () => {
      const runs = Array.from({ length: 1000 }, (_, n) => runSummary(n, { labels: { text: "x".repeat(1000) } }));
      const { listed } = await indexed(runs);
      expect(await listed({ limit: 1001 })).toHaveLength(1000);
    });
  });
}
