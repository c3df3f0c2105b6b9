/** Bridges to real programs, called as the orchestrator calls them. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { MemoryBlobStore } from "../../../src/blobs/memory-blob-store.ts";
import { type StartedBridges, startBridges } from "../../../src/cli/bridge/start-bridges.ts";
import { parseConfig } from "../../../src/core/config/index.ts";
import type { Timers } from "../../../src/dispatch/deadline.ts";
import type { CallbackHandler } from "../../../src/dispatch/http-jsonrpc/callback-handler.ts";
import { Router } from "../../../src/dispatch/router.ts";
import type { JsonObject } from "../../../src/protocol/json.ts";
import type { Progress } from "../../../src/protocol/progress.ts";
import { attemptCall } from "../../dispatch/attempt-call.ts";

export const SLASHES_WORKER = fileURLToPath(new URL("../../support/stdio/slashes-worker.mjs", import.meta.url));
export const SDK_WORKER = fileURLToPath(new URL("../../support/stdio/sdk-worker.ts", import.meta.url));
export const UNDERSCORE_WORKER = fileURLToPath(new URL("../../support/stdio/underscore_worker.py", import.meta.url));

/** Deadlines of these tests are real: the far side are processes. */
const timers: Timers = {
  now: Date.now,
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

export interface Bridged {
  readonly bridges: StartedBridges;
  readonly warnings: readonly string[];
  readonly said: readonly string[];
  /** Calls `/component` of the plugin `p`. */
  readonly call: (
    component: string,
    input: JsonObject,
    options?: {
      readonly withinMs?: number;
      readonly signal?: AbortSignal;
      readonly progress?: (told: Progress) => void;
    },
  ) => Promise<Outcome>;
  readonly list: () => ReturnType<Router["listComponents"]>;
}
type Outcome = Awaited<ReturnType<ReturnType<Router["transport"]>["execute"]>>;

/** One plugin `p`; `plugin` is its configuration. */
export async function bridged(
  plugin: JsonObject,
  options: {
    readonly callbacks?: CallbackHandler;
    readonly directory?: string;
    readonly environment?: Record<string, string>;
  } = {},
): Promise<Bridged> {
  const { config, diagnostics } = parseConfig(JSON.stringify({ plugins: { p: plugin } }));
  if (!config) throw new Error(JSON.stringify(diagnostics));
  const warnings: string[] = [];
  const said: string[] = [];
  const bridges = await startBridges(config, {
    directory: options.directory ?? process.cwd(),
    environment: { ...process.env, ...options.environment },
    missingPrograms: "refuse",
    log: { said: (_, line) => said.push(line), warn: (message) => warnings.push(message) },
  });
  const router = new Router(bridges.config, {
    blobs: new MemoryBlobStore(),
    fetch,
    local: true,
    timers,
    bindings: {},
    sessions: new Map(),
    mcpGenerations: new Map(),
    contracts: new Map(),
    openAi: {},
    ...(options.callbacks && { callbacks: options.callbacks }),
  });
  return {
    bridges,
    warnings,
    said,
    call: (component, input, { withinMs = 20_000, signal = new AbortController().signal, progress } = {}) =>
      router
        .transport("p")
        .execute(
          attemptCall({ plugin: "p", componentId: `/${component}`, input, deadlineAt: Date.now() + withinMs }),
          signal,
          undefined,
          progress,
        ),
    list: () => router.listComponents(AbortSignal.timeout(20_000)),
  };
}

/** What an outcome gives a flow. */
export function outputOf(outcome: Outcome) {
  return outcome.kind === "success" && outcome.value.kind === "inline" ? outcome.value.json : outcome;
}

/** Python as this machine calls it, if it has one. */
export const PYTHON = ["python3", "python"].find((name) => spawnSync(name, ["--version"]).status === 0);

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
