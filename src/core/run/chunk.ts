/**
 * Runs with many items (A9): the items are cut into chunks, and each chunk is run by an object of its own. The run that was cut
 * holds a status and counts per chunk. Pure: how a chunk is started, followed and cancelled is up to the shell (`tend_chunk`).
 */

import type { FlowId, Namespace, RunId } from "../../protocol/ids.ts";
import type { Json } from "../../protocol/json.ts";
import { slotCount, slotShare } from "./chunk-slots.ts";
import type { ComponentBounds } from "./component-bounds.ts";
import type { Engine } from "./engine.ts";
import { EngineFault } from "./engine-fault.ts";
import type { ParentRun } from "./event.ts";
import { nodeAt } from "./evolve.ts";
import { keyedRunId, withOrdinal } from "./run-id.ts";
import type { Chunk, RunNode, RunTree } from "./state.ts";
import type { Turn } from "./turn.ts";
import { emit } from "./turn.ts";

const MIN_ITEMS = 50;

/** Writes the items of a run that is too large for one object down as chunks, bounded in number and in characters of JSON. */
export function addChunks(turn: Turn, node: RunNode, inputs: readonly Json[]): void {
  const { items, characters, share } = turn.settings.chunks;
  const slots = slotCount(capOf(turn.tree), node.maxActiveItems, share);
  // Twice as many chunks as run at once, so that the last ones end together.
  const most = Math.min(items, Math.max(MIN_ITEMS, Math.ceil(inputs.length / (2 * slots))));
  let texts: string[] = [];
  let length = 0;
  const cut = (end: number) => {
    const event = { kind: "chunk_added", run: node.ordinal, first: end - texts.length, count: texts.length } as const;
    emit(turn, event, { kind: "text", text: `[${texts.join(",")}]` });
    texts = [];
    length = 0;
  };
  for (const [item, input] of inputs.entries()) {
    const text = JSON.stringify(input);
    if (texts.length > 0 && (texts.length >= most || length + text.length > characters)) cut(item);
    texts.push(text);
    length += text.length;
  }
  cut(inputs.length);
}

/** Starts the next chunk of a run with the places of a free slot, or with those that are left; false if none is waiting. */
export function startNextChunk(turn: Turn, source: { readonly run: number; next: number }, room: number): boolean {
  const node = nodeAt(turn.tree, source.run);
  while (source.next < node.chunks.length) {
    const chunk = source.next++;
    if (node.chunks[chunk]?.kind !== "waiting") continue;
    const slots = chunkSlots(turn, node);
    const slot = freeSlot(node, slots);
    const share = Math.min(room, slotShare(capOf(turn.tree), slots, slot));
    const items = node.maxActiveItems === undefined ? {} : { items: slotShare(node.maxActiveItems, slots, slot) };
    emit(turn, { kind: "chunk_started", run: node.ordinal, chunk, slot, share, ...items });
    turn.effects.push({ kind: "tend_chunk", run: node.ordinal, chunk, intent: "start" });
    return true;
  }
  return false;
}

/** How many chunks of a run may be active at once. */
export function chunkSlots({ tree, settings }: Pick<Engine, "tree" | "settings">, node: RunNode): number {
  return Math.min(node.chunks.length, slotCount(capOf(tree), node.maxActiveItems, settings.chunks.share));
}

/** The chunks of a run that has ended may still be at work: they are stopped. */
export function cancelChunks(turn: Turn, node: RunNode): void {
  for (const [chunk, { kind }] of node.chunks.entries())
    if (kind === "active") turn.effects.push({ kind: "tend_chunk", run: node.ordinal, chunk, intent: "cancel" });
}

/** After a load: what was active may have ended, or never have been started. */
export function followChunks(turn: Turn, node: RunNode): void {
  if (node.status !== "running") cancelChunks(turn, node);
  else
    for (const [chunk, { kind }] of node.chunks.entries())
      if (kind === "active") turn.effects.push({ kind: "tend_chunk", run: node.ordinal, chunk, intent: "follow" });
}

/** What the run of a chunk is started with. Rows are those of the journal of the run that was cut. */
export interface ChunkStart {
  readonly runId: RunId;
  readonly namespace: Namespace;
  readonly flowId: FlowId;
  readonly flowSeq: number;
  readonly inputsSeq: number;
  /** 0: none. */
  readonly variablesSeq: number;
  readonly maxConcurrency: number;
  readonly maxActiveItems: number | undefined;
  /** Failures that are left of those the whole run tolerates. */
  readonly maxFailures: number | undefined;
  readonly deadlineAt: number | undefined;
  readonly allowComponents: ComponentBounds | undefined;
  readonly files: Readonly<Record<string, string>>;
  readonly parent: ParentRun;
}

export function chunkStart(tree: RunTree, run: number, index: number): ChunkStart {
  const node = nodeAt(tree, run);
  const chunk = node.chunks[index];
  const { root } = tree;
  if (!root || chunk?.kind !== "active")
    throw new EngineFault("unknown_address", `chunk ${index} of run ${run} is not active`);
  return {
    runId: chunkRunId(tree, run, index),
    namespace: root.namespace,
    flowId: node.plan.flowId,
    flowSeq: tree.flowRows.get(node.plan.flowId) ?? 0,
    inputsSeq: chunk.inputsSeq,
    variablesSeq: node.variablesSeq,
    maxConcurrency: chunk.share,
    maxActiveItems: chunk.items,
    maxFailures: node.maxFailures === undefined ? undefined : Math.max(0, node.maxFailures - node.ended.failed),
    deadlineAt: node.deadlineAt,
    allowComponents: node.allowComponents,
    files: root.files,
    parent: {
      runId: withOrdinal(root.runId, run),
      rootRunId: root.parent?.rootRunId ?? root.runId,
      depth: node.depth,
      chunk: { index, firstItem: chunk.first },
    },
  };
}

/** The same as often as it is asked for: a chunk that was started before a restart is found again. */
export function chunkRunId({ root }: Pick<RunTree, "root">, run: number, chunk: number): RunId {
  if (!root) throw new EngineFault("unknown_address", "a chunk before its run was created");
  return keyedRunId(root.namespace, ["chunk", withOrdinal(root.runId, run), chunk].join("\n"));
}

/** The chunk an item of the run belongs to. */
export function chunkOf(node: Pick<RunNode, "chunks">, item: number): number {
  return node.chunks.findLastIndex(({ first }) => first <= item);
}

function capOf({ root }: Pick<RunTree, "root">): number {
  return root?.maxConcurrency ?? 1;
}

function freeSlot(node: RunNode, slots: number): number {
  const taken = new Set(node.chunks.flatMap((chunk: Chunk) => (chunk.kind === "active" ? [chunk.slot] : [])));
  for (let slot = 0; slot < slots; slot++) if (!taken.has(slot)) return slot;
  throw new EngineFault("unknown_address", `run ${node.ordinal} has more chunks active than ${slots}`);
}
