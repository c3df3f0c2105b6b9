import { readFileSync } from "node:fs";
import type { LedgerLine } from "./ledger-worker.ts";

/** What the worker has written down so far; a line that is being written is left out. */
export function readLedger(path: string): readonly LedgerLine[] {
  const text = readFileSync(path, "utf8");
  return text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter(Boolean)
    .map((line): LedgerLine => JSON.parse(line));
}

/** A key is the task's id and the number of decided retries. */
export function taskOf(key: string): string {
  return key.slice(0, key.lastIndexOf(":"));
}

/** Tasks whose last execution had begun and not ended at `at`, and whose caller waited for it. */
export function unansweredTasks(lines: readonly LedgerLine[], at: number): Set<string> {
  const open = new Set<string>();
  for (const line of lines) {
    if (line.at > at) continue;
    if (line.kind === "began" && line.isTaken) continue;
    if (line.kind === "began") open.add(taskOf(line.key));
    else open.delete(taskOf(line.key));
  }
  return open;
}
