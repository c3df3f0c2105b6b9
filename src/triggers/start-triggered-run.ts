/** How every kind of trigger starts its runs: by a key, so that one delivery or firing never starts two. */
import { canonicalFlowText, flowIdOf, parseFlowDocument } from "../core/flow/index.ts";
import type { BlobStore } from "../core/ports/blob-store.ts";
import type { FlowCatalog } from "../core/ports/flow-catalog.ts";
import { keyedRunId } from "../core/run/run-id.ts";
import type { TriggerDocument } from "../protocol/api/trigger.ts";
import type { FlowId, Namespace, RunId } from "../protocol/ids.ts";
import type { Json } from "../protocol/json.ts";
import type { ItemResult, RunSummary } from "../protocol/run.ts";
import { retryLostCall } from "../run/retry-lost-call.ts";
import type { RunFault, RunObjectApi } from "../run/run-api.ts";

export interface TriggeredStartDeps {
  runs(namespace: Namespace, runId: RunId): Pick<RunObjectApi, "start">;
  readonly flows: Pick<FlowCatalog, "latest">;
  blobs(namespace: Namespace): BlobStore;
}

export interface TriggeredStart {
  readonly namespace: Namespace;
  /** The trigger's. */
  readonly name: string;
  readonly document: Pick<
    TriggerDocument,
    "flow" | "flowId" | "flowName" | "variables" | "labels" | "maxConcurrency" | "allowComponents"
  >;
  /** Of the delivery or firing: the same key is the same run. */
  readonly key: string;
  /** Of the run's one item, whatever its type. */
  readonly input: Json;
  /** Answer when the run has ended or after this long. */
  readonly waitMs?: number;
}

export type TriggeredRun =
  | {
      readonly kind: "started";
      readonly runId: RunId;
      readonly summary: RunSummary;
      /** With `waitMs`, once it has ended. */
      readonly results?: readonly ItemResult[];
      /** False: it had been started before. */
      readonly created: boolean;
    }
  /** It cannot be started, now or later: its flow is not there or cannot run. */
  | { readonly kind: "refused"; readonly reason: string };

/** The run that this key starts. */
export function triggeredRunId(namespace: Namespace, name: string, key: string): RunId {
  return keyedRunId(namespace, `trigger/${name}/${key}`);
}

/** Starts the run of a delivery or firing. Throws when it cannot be told whether that has happened: ask again with the same key. */
export async function startTriggeredRun(deps: TriggeredStartDeps, start: TriggeredStart): Promise<TriggeredRun> {
  const { namespace, name, document, key, input, waitMs } = start;
  const flowId = await flowOf(deps, namespace, document);
  if (typeof flowId !== "string") return flowId;
  const runId = triggeredRunId(namespace, name, key);
  const { variables, labels, maxConcurrency, allowComponents } = document;
  const reply = await retryLostCall(() =>
    deps.runs(namespace, runId).start({
      namespace,
      runId,
      flowId,
      submission: {
        inputs: [input],
        ...(variables === undefined ? {} : { variables }),
        ...(maxConcurrency === undefined ? {} : { maxConcurrency }),
        labels: { ...labels, trigger: name },
      },
      ...(allowComponents === undefined ? {} : { allowComponents: [allowComponents] }),
      ...(waitMs === undefined ? {} : { waitMs }),
    }),
  );
  return reply.ok ? { kind: "started", runId, ...reply.value } : { kind: "refused", reason: reasonOf(reply.fault) };
}

async function flowOf(
  deps: TriggeredStartDeps,
  namespace: Namespace,
  { flow, flowId, flowName }: TriggeredStart["document"],
): Promise<FlowId | Extract<TriggeredRun, { kind: "refused" }>> {
  if (flowId !== undefined) return flowId;
  if (flowName !== undefined) {
    const latest = await deps.flows.latest(namespace, flowName);
    return latest?.flowId ?? { kind: "refused", reason: `there is no flow named "${flowName}"` };
  }
  // Of a trigger in the configuration: nobody has stored it.
  const parsed = parseFlowDocument(flow ?? {});
  if (!parsed.flow)
    return { kind: "refused", reason: `its flow cannot be read: ${parsed.diagnostics[0]?.message ?? "it is no flow"}` };
  const text = canonicalFlowText(parsed.flow);
  await deps.blobs(namespace).put(new TextEncoder().encode(text), { blobType: "flow" });
  return flowIdOf(text);
}

function reasonOf(fault: RunFault): string {
  return fault.kind === "not_found" ? "its run was deleted" : fault.message;
}
