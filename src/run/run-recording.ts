/** Reads a run's journal for another run that takes over what it came to. Values pass as they are stored: blobs are never copied. */
import type { Journal, JournalEntry, StoredValue } from "../core/ports/journal.ts";
import { isRecorded, type RecordedEntry } from "../core/reuse/index.ts";
import { boundsField } from "../core/run/component-bounds.ts";
import type { RunEvent } from "../core/run/event.ts";
import { withOrdinal } from "../core/run/run-id.ts";
import type { RunNode, RunTree } from "../core/run/state.ts";
import { summarize } from "../core/run/summary.ts";
import { undoneSteps } from "../core/run/undone-steps.ts";
import type { FlowId } from "../protocol/ids.ts";
import { precondition } from "./precondition.ts";
import type { RecordedRun, RunReply } from "./run-api.ts";

const PAGE = 2_000;
/** Characters of values in one answer, unless a single one is larger: below the platform's 32 MiB at two bytes each. */
const MAX_PAGE_CHARACTERS = 8 * 2 ** 20;

/** Why nothing can be taken over from a run; nothing if it can. */
export function refuseRecording(
  { root }: RunTree,
  { ordinal, chunks, itemCount }: RunNode,
): Extract<RunReply<never>, { ok: false }> | undefined {
  const runId = root && withOrdinal(root.runId, ordinal);
  if (ordinal !== 0) return precondition(`run ${runId} is a sub-run: name its root run ${root?.runId}`);
  if (chunks.length === 0) return undefined;
  return precondition(
    `the ${itemCount} items of run ${runId} ran in chunks, and what they came to lies there: name the run of a chunk (GET /runs?parentRunId=${runId}), or submit the run again`,
  );
}

export async function recordedRun(
  tree: RunTree,
  node: RunNode,
  journal: Journal,
  flowTextOf: (flowId: FlowId) => Promise<string>,
): Promise<RecordedRun> {
  const { root, seq } = tree;
  const summary = summarize(tree, node);
  if (!root || !summary) throw new Error("a run that was not created has nothing to take over");
  const variables = journal.readValue(node.variablesSeq);
  return {
    status: summary.status,
    ...(summary.outcome && { outcome: summary.outcome }),
    flowId: node.flowId,
    flowText: await flowTextOf(node.flowId),
    ...(node.plan.flowId !== node.flowId && { planText: await flowTextOf(node.plan.flowId) }),
    ...(variables && { variables }),
    itemCount: node.itemCount,
    maxConcurrency: root.maxConcurrency,
    ...(node.maxFailures !== undefined && { maxFailures: node.maxFailures }),
    labels: root.labels,
    files: root.files,
    undone: [...undoneSteps(tree)],
    ...boundsField(node.allowComponents ?? []),
    seq,
  };
}

/** At most a page of journal rows; fewer when their values are large, but at least one that is wanted. */
export function recordedEntries(
  journal: Journal,
  options: { readonly since: number; readonly upTo: number; readonly steps: ReadonlySet<number> },
): { readonly entries: readonly RecordedEntry[]; readonly next: number } {
  const { since, upTo, steps } = options;
  const entries: RecordedEntry[] = [];
  let next = since;
  let characters = 0;
  for (const entry of journal.read(since, Math.min(PAGE, upTo - since), false)) {
    if (isRecorded(entry.event, steps)) {
      const value = valueOf(journal, entry);
      characters += value?.kind === "text" ? value.text.length : 0;
      if (characters > MAX_PAGE_CHARACTERS && entries.length > 0) break;
      entries.push({ event: entry.event, ...(value && { value }) });
    }
    next = entry.seq;
  }
  return { entries, next };
}

/** An item whose result is that of a step says so: the value has passed with the step. */
function valueOf(journal: Journal, { seq, event }: JournalEntry): StoredValue | undefined {
  if (event.kind === "item_completed" && event.from !== undefined && event.outcome !== "failed") return undefined;
  return journal.readValue(rowOf(seq, event));
}

function rowOf(seq: number, event: RunEvent): number {
  return "from" in event && event.from !== undefined ? event.from : seq;
}
