/** Reads from a run: items, steps, events. Values come from rows, or from the blob store where they are large. */
import type { ApprovalLinks } from "../core/ports/approval-links.ts";
import type { BlobStore } from "../core/ports/blob-store.ts";
import type { Journal, JournalEntry } from "../core/ports/journal.ts";
import type { Value } from "../core/ports/value.ts";
import { toMessage } from "../core/run/event-message.ts";
import type { ItemState, RunNode, RunTree } from "../core/run/state.ts";
import type { CompensationDraft } from "../core/run/step-record.ts";
import { StepRecords } from "../core/run/step-record.ts";
import { timestamp } from "../core/run/summary.ts";
import type { RunEventMessage } from "../protocol/event.ts";
import type { FlowResult } from "../protocol/flow-result.ts";
import type { Json } from "../protocol/json.ts";
import type { Progress } from "../protocol/progress.ts";
import type { CompensationRecord, ItemResult, StepRecord } from "../protocol/run.ts";
import type { TaskError } from "../protocol/task-error.ts";
import { readBlobText } from "./blob-text.ts";
import { StepIndex } from "./step-index.ts";

const WITH_RESULTS: ReadonlySet<string> = new Set([
  "step_completed",
  "item_completed",
  "compensation_started",
  "signal_received",
]);
/** Characters of values in one answer over RPC, unless a single one is larger: below the platform's 32 MiB at two bytes each. */
const MAX_PAGE_BYTES = 8 * 2 ** 20;

export class RunQueries {
  readonly #journal: Journal;
  readonly #blobs: BlobStore;
  readonly #links: ApprovalLinks | undefined;
  #stepIndex: { readonly tree: RunTree; readonly index: StepIndex } | undefined;

  constructor(journal: Journal, blobs: BlobStore, links?: ApprovalLinks) {
    this.#journal = journal;
    this.#blobs = blobs;
    this.#links = links;
  }

  async value(seq: number): Promise<Json | undefined> {
    return (await this.#value(seq))?.json;
  }

  async content(value: Value): Promise<Json> {
    return value.kind === "inline" ? value.json : JSON.parse(await readBlobText(this.#blobs, value.blob));
  }

  /** At most `limit` items from `offset` on; fewer when their results are large, but at least one. */
  async items(
    node: RunNode,
    order: "by_index" | "by_completion",
    offset: number,
    limit: number,
  ): Promise<ItemResult[]> {
    const page: ItemResult[] = [];
    let bytes = 0;
    // Looked at before anything is awaited: what changes meanwhile may not be in the journal yet.
    const states = itemOrder(node, order)
      .slice(offset, offset + limit)
      .map((index) => ({ index, state: node.items.get(index) }));
    const { status } = node;
    for (const { index, state } of states) {
      const item = await this.#item(index, state, status);
      bytes += item.bytes;
      if (bytes > MAX_PAGE_BYTES && page.length > 0) break;
      page.push(item.result);
    }
    return page;
  }

  /** Ordered by item, then step; fewer than `limit` when their outputs are large, but at least one. */
  async steps(
    tree: RunTree,
    node: RunNode,
    filter: { readonly itemIndex: number | undefined; readonly stepId: string | undefined },
    page: { readonly offset: number; readonly limit: number; readonly includeOutputs: boolean },
  ): Promise<StepRecord[]> {
    const stepIndex = filter.stepId === undefined ? undefined : node.plan.indexOf.get(filter.stepId);
    if (filter.stepId !== undefined && stepIndex === undefined) return [];
    const wanted = { itemIndex: filter.itemIndex, stepIndex };
    const index = this.#indexOf(tree);
    const { first, last, skip } = index.page(node.ordinal, wanted, page);
    const records = new StepRecords(tree, node, wanted);
    for (const entry of index.rows(this.#journal, node.ordinal, { first, last })) records.add(entry);
    const found: StepRecord[] = [];
    let bytes = 0;
    // Of items beyond, only a part may have been read.
    const whole = records.list().filter(({ itemIndex }) => itemIndex >= first && itemIndex <= last);
    const listed = whole.slice(skip, skip + page.limit);
    for (const { valueSeq, progressSeq, compensations, ...record } of listed) {
      const value = page.includeOutputs && valueSeq !== undefined ? await this.#value(valueSeq) : undefined;
      const told = progressSeq === undefined ? undefined : await this.#value(progressSeq);
      bytes += (value?.bytes ?? 0) + (told?.bytes ?? 0);
      if (bytes > MAX_PAGE_BYTES && found.length > 0) break;
      const undone = compensations && (await Promise.all(compensations.map((draft) => this.#compensation(draft))));
      const draft = {
        ...record,
        ...(told && { lastProgress: told.json as Progress }),
        ...(undone && { compensations: undone }),
      };
      if (value === undefined) found.push(draft);
      else if (draft.status === "completed") found.push({ ...draft, output: value.json });
      else found.push({ ...draft, error: value.json as unknown as TaskError });
    }
    return found;
  }

  /** The error in a row. */
  async error(seq: number): Promise<TaskError> {
    const value = await this.#value(seq);
    return (value?.json ?? { code: "ORCHESTRATOR_ERROR", message: "the error is gone" }) as unknown as TaskError;
  }

  async #compensation({ errorSeq, ...record }: CompensationDraft): Promise<CompensationRecord> {
    const value = errorSeq === undefined ? undefined : await this.#value(errorSeq);
    return value ? { ...record, error: value.json as unknown as TaskError } : record;
  }

  /** Entries after `since` as messages. `runs`: the ordinals asked for. */
  async events(
    tree: RunTree,
    runs: (ordinal: number) => boolean,
    options: {
      readonly since: number;
      readonly limit: number;
      readonly includeResults: boolean;
      readonly includeLinks?: boolean;
    },
  ): Promise<{ readonly events: RunEventMessage[]; readonly next: number }> {
    const events: RunEventMessage[] = [];
    const links = options.includeLinks ? this.#links : undefined;
    let next = options.since;
    let bytes = 0;
    for (const entry of this.#journal.read(options.since, options.limit, false)) {
      const isWanted = runs(ordinalOf(entry));
      const value = isWanted && wantsValue(entry, options.includeResults) ? await this.#value(rowOf(entry)) : undefined;
      bytes += value?.bytes ?? 0;
      if (bytes > MAX_PAGE_BYTES && events.length > 0) break;
      next = entry.seq;
      const message = isWanted ? toMessage(tree, entry, value?.json, links) : undefined;
      if (message) events.push(message);
    }
    return { events, next };
  }

  async #item(
    index: number,
    item: ItemState | undefined,
    status: RunNode["status"],
  ): Promise<{ readonly result: ItemResult; readonly bytes: number }> {
    if (item?.kind !== "ended") {
      return { result: { itemIndex: index, status: status === "running" ? "running" : "cancelled" }, bytes: 0 };
    }
    const value = item.outcome === "skipped" ? undefined : await this.#value(item.valueSeq);
    const result: ItemResult = {
      itemIndex: index,
      status: item.outcome === "failed" ? "failed" : "completed",
      result: flowResult(item, value?.json ?? null),
      completedAt: timestamp(item.at),
    };
    return { result, bytes: value?.bytes ?? 0 };
  }

  async #value(seq: number): Promise<{ readonly json: Json; readonly bytes: number } | undefined> {
    const stored = this.#journal.readValue(seq);
    if (!stored) return undefined;
    const text = stored.kind === "text" ? stored.text : await readBlobText(this.#blobs, stored.blob);
    return { json: JSON.parse(text), bytes: text.length };
  }

  #indexOf(tree: RunTree): StepIndex {
    // A tree that was loaded again may be that of another journal.
    if (this.#stepIndex?.tree !== tree) this.#stepIndex = { tree, index: new StepIndex(tree) };
    const { index } = this.#stepIndex;
    index.extend(this.#journal);
    return index;
  }
}

function flowResult(item: Extract<ItemState, { kind: "ended" }>, value: Json): FlowResult {
  switch (item.outcome) {
    case "success":
      return { outcome: "success", result: value };
    case "failed":
      return { outcome: "failed", error: value as unknown as TaskError };
    case "skipped":
      return { outcome: "skipped" };
  }
}

function itemOrder(node: RunNode, order: "by_index" | "by_completion"): number[] {
  const indices = Array.from({ length: node.itemCount }, (_, index) => index);
  if (order === "by_index") return indices;
  const endedAt = (index: number) => {
    const item = node.items.get(index);
    return item?.kind === "ended" ? item.seq : Number.POSITIVE_INFINITY;
  };
  return indices.sort((a, b) => endedAt(a) - endedAt(b) || a - b);
}

function ordinalOf({ event }: JournalEntry): number {
  return "run" in event ? event.run : 0;
}

function wantsValue({ event }: JournalEntry, includeResults: boolean): boolean {
  if (event.kind === "attempt_failed" || event.kind === "attempt_progress") return true;
  if (event.kind === "signal_awaited") return event.name === undefined;
  return includeResults && WITH_RESULTS.has(event.kind);
}

function rowOf({ seq, event }: JournalEntry): number {
  return "from" in event && event.from !== undefined ? event.from : seq;
}
