/**
 * A run with many items and the objects of its chunks, without a platform: each is a `MemoryRun`. What they have to tell each
 * other waits until `work`; a test may lose it, repeat it, or reload either side in between.
 */

import { chunkRunId, chunkStart } from "../../src/core/run/chunk.ts";
import type { ChunkEnd, Effect } from "../../src/core/run/command.ts";
import type { FlowResult } from "../../src/protocol/flow-result.ts";
import type { FlowId } from "../../src/protocol/ids.ts";
import type { Json, JsonObject } from "../../src/protocol/json.ts";
import { addressKey } from "../simulation/task-names.ts";
import type { CallEffect, MemoryRunOptions } from "./memory-run.ts";
import { MemoryRun } from "./memory-run.ts";

type TendChunk = Extract<Effect, { kind: "tend_chunk" }>;

export class MemoryChunks {
  readonly parent: MemoryRun;
  /** By run id. */
  readonly objects = new Map<string, MemoryRun>();
  readonly #options: MemoryRunOptions;

  constructor(flowText: string, options: MemoryRunOptions) {
    this.#options = options;
    this.parent = MemoryRun.start(flowText, options);
    this.work();
  }

  /** Under way in all objects, without those that were told to stop. */
  get calls(): readonly CallEffect[] {
    return [this.parent, ...this.objects.values()].flatMap(({ calls, aborted }) =>
      calls.filter(({ task }) => !aborted.some((stopped) => addressKey(stopped.task) === addressKey(task))),
    );
  }

  /** The object that made a call. */
  ownerOf(call: CallEffect): MemoryRun {
    const owner = [this.parent, ...this.objects.values()].find(({ calls }) => calls.includes(call));
    if (!owner) throw new Error("nobody waits for this call");
    return owner;
  }

  /** Answers the call under way for an input. */
  answer(input: Json, json: Json): void {
    const call = this.calls.find(({ call }) => JSON.stringify(call.input) === JSON.stringify(input));
    if (!call) throw new Error(`no call under way with ${JSON.stringify(input)}`);
    this.ownerOf(call).succeed(call, json);
    this.work();
  }

  fail(input: Json): void {
    const call = this.calls.find(({ call }) => JSON.stringify(call.input) === JSON.stringify(input));
    if (!call) throw new Error(`no call under way with ${JSON.stringify(input)}`);
    this.ownerOf(call).fail(call);
    this.work();
  }

  advance(ms: number): void {
    for (const run of [...this.objects.values(), this.parent]) run.advance(ms);
    this.work();
  }

  /** Does what the engines asked for, and tells them how chunks ended, until nothing is left. */
  work(): void {
    for (;;) {
      const effects = this.parent.chunks.splice(0);
      for (const effect of effects) this.tend(effect);
      const ended = this.#ended();
      for (const { run, chunk, end } of ended) this.parent.post({ kind: "end_chunk", run, chunk, end });
      if (effects.length + ended.length === 0) return;
    }
  }

  /** Carries one effect out, as often as a test likes. */
  tend({ run, chunk, intent }: TendChunk): void {
    const runId = chunkRunId(this.parent.engine.tree, run, chunk);
    const object = this.objects.get(runId);
    if (intent === "cancel") object?.post({ kind: "cancel_run", run: 0 });
    else if (!object) this.#start(run, chunk);
  }

  #start(run: number, chunk: number): void {
    const tree = this.parent.engine.tree;
    const start = chunkStart(tree, run, chunk);
    const plan = tree.runs[run]?.plan;
    if (!plan) throw new Error(`there is no run ${run}`);
    const object = new MemoryRun(this.#options);
    object.now = this.parent.now;
    const value = (seq: number): Json => {
      const stored = this.parent.journal.readValue(seq);
      if (stored?.kind === "text") return JSON.parse(stored.text);
      const blob = stored && this.parent.blobs.get(stored.blob);
      if (!blob) throw new Error(`row ${seq} has no value`);
      return blob.json;
    };
    const flowId: FlowId = start.flowId;
    object.post({
      kind: "start_run",
      runId: start.runId,
      namespace: start.namespace,
      flowId,
      plan: object.engine.plans.put(flowId, plan.flow),
      flows: new Map([[flowId, JSON.stringify(value(start.flowSeq))]]),
      inputs: value(start.inputsSeq) as readonly Json[],
      ...(start.variablesSeq > 0 && { variables: value(start.variablesSeq) as JsonObject }),
      maxConcurrency: start.maxConcurrency,
      ...(start.maxFailures !== undefined && { toleratedFailures: { count: start.maxFailures } }),
      ...(start.maxActiveItems !== undefined && { maxActiveItems: start.maxActiveItems }),
      ...(start.deadlineAt !== undefined && { deadlineAt: start.deadlineAt }),
      labels: {},
      files: {},
      parent: start.parent,
    });
    this.objects.set(start.runId, object);
  }

  #ended() {
    const { tree } = this.parent.engine;
    return tree.runs.flatMap(({ ordinal: run, chunks, parent }) =>
      chunks.flatMap(({ kind }, chunk) => {
        const object = kind === "active" ? this.objects.get(chunkRunId(tree, run, chunk)) : undefined;
        const node = object?.engine.tree.runs[0];
        if (!object || !node || node.status === "running") return [];
        const results = object.results().filter((result): result is FlowResult => result !== undefined);
        const text = JSON.stringify(results);
        const end: ChunkEnd = {
          kind: "ended",
          status: node.status,
          counts: node.ended,
          ...(parent && { bytes: text.length, results: { kind: "text", text } }),
        };
        return [{ run, chunk, end }];
      }),
    );
  }
}
