/** Folds the journal of a run into one record per step and item, as the API shows them. */
import type { CompensationRecord, StepRecord, StepStatusName } from "../../protocol/run.ts";
import type { JournalEntry } from "../ports/journal.ts";
import type { TaskAddress } from "./event.ts";
import type { RunNode, RunTree } from "./state.ts";
import { timestamp } from "./summary.ts";
import { completionOf } from "./undo.ts";

export interface StepDraft extends Omit<StepRecord, "output" | "error" | "compensations" | "lastProgress"> {
  readonly compensations?: readonly CompensationDraft[];
  /** Row of what its worker told last. */
  readonly progressSeq?: number;
  /** Row of the result or error of a settled step. */
  readonly valueSeq: number | undefined;
}

export interface CompensationDraft extends Omit<CompensationRecord, "error"> {
  /** Row of the error of a failed one. */
  readonly errorSeq: number | undefined;
}

export interface StepFilter {
  readonly itemIndex: number | undefined;
  readonly stepIndex: number | undefined;
}

/** The step whose record an event belongs to; that of a compensation is the step it undoes. */
export function recordOf(
  tree: RunTree,
  { event }: Pick<JournalEntry, "event">,
): Pick<TaskAddress, "run" | "item" | "step"> | undefined {
  const task = event.kind === "sub_run_created" ? event.parent : event;
  if (!("step" in task)) return undefined;
  return task.undo ? completionOf(tree, task) : task;
}

export class StepRecords {
  readonly #node: RunNode;
  readonly #tree: RunTree;
  readonly #filter: StepFilter;
  readonly #drafts = new Map<number, Map<number, StepDraft>>();

  constructor(tree: RunTree, node: RunNode, filter: StepFilter) {
    this.#tree = tree;
    this.#node = node;
    this.#filter = filter;
  }

  add(entry: JournalEntry): void {
    const { seq, at, event } = entry;
    const task = event.kind === "sub_run_created" ? event.parent : event;
    if ("undo" in task && "step" in task && task.undo) {
      this.#noteCompensation(entry, task);
      return;
    }
    switch (event.kind) {
      case "step_started":
      case "step_waiting":
      case "foreach_expanded":
      case "signal_awaited":
      case "attempt_failed":
        this.#note(event, seq, at, "running", "attempt" in event ? event.attempt : undefined, undefined, {
          ...(event.kind === "signal_awaited" && event.element === undefined && { awaits: event.name ?? "approval" }),
        });
        return;
      case "attempt_progress":
        if (event.element === undefined)
          this.#note(event, seq, at, "running", event.attempt, undefined, { progressSeq: seq });
        return;
      case "sub_run_created":
        this.#note(event.parent, seq, at, "running", undefined, undefined);
        return;
      case "step_completed": {
        if (event.element !== undefined) return;
        const status = event.outcome === "success" ? "completed" : event.outcome;
        this.#note(event, seq, at, status, event.attempt || undefined, event.from ?? seq, {
          ...(event.cached && { cached: event.cached }),
          ...(event.warnings && { warnings: event.warnings }),
          ...(event.reused && { reused: true }),
        });
        return;
      }
      default:
        return;
    }
  }

  /** By item, then step. */
  list(): StepDraft[] {
    return [...this.#drafts.values()]
      .flatMap((steps) => [...steps.values()])
      .sort((a, b) => a.itemIndex - b.itemIndex || a.stepIndex - b.stepIndex);
  }

  #note(
    task: TaskAddress,
    seq: number,
    at: number,
    status: StepStatusName,
    attempt: number | undefined,
    valueSeq: number | undefined,
    more: Pick<StepDraft, "awaits" | "cached" | "reused" | "progressSeq" | "warnings"> = {},
  ): void {
    if (task.run !== this.#node.ordinal) return;
    if (this.#filter.itemIndex !== undefined && task.item !== this.#filter.itemIndex) return;
    if (this.#filter.stepIndex !== undefined && task.step !== this.#filter.stepIndex) return;
    const step = this.#node.plan.steps[task.step]?.step;
    if (!step) return;
    const steps = this.#drafts.get(task.item) ?? new Map<number, StepDraft>();
    this.#drafts.set(task.item, steps);
    const before = steps.get(task.step);
    const tried = task.element === undefined ? (attempt ?? before?.attempt) : before?.attempt;
    const time = timestamp(at);
    const isCutShort = status === "running" && this.#isOver(task.item);
    const { awaits, ...others } = more;
    steps.set(task.step, {
      stepId: step.id,
      stepIndex: task.step,
      itemIndex: task.item,
      status: isCutShort ? "failed" : status,
      component: step.component,
      ...(tried !== undefined && { attempt: tried }),
      journalSeqno: seq,
      startedAt: before?.startedAt ?? time,
      updatedAt: time,
      ...(status !== "running" && { completedAt: time }),
      ...(before?.progressSeq !== undefined && { progressSeq: before.progressSeq }),
      ...others,
      ...(awaits !== undefined && !isCutShort && { awaits }),
      valueSeq,
    });
  }

  /** The journal has its step before it, so that there is a record to put it on. */
  #noteCompensation({ seq, at, event }: JournalEntry, task: TaskAddress): void {
    const of = completionOf(this.#tree, task);
    const record = of?.run === this.#node.ordinal ? this.#drafts.get(of.item)?.get(of.step) : undefined;
    if (!of || !record) return;
    const before = record.compensations?.find(({ elementIndex }) => elementIndex === of.element);
    const attempt = "attempt" in event ? event.attempt || undefined : before?.attempt;
    const isSettled = event.kind === "step_completed";
    const status = !isSettled ? "running" : event.outcome === "success" ? "completed" : "failed";
    const draft: CompensationDraft = {
      ...(of.element !== undefined && { elementIndex: of.element }),
      component: this.#node.plan.steps[of.step]?.step.compensate?.component ?? "",
      status,
      ...(attempt !== undefined && { attempt }),
      journalSeqno: seq,
      startedAt: before?.startedAt ?? timestamp(at),
      ...(isSettled && { completedAt: timestamp(at) }),
      errorSeq: status === "failed" ? seq : undefined,
    };
    const others = record.compensations?.filter((other) => other !== before) ?? [];
    this.#drafts.get(of.item)?.set(of.step, { ...record, compensations: [...others, draft] });
  }

  /** A step that was under way when its item, or its run, was ended from outside did not go on. */
  #isOver(item: number): boolean {
    const kind = this.#node.items.get(item)?.kind;
    return this.#node.status !== "running" || kind === "ended" || kind === "compensating";
  }
}
