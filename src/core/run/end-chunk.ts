/** A chunk has ended in its own object, or cannot be started: its counts are taken over, and the run goes on or ends. */
import { cancelRun } from "./cancel.ts";
import type { Command } from "./command.ts";
import { nodeAt } from "./evolve.ts";
import { refuseChunk } from "./refuse-chunk.ts";
import { endRunIfDone } from "./run-end.ts";
import { stopIfExceeded } from "./tolerance.ts";
import type { Turn } from "./turn.ts";
import { emit } from "./turn.ts";

/** Taken once: a chunk that is not active has been taken before. That of a run that has ended only completes its counts. */
export function endChunk(turn: Turn, command: Extract<Command, { kind: "end_chunk" }>): void {
  const { run, chunk, end } = command;
  const node = nodeAt(turn.tree, run);
  if (node.chunks[chunk]?.kind !== "active") return;
  if (end.kind === "refused") refuseChunk(turn, node, chunk, end.error);
  else {
    const { status, counts, bytes, results } = end;
    const event = {
      kind: "chunk_completed",
      run,
      chunk,
      status,
      ...counts,
      ...(bytes !== undefined && { bytes }),
    } as const;
    emit(turn, event, results);
  }
  if (node.status !== "running") return;
  const source = turn.schedule.sources.find((source) => source.kind === "chunks" && source.run === run);
  if (source) source.active -= 1;
  // A chunk is a part of its run: without it there is no result.
  if (end.kind === "ended" && end.status === "cancelled") {
    cancelRun(turn, run);
    return;
  }
  stopIfExceeded(turn, node);
  endRunIfDone(turn, node);
}
