/**
 * Tells the run index what has changed (A10). The object is the truth: what is not acknowledged is told again, by the alarm if
 * need be. A run that ends before the first report is due is reported once.
 */
import type { RunReport } from "../core/ports/run-index.ts";
import type { RunTree } from "../core/run/state.ts";
import { summarize } from "../core/run/summary.ts";
import type { RunSecrets } from "./run-secrets.ts";
import { shown } from "./shown.ts";

/** A run that is over by then is written once. */
export const FIRST_REPORT_AFTER_MS = 100;
const MAX_RETRY_MS = 30_000;
/** Runs per call. */
const BATCH = 200;

/** `written` resolves when everything the tree tells is in the journal: the index never knows more. */
interface Reported {
  readonly tree: RunTree;
  readonly secrets: Pick<RunSecrets, "redactor">;
  written(): Promise<void>;
}

export class IndexOutbox {
  readonly #report: (reports: readonly RunReport[]) => Promise<void>;
  /** Events up to here are known to the index. */
  #reportedSeq = 0;
  #sending = false;
  #failures = 0;

  constructor(report: (reports: readonly RunReport[]) => Promise<void>) {
    this.#report = report;
  }

  /** Something happened that the index does not know. */
  isDirty(tree: RunTree): boolean {
    return changedRuns(tree, this.#reportedSeq).length > 0;
  }

  /** How long to wait before telling it again. */
  get retryMs(): number {
    return Math.min(MAX_RETRY_MS, 1_000 * 2 ** this.#failures);
  }

  /** Tells what is new, and what changes meanwhile in the same go. True once the index knows all of it; false if it does not yet. */
  async send(run: Reported): Promise<boolean> {
    if (this.#sending) return false;
    this.#sending = true;
    try {
      for (await run.written(); this.isDirty(run.tree); await run.written()) await this.#sendOnce(run);
      this.#failures = 0;
      return true;
    } catch {
      // Counted, and tried again by the alarm.
      this.#failures += 1;
      return false;
    } finally {
      this.#sending = false;
    }
  }

  async #sendOnce({ tree, secrets }: Reported): Promise<void> {
    const upTo = tree.seq;
    const summaries = changedRuns(tree, this.#reportedSeq).flatMap((node) => summarize(tree, node) ?? []);
    const redactor = await secrets.redactor();
    const reports = summaries.map(
      (summary): RunReport => ({ version: upTo, runId: summary.runId, summary: shown(summary, redactor) }),
    );
    for (let at = 0; at < reports.length; at += BATCH) await this.#report(reports.slice(at, at + BATCH));
    this.#reportedSeq = upTo;
  }
}

/** A pause, or its end, shows in every run that has not ended. */
function changedRuns(tree: RunTree, since: number): RunTree["runs"] {
  const paused = tree.pausedSeq > since;
  return tree.runs.filter(
    ({ createdSeq, finishedSeq, status }) =>
      createdSeq > since || (finishedSeq ?? 0) > since || (paused && status === "running"),
  );
}
