/**
 * A chunk tells the run that it is a part of when it has ended. Told again, by the alarm if need be, until that run has it in its
 * journal; what was told is not remembered over a restart, and telling it twice does no harm.
 */
import type { RunTree } from "../core/run/state.ts";
import type { RunDeps } from "./run-deps.ts";

const MAX_RETRY_MS = 60_000;

export class ParentNotice {
  readonly #deps: RunDeps;
  #told = false;
  #failures = 0;

  constructor(deps: RunDeps) {
    this.#deps = deps;
  }

  /** It has ended, and its run may not know. */
  isDue({ root, runs }: RunTree): boolean {
    return !this.#told && root?.parent?.chunk !== undefined && runs[0]?.status !== "running";
  }

  /** How long to wait before telling it again. */
  get retryMs(): number {
    return Math.min(MAX_RETRY_MS, 1_000 * 2 ** this.#failures);
  }

  /** True once nothing is left to tell. */
  async send(tree: RunTree): Promise<boolean> {
    const { root } = tree;
    if (!this.isDue(tree) || !root?.parent?.chunk) return true;
    const { runId, chunk } = root.parent;
    try {
      const reply = await this.#deps.runs(root.namespace, runId).chunkEnded(runId, chunk.index);
      // A run that is gone has nothing left to be told.
      this.#told = reply.ok || reply.fault.kind === "not_found";
    } catch {
      // Counted below, and tried again by the alarm.
    }
    this.#failures = this.#told ? 0 : this.#failures + 1;
    return this.#told;
  }
}
