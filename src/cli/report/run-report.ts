/** What `run` and `submit` say of a run: progress while it goes, results on standard output, a summary for people. */
import { writeFile } from "node:fs/promises";
import type { FlowResult } from "../../protocol/flow-result.ts";
import type { ItemResult, RunSummary } from "../../protocol/run.ts";
import { CommandFailure, type ExitCode, reasonOf } from "../exit-code.ts";
import { causesOf } from "./error-causes.ts";
import { duration, liveProgress, plainProgress, type RunProgress } from "./run-progress.ts";
import { stderr } from "./terminal.ts";

/** `wanted`: `--progress`, `--no-progress`, or undefined for what the terminal allows. */
export function chooseProgress(wanted: boolean | undefined, itemCount: number): RunProgress | undefined {
  if (wanted === false) return undefined;
  if (stderr.interactive) return liveProgress(stderr, itemCount);
  return wanted === true ? plainProgress(stderr, itemCount) : undefined;
}

/** One compact FlowResult per line, to standard output or a file; the exit code that follows from them. */
export async function writeResults(items: readonly ItemResult[], outputFile: string | undefined): Promise<ExitCode> {
  const results = items.map(resultOf);
  const text = results.map((result) => `${JSON.stringify(result)}\n`).join("");
  if (outputFile === undefined) await writeToStandardOutput(text);
  else {
    try {
      await writeFile(outputFile, text);
    } catch (error) {
      throw new CommandFailure(`cannot write the result to ${outputFile}: ${reasonOf(error)}`);
    }
  }
  return results.every(({ outcome }) => outcome === "success") ? 0 : 1;
}

/** How it ended, in one line, and the first failures of it. */
export function summarise(run: RunSummary, items: readonly ItemResult[]): void {
  const took =
    run.completedAt === undefined ? "" : ` in ${duration(Date.parse(run.completedAt) - Date.parse(run.createdAt))}`;
  const outcome = run.outcome ?? run.status;
  const styled =
    outcome === "success"
      ? stderr.green(outcome)
      : outcome === "skipped"
        ? stderr.yellow(outcome)
        : stderr.red(outcome);
  const of = run.items.total === 1 ? "" : ` (${run.items.total} items, ${run.items.failed} failed)`;
  stderr.write(`${styled}${took}${of}\n`);
  const failed = items.flatMap(({ itemIndex, result }) =>
    result?.outcome === "failed" ? [{ itemIndex, error: result.error }] : [],
  );
  for (const { itemIndex, error } of failed.slice(0, MAX_FAILURES)) {
    stderr.write(
      `  ${run.items.total === 1 ? "" : `item ${itemIndex}: `}${stderr.red(error.code)}: ${error.message}\n`,
    );
    for (const cause of causesOf(error)) stderr.write(`    ${cause}\n`);
  }
  if (failed.length > MAX_FAILURES) stderr.write(`  … and ${failed.length - MAX_FAILURES} more\n`);
}

const MAX_FAILURES = 5;

function resultOf(item: ItemResult): FlowResult {
  return (
    item.result ?? {
      outcome: "failed",
      error: { code: "CANCELLED", message: "the run was cancelled before this item ended" },
    }
  );
}

/** Resolves when the text has left, also into a pipe that is slow. What goes wrong is `main`'s to handle. */
export function writeToStandardOutput(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(text, () => resolve());
  });
}
