import type { AccessTokens } from "../auth/access-tokens.ts";
import type { ApprovalTokens } from "../auth/approval-tokens.ts";
import type { Authentication } from "../auth/authentication.ts";
import type { TaskTokens } from "../auth/task-tokens.ts";
import type { WorkerBlobAccess } from "../auth/worker-blob-access.ts";
import type { BlobStore } from "../core/ports/blob-store.ts";
import type { FlowCatalog } from "../core/ports/flow-catalog.ts";
import type { RunIndex } from "../core/ports/run-index.ts";
import type { ComponentListing } from "../dispatch/list-components.ts";
import type { Namespace, RunId } from "../protocol/ids.ts";
import type { RunObjectApi } from "../run/run-api.ts";
import type { ScheduleApi } from "../triggers/schedule-api.ts";
import type { TriggerRegistry } from "../triggers/trigger-registry.ts";
import type { WebhookObjectApi } from "../triggers/webhook-api.ts";

/** Bounds on what one request may bring. Their names are told when one is exceeded. */
export interface ApiLimits {
  readonly maxJsonBodyBytes: number;
  readonly maxBlobBytes: number;
}
export const DEFAULT_API_LIMITS: ApiLimits = {
  maxJsonBodyBytes: 16 * 1024 * 1024,
  maxBlobBytes: 100 * 1024 * 1024,
};

/** Everything the API reaches beyond itself. */
export interface ApiDeps {
  /** Asked before anything else is done with a request, unless it is open to all. */
  authenticate(request: Request): Promise<Authentication>;
  readonly tokens: Pick<AccessTokens, "create" | "list" | "revoke">;
  /** The object that holds this run: that of its root. */
  runs(namespace: Namespace, runId: RunId): RunObjectApi;
  blobs(namespace: Namespace): BlobStore;
  /** Absent: no secret is configured, workers cannot reach blobs over HTTP. */
  readonly workerBlobs: Pick<WorkerBlobAccess, "open"> | undefined;
  /** Absent: no secret is configured, and no worker has a token. */
  readonly taskTokens: Pick<TaskTokens, "read"> | undefined;
  /** Absent: no secret is configured, and nobody has a link. */
  readonly approvals: Pick<ApprovalTokens, "read"> | undefined;
  readonly index: Pick<RunIndex, "list">;
  readonly flows: FlowCatalog;
  /** The object of a webhook, whether there is one of this name or not. */
  readonly webhooks: (namespace: Namespace, name: string) => WebhookObjectApi;
  readonly triggers: Pick<TriggerRegistry, "isConfigured" | "put" | "find" | "list" | "remove" | "home">;
  /** The object of a schedule. */
  schedules(namespace: Namespace, name: string): ScheduleApi;
  components(namespace: Namespace): Promise<ComponentListing>;
  /** A fresh root run id. */
  newRunId(): RunId;
  /** Epoch milliseconds. */
  now(): number;
  /** Where callers reach this orchestrator, without a slash at the end. */
  readonly publicUrl: string;
  readonly version: string;
  readonly limits: ApiLimits;
  /** Told of every failure that is a fault of ours, before the caller gets a 500. */
  reportFault(error: unknown, request: Request): void;
}
