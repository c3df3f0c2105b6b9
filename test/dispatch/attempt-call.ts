import type { AttemptCall } from "../../src/core/ports/transport.ts";
import type { BlobId, FlowId, Namespace, RunId, StepId, TaskId } from "../../src/protocol/ids.ts";

/** A call with everything in it; tests override what they look at. */
export function attemptCall(overrides: Partial<AttemptCall> = {}): AttemptCall {
  return {
    taskId: "task-1" as TaskId,
    idempotencyKey: "task-1:0",
    attempt: 1,
    namespace: "default" as Namespace,
    runId: "019bf0d2-1111-7000-8000-000000000000" as RunId,
    rootRunId: "019bf0d2-1111-7000-8000-000000000000" as RunId,
    flowId: "f".repeat(64) as FlowId,
    stepId: "s1" as StepId,
    itemIndex: 0,
    depth: 0,
    plugin: "worker",
    componentId: "/double",
    input: { n: 4 },
    deadlineAt: 1_060_000,
    files: {} as Record<string, BlobId>,
    ...overrides,
  };
}
