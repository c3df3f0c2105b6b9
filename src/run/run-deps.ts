import type { ApprovalLinks } from "../core/ports/approval-links.ts";
import type { BlobStore } from "../core/ports/blob-store.ts";
import type { ComponentResolver } from "../core/ports/component-resolver.ts";
import type { RunReport } from "../core/ports/run-index.ts";
import type { Transport } from "../core/ports/transport.ts";
import type { EngineSettings } from "../core/run/engine.ts";
import type { DispatcherApi } from "../dispatch/dispatcher-api.ts";
import type { Namespace, RunId } from "../protocol/ids.ts";
import type { CacheApi } from "./cache-api.ts";
import type { RunObjectApi } from "./run-api.ts";

/** What a run's object needs of the world; the composition root makes it from the Worker's bindings. */
export interface RunDeps {
  readonly settings: EngineSettings;
  /** Tasks in flight per run tree where neither the submission nor the flow says. */
  readonly maxConcurrency: number;
  readonly resolver: ComponentResolver;
  /** What variables with an `env_var` may be read from; absent: nothing. */
  environment?(name: string): string | undefined;
  /** Absent: no secret is configured to sign them with. */
  readonly approvalLinks?: ApprovalLinks | undefined;
  transport(plugin: string, namespace: Namespace): Transport;
  /** The object that holds this run: that of its root. */
  runs(namespace: Namespace, runId: RunId): RunObjectApi;
  /** One of the objects through which a run's calls leave when its own has no slot for them. */
  dispatcher(namespace: Namespace, rootRunId: RunId, index: number): DispatcherApi;
  /** The object of one cached call. */
  stepCache(namespace: Namespace, key: string): CacheApi;
  blobs(namespace: Namespace): BlobStore;
  /** Durable once it resolves. */
  report(namespace: Namespace, reports: readonly RunReport[]): Promise<void>;
  /** Epoch milliseconds. */
  now(): number;
}
