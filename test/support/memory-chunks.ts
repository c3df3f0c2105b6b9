/**
 * A run with many items and the objects of its chunks, and of theirs, without a platform: each is a `MemoryRun`. What they have
 * to tell each other waits until `work`; a test may lose it, repeat it, or reload any of them in between.
 */
import { type ChunkStart, chunkRunId, chunkStart } from "../../src/core/run/chunk.ts";
import type { Command, Effect } from "../../src/core/run/command.ts";
import { isPaused } from "../../src/core/run/state.ts";
import type { FlowResult } from "../../src/protocol/flow-result.ts";
import type { Json, JsonObject } from "../../src/protocol/json.ts";
import type { TaskError } from "../../src/protocol/task-error.ts";
import { addressKey } from "../simulation/task-names.ts";
import type { CallEffect, MemoryRunOptions } from "./memory-run.ts";
import { MemoryRun } from "./memory-run.ts";

export type TendChunk = Extract<Effect, { kind: "tend_chunk" }>;
export type EndChunk = Extract<Command, { kind: "end_chunk" }>;

export class MemoryChunks {
  readonly parent: MemoryRun;
  /** Those of chunks, by run id. */
  readonly objects = new Map<string, MemoryRun>();
  readonly #options: MemoryRunOptions;

  constructor(flowText: string, options: MemoryRunOptions) {
    this.#options = options;
    this.parent = MemoryRun.start(flowText, options);
    this.work();
  }

  get all(): readonly MemoryRun[] {
    return [this.parent, ...this.objects.values()];
  }

  /** Under way in all objects, without those that were told to stop. */
  get calls(): readonly CallEffect[] {
    return this.all.flatMap((object) => callsOf(object));
  }

  /** The object that made a call. */
  ownerOf(call: CallEffect): MemoryRun {
    const owner = this.all.find(({ calls }) => calls.includes(call));
    if (!owner) throw new Error("nobody waits for this call");
    return owner;
  }

  /** Answers the call under way for an input. */
  answer(input: Json, json: Json): void {
    const call = this.#callFor(input);
    this.ownerOf(call).succeed(call, json);
    this.work();
  }

  fail(input: Json): void {
    const call = this.#callFor(input);
    this.ownerOf(call).fail(call);
    this.work();
  }

  advance(ms: number): void {
    for (const run of [...this.objects.values(), this.parent]) run.advance(ms);
    this.work();
  }

  /** Does what the engines asked for, and tells them how chunks ended, until nothing is left. */
  work(): void {
    for (let isWorking = true; isWorking; ) {
      isWorking = false;
      for (const owner of this.all) {
        const effects = owner.chunks.splice(0);
        for (const effect of effects) this.tend(owner, effect);
        const ended = this.endedChunks(owner);
        for (const command of ended) owner.post(command);
        isWorking ||= effects.length + ended.length > 0;
      }
    }
  }

  /** Carries one effect out, as often as a test likes. */
  tend(owner: MemoryRun, { run, chunk, intent }: TendChunk): void {
    const { tree } = owner.engine;
    const object = this.objects.get(chunkRunId(tree, run, chunk));
    if (intent === "cancel" && object) object.post({ kind: "cancel_run", run: 0 });
    else if (tree.runs[run]?.chunks[chunk]?.kind === "active")
      this.start(owner, run, chunkStart(tree, run, chunk), intent === "cancel");
  }

  /** Once by run id. `nothing`: only takes the id. */
  start(owner: MemoryRun, run: number, start: ChunkStart, nothing = false): void {
    if (this.objects.has(start.runId)) return;
    const plan = owner.engine.tree.runs[run]?.plan;
    if (!plan) throw new Error(`there is no run ${run}`);
    const object = new MemoryRun(this.#options);
    object.now = owner.now;
    object.post({
      kind: "start_run",
      runId: start.runId,
      namespace: start.namespace,
      flowId: start.flowId,
      plan: object.engine.plans.put(start.flowId, plan.flow),
      flows: new Map([[start.flowId, JSON.stringify(valueOf(owner, start.flowSeq))]]),
      inputs: nothing ? [] : (valueOf(owner, start.inputsSeq) as readonly Json[]),
      ...(start.variablesSeq > 0 && { variables: valueOf(owner, start.variablesSeq) as JsonObject }),
      maxConcurrency: start.maxConcurrency,
      ...(start.maxFailures !== undefined && { toleratedFailures: { count: start.maxFailures } }),
      ...(start.maxActiveItems !== undefined && { maxActiveItems: start.maxActiveItems }),
      ...(start.deadlineAt !== undefined && { deadlineAt: start.deadlineAt }),
      ...(start.allowComponents && { allowComponents: start.allowComponents }),
      labels: {},
      files: {},
      parent: start.parent,
    });
    this.objects.set(start.runId, object);
    if (isPaused(owner.engine.tree)) object.post({ kind: "pause_run", by: "parent" });
  }

  /** What an object is to be told of its active chunks that have ended. */
  endedChunks({ engine: { tree } }: MemoryRun): readonly EndChunk[] {
    return tree.runs.flatMap(({ ordinal: run, chunks, parent }) =>
      chunks.flatMap(({ kind }, chunk): EndChunk[] => {
        const object = kind === "active" ? this.objects.get(chunkRunId(tree, run, chunk)) : undefined;
        const node = object?.engine.tree.runs[0];
        if (!object || !node || node.status === "running") return [];
        const text = JSON.stringify(this.resultsOf(object));
        const end = {
          kind: "ended",
          status: node.status,
          counts: { ...node.ended },
          ...(parent && { bytes: text.length, results: { kind: "text", text } as const }),
        } as const;
        return [{ kind: "end_chunk", run, chunk, end }];
      }),
    );
  }

  /** Of the items that have ended, over the chunks of the object where it has some. */
  resultsOf(object: MemoryRun): readonly FlowResult[] {
    const { tree } = object.engine;
    const chunks = tree.runs[0]?.chunks ?? [];
    if (chunks.length === 0) return ownResults(object);
    return chunks.flatMap((_, chunk) => {
      const part = this.objects.get(chunkRunId(tree, 0, chunk));
      return part ? this.resultsOf(part) : [];
    });
  }

  #callFor(input: Json): CallEffect {
    const call = this.calls.find(({ call }) => JSON.stringify(call.input) === JSON.stringify(input));
    if (!call) throw new Error(`no call under way with ${JSON.stringify(input)}`);
    return call;
  }
}

/** Those whose reply still counts. */
export function callsOf({ calls, aborted }: MemoryRun): readonly CallEffect[] {
  return calls.filter(
    ({ task, call }) =>
      !aborted.some((stopped) => stopped.attempt === call.attempt && addressKey(stopped.task) === addressKey(task)),
  );
}

function ownResults(object: MemoryRun): readonly FlowResult[] {
  const node = object.engine.tree.runs[0];
  return Array.from({ length: node?.itemCount ?? 0 }, (_, index) => node?.items.get(index)).flatMap(
    (item): FlowResult[] => {
      if (item?.kind !== "ended") return [];
      if (item.outcome === "skipped") return [{ outcome: "skipped" }];
      const value = valueOf(object, item.valueSeq);
      return item.outcome === "success"
        ? [{ outcome: "success", result: value }]
        : [{ outcome: "failed", error: value as unknown as TaskError }];
    },
  );
}

function valueOf(owner: MemoryRun, seq: number): Json {
  const stored = owner.journal.readValue(seq);
  if (stored?.kind === "text") return JSON.parse(stored.text);
  const blob = stored && owner.blobs.get(stored.blob);
  if (!blob) throw new Error(`row ${seq} has no value`);
  return blob.json;
}
