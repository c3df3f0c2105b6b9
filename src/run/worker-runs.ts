/** Runs as workers reach them (callbacks): each lies in an object of its own, found by the same id by whoever asks again. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { AttemptCall } from "../core/ports/transport.ts";
import { boundsField } from "../core/run/component-bounds.ts";
import { keyedRunId } from "../core/run/run-id.ts";
import { taskAddressOf } from "../core/run/task.ts";
import type { ChildRun, RunAnswer, WorkerRuns } from "../dispatch/callbacks/worker-runs.ts";
import { hasEnded } from "../protocol/has-ended.ts";
import type { Namespace, RunId } from "../protocol/ids.ts";
import type { ItemResult, RunSummary } from "../protocol/run.ts";
import { retryLostCall } from "./retry-lost-call.ts";
import type { RunFault, RunObjectApi, RunReply } from "./run-api.ts";

/** One wait over RPC; a longer one is several. */
const WAIT_MS = 25_000;
const PAGE = 1_000;
/** Characters of all results of one answer. */
const MAX_RESULT_CHARACTERS = 64 * 2 ** 20;

export class ObjectWorkerRuns implements WorkerRuns {
  readonly #runs: (namespace: Namespace, runId: RunId) => RunObjectApi;
  readonly #maxDepth: number;

  constructor(runs: (namespace: Namespace, runId: RunId) => RunObjectApi, options: { readonly maxDepth: number }) {
    this.#runs = runs;
    this.#maxDepth = options.maxDepth;
  }

  async submit(call: AttemptCall, child: ChildRun): Promise<RunAnswer<RunSummary>> {
    const depth = call.depth + 1;
    if (depth > this.#maxDepth) {
      return { kind: "refused", message: `runs are nested more than maxDepth (${this.#maxDepth}) deep` };
    }
    const { namespace } = call;
    const runId = childRunId(call, child);
    const { flowId, inputs, overrides, maxConcurrency } = child;
    const note = () =>
      retryLostCall(() =>
        this.#runs(namespace, call.runId).submitChild(call.runId, {
          item: call.itemIndex,
          ...(taskAddressOf(call.taskId).undo && { undo: true }),
          childRunId: runId,
          flowId,
          itemCount: inputs.length,
        }),
      );
    const noted = await note();
    if (!noted.ok) return refusalOf(noted.fault, call.runId);
    const started = await retryLostCall(() =>
      this.#runs(namespace, runId).start({
        namespace,
        runId,
        flowId,
        submission: {
          inputs,
          ...(overrides !== undefined && { overrides }),
          ...(maxConcurrency !== undefined && { maxConcurrency }),
        },
        ...boundsField(noted.value.allowComponents ?? []),
        parent: { runId: call.runId, rootRunId: call.rootRunId, depth },
        ...(noted.value.secrets && { secrets: noted.value.secrets }),
      }),
    );
    if (!started.ok) return refusalOf(started.fault, runId);
    const still = await note();
    if (still.ok) return { kind: "ok", value: started.value.summary };
    await retryLostCall(() => this.#runs(namespace, runId).cancel(runId));
    return refusalOf(still.fault, call.runId);
  }

  async summary(
    namespace: Namespace,
    runId: RunId,
    { waitMs, signal }: { readonly waitMs: number; readonly signal: AbortSignal },
  ): Promise<RunAnswer<RunSummary>> {
    for (let left = waitMs; ; left -= WAIT_MS) {
      signal.throwIfAborted();
      const reply = await retryLostCall(() =>
        this.#runs(namespace, runId).summary(runId, { waitMs: Math.max(0, Math.min(left, WAIT_MS)) }),
      );
      const answer = answerOf(reply, runId);
      if (answer.kind !== "ok" || hasEnded(answer.value.status) || left <= WAIT_MS) return answer;
    }
  }

  async results(
    namespace: Namespace,
    runId: RunId,
    order: "by_index" | "by_completion",
  ): Promise<RunAnswer<readonly ItemResult[]>> {
    const results: ItemResult[] = [];
    for (let characters = 0; ; ) {
      const reply = await retryLostCall(() =>
        this.#runs(namespace, runId).items(runId, { order, offset: results.length, limit: PAGE, plain: true }),
      );
      const page = answerOf(reply, runId);
      if (page.kind !== "ok") return page;
      if (page.value.length === 0) return { kind: "ok", value: results };
      results.push(...page.value);
      characters += JSON.stringify(page.value).length;
      if (characters > MAX_RESULT_CHARACTERS) {
        const message = `the results of run ${runId} are larger than ${MAX_RESULT_CHARACTERS} characters; read its items one by one over the API`;
        return { kind: "refused", message };
      }
    }
  }
}

/** By task, key, flow and inputs: a retried worker finds the run it started before; the same key with other inputs is another. */
function childRunId(call: AttemptCall, { key, flowId, inputs, overrides = null }: ChildRun): RunId {
  const content = bytesToHex(sha256(new TextEncoder().encode(JSON.stringify([flowId, inputs, overrides]))));
  return keyedRunId(call.namespace, ["child", call.taskId, key, content].join("\n"));
}

function answerOf<T>(reply: RunReply<T>, runId: RunId): RunAnswer<T> {
  return reply.ok ? { kind: "ok", value: reply.value } : refusalOf(reply.fault, runId);
}

function refusalOf(fault: RunFault, runId: RunId): Exclude<RunAnswer<never>, { kind: "ok" }> {
  return fault.kind === "not_found"
    ? { kind: "not_found", message: `there is no run ${runId}` }
    : { kind: "refused", message: fault.message };
}
