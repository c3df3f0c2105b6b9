/**
 * Embedded orchestrators of `stepflow test`, one per distinct configuration: files with the same one share it (runs do not
 * see each other), another configuration gets a fresh one. At most a few are alive; the one unused longest goes first.
 */
import { hasBridgedPlugins } from "../bridge/start-bridges.ts";
import type { LocalConfig } from "../config/load-config.ts";
import { type LocalOrchestrator, startLocalOrchestrator } from "../runtime/local-orchestrator.ts";

const MAX_ALIVE = 3;

export class OrchestratorPool {
  readonly #workerFlags: readonly string[];
  readonly #verbose: boolean;
  /** Least recently used first. */
  readonly #alive = new Map<string, LocalOrchestrator>();

  constructor(options: { readonly workerFlags: readonly string[]; readonly verbose: boolean }) {
    this.#workerFlags = options.workerFlags;
    this.#verbose = options.verbose;
  }

  async get(config: LocalConfig): Promise<LocalOrchestrator> {
    // Programs run where their configuration lies.
    const place = hasBridgedPlugins(config.config) ? config.workingDirectory : null;
    const key = JSON.stringify([config.text, config.workers, place]);
    const found = this.#alive.get(key);
    this.#alive.delete(key);
    const orchestrator =
      found ?? (await startLocalOrchestrator(config, { workerFlags: this.#workerFlags, verbose: this.#verbose }));
    this.#alive.set(key, orchestrator);
    const [oldest] = this.#alive.keys();
    if (this.#alive.size > MAX_ALIVE && oldest !== undefined) {
      await this.#alive.get(oldest)?.release();
      this.#alive.delete(oldest);
    }
    return orchestrator;
  }

  async release(): Promise<void> {
    for (const orchestrator of this.#alive.values()) await orchestrator.release();
    this.#alive.clear();
  }
}
